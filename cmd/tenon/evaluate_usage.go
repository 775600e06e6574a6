package main

import (
	"context"
	"fmt"
	"io"

	"github.com/tenon-sh/tenon/controllers/usage"
	samples "github.com/tenon-sh/tenon/planner/usage"
)

func init() { readUsage = readRecorded }

// readRecorded reads files with controllers/usage, and lets planner/usage drop what cannot be true.
func readRecorded(ctx context.Context, stdin io.Reader, paths []string, sink func(samples.Series)) (notes []string, err error) {
	source, err := usage.Open(paths, usage.Options{Stdin: stdin})
	if err != nil {
		return nil, badInput(err)
	}
	cleaner := samples.NewCleaner(samples.Options{})
	dropped := int64(0)
	report, err := usage.Read(ctx, source, func(s samples.Series) error {
		kept, faults := cleaner.Clean(s)
		for _, f := range faults {
			if f.Reason.Effect() == samples.Dropped {
				dropped += f.Count
			}
		}
		sink(kept)
		return nil
	})
	if err != nil {
		return nil, badInput(err)
	}
	for _, n := range report.Notes {
		notes = append(notes, n.Text)
	}
	if dropped > 0 {
		notes = append(notes, fmt.Sprintf("%d samples cannot be true and do not count", dropped))
	}
	return notes, nil
}
