package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// sideBySide are the sets whose cases run at once, each on one core: what is asked of them is a ratio of two times on the same core, a
// proof, or far less time than they have. All others have the whole machine to themselves.
func sideBySide() []string {
	return []string{setPools, setAgain, setMIG, setBaldi, setCT, setSmall, setMaster, setLP}
}

// onOneCore says whether a case runs beside others.
func onOneCore(name string) bool {
	set, _, _ := strings.Cut(name, "/")
	return slices.Contains(sideBySide(), set)
}

// measureAll measures each case in a process of its own, and returns the results in the order of the list.
func measureAll(ctx context.Context, o options, list []string, stderr io.Writer) []result {
	out := make([]result, len(list))
	stderr = &shared{to: stderr}
	var done atomic.Int64
	one := func(n, cores int) {
		if ctx.Err() != nil {
			return
		}
		o := o
		o.cores = cores
		out[n] = inChild(ctx, o, list[n], stderr)
		_, _ = fmt.Fprintf(stderr, "%d/%d %s: %s\n", done.Add(1), len(list), list[n], out[n])
	}
	var beside []int
	for n, name := range list {
		if o.cores > 1 && onOneCore(name) {
			beside = append(beside, n)
			continue
		}
		one(n, o.cores)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(o.cores, len(beside)) {
		all.Go(func() {
			for at := int(next.Add(1)); at <= len(beside); at = int(next.Add(1)) {
				one(beside[at-1], 1)
			}
		})
	}
	all.Wait()
	return out
}

// shared is a writer for several processes at once.
type shared struct {
	mu sync.Mutex
	to io.Writer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.Write(p)
}
