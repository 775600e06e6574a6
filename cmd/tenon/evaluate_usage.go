package main

import (
	"fmt"

	"github.com/spf13/cobra"

	readers "github.com/tenon-sh/tenon/controllers/usage"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
	"github.com/tenon-sh/tenon/simulations/walk"
)

// gather reads usage, lets planner/usage drop what cannot be true, and hands the rest on; with a cluster, under the names
// of its workloads. What cannot be used is told in notes.
func (o *usageOptions) gather(cmd *cobra.Command, s *planner.Snapshot, sink func(usage.Series)) (notes []string, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	source, err := o.source(cmd.InOrStdin(), &progress{})
	if err != nil {
		return nil, err
	}
	var owners *usage.Owners
	if s != nil {
		owners = usage.NewOwners(s)
	}
	cleaner := usage.NewCleaner(usage.Options{})
	dropped, strangers := int64(0), int64(0)
	report, err := readers.Read(cmd.Context(), source, func(x usage.Series) error {
		if owners != nil {
			key, why := owners.Resolve(x.Key)
			if why != "" {
				strangers++
				return nil
			}
			x.Key = key
		}
		kept, faults := cleaner.Clean(x)
		for _, f := range faults {
			if f.Reason.Effect() == usage.Dropped {
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
	if strangers > 0 {
		notes = append(notes, fmt.Sprintf("%d chunks of series are of no workload of the cluster and do not count", strangers))
	}
	return notes, nil
}

// askedFor tells what the containers of a cluster ask for; of several shapes the first counts.
func askedFor(s *planner.Snapshot) func(planner.Ref, string) walk.Amounts {
	type place struct {
		ref       planner.Ref
		container string
	}
	asked := map[place]walk.Amounts{}
	if s != nil {
		for i := range s.Workloads {
			w := &s.Workloads[i]
			for _, c := range w.Containers {
				if _, known := asked[place{w.Ref, c.Name}]; !known {
					asked[place{w.Ref, c.Name}] = walk.Amounts{CPU: c.Requests.CPUMilli, Memory: c.Requests.MemoryMiB << 20}
				}
			}
		}
	}
	return func(r planner.Ref, container string) walk.Amounts { return asked[place{r, container}] }
}
