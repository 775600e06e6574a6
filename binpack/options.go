package binpack

import "github.com/tenon-sh/tenon/binpack/colgen"

// Options says how to solve. The zero value is a solve from nothing within DefaultLimits.
type Options struct {
	Limits Limits // zero: DefaultLimits
	// Gap ends the solve once the cost is at most so many millionths above the bound, part by part. 0: work goes on
	// until nothing is left to gain or a limit is reached.
	Gap int64
	// Memory is what earlier solves of similar problems learnt; nil: nothing. The solve leaves in it what it learnt.
	// A problem that changed a little is then solved again in a fraction of the time; the answer may be another
	// one of the same quality, so bytes depend on what is remembered.
	Memory *Memory
	// Report is called from time to time, and changes nothing; it may be nil.
	Report func(Progress)
	// Stop is asked from time to time; once it says true, the best packing so far is returned, with the best bound so
	// far. What comes out then depends on when that was. It may be nil.
	Stop func() bool
	// Each calls do for every i < n, and returns when all are done: in any order, or at once on several cores. nil
	// means one after the other. Bytes do not depend on it. The solver starts no goroutines by itself.
	Each func(n int, do func(i int))
}

// Progress says where a solve stands.
type Progress struct {
	Component, Components int // what is worked on, counted from 1
	Phase                 string
	Iterations            int64
	Cost, Bound           float64 // of all parts together, in price units; a Bound of 0: nothing is proven yet
	Left                  int64   // items that the best packings so far leave out
}

// reporter adds up the parts' progress for the caller.
func (s *solver) reporter(n int) func(colgen.Progress) {
	if s.options.Report == nil {
		return nil
	}
	return func(p colgen.Progress) {
		s.progress[n] = p
		sum := Progress{Component: n + 1, Components: len(s.progress), Phase: p.Phase, Iterations: p.Iterations}
		for _, each := range s.progress {
			sum.Cost += each.Cost
			sum.Bound += each.Bound
			sum.Left += each.Left
		}
		s.options.Report(sum)
	}
}
