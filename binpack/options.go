package binpack

import (
	"sync"

	"github.com/tenon-sh/tenon/binpack/colgen"
)

// Options says how to solve. The zero value is a solve from nothing within DefaultLimits.
type Options struct {
	Limits Limits // zero: DefaultLimits
	// Gap ends the solve once the cost is at most so many millionths above the bound, part by part. 0: work goes on
	// until nothing is left to gain or a limit is reached.
	Gap int64
	// Memory is what earlier solves of similar problems learnt; nil: nothing. The solve leaves in it what it learnt.
	// A problem that changed a little is then solved again in a fraction of the time; the answer may be another
	// one, with a gap that may be somewhat wider, so bytes depend on what is remembered.
	Memory *Memory
	// Report is called from time to time, and changes nothing; it may be nil. With Each it may be called by any goroutine,
	// but never by two at once.
	Report func(Progress)
	// Stop is asked from time to time; once it says true, the best packing so far is returned, with the best bound so
	// far. What comes out then depends on when that was. It may be nil. With Each several goroutines may ask at once.
	Stop func() bool
	// Each calls do for every i < n, and returns when all are done: in any order, or at once on several cores. nil
	// means one after the other. A do may call Each itself. Bytes do not depend on it. The solver starts no goroutines
	// by itself.
	Each func(n int, do func(i int))
	// Diagnose is told once, at the end, where the gap sits. It costs some work that is not counted, and changes nothing;
	// it may be nil.
	Diagnose func(Diagnosis)
}

// Progress says where a solve stands.
type Progress struct {
	Component, Components int // what is worked on, counted from 1
	Phase                 string
	Iterations            int64
	Cost, Bound           float64 // of all parts together, in price units, with moves; a Bound of 0: nothing is proven yet
	Left                  int64   // items that the best packings so far leave out
}

// standing is where every part stands. The cost is that of the parts that are packed; so is the bound, unless parts of
// their own give it.
type standing struct {
	mu     sync.Mutex
	packs  []colgen.Progress
	bounds []colgen.Progress // nil: packs have the bounds
	// What moves cost out of bins that are in none of packs, and in none of bounds.
	outside, boundOutside float64
}

// reporter adds up the parts' progress for the caller, whenever the one at `at` has some. Reports come one by one.
func (s *solver) reporter(at *colgen.Progress) func(colgen.Progress) {
	if s.options.Report == nil {
		return nil
	}
	return func(p colgen.Progress) {
		s.stands.mu.Lock()
		defer s.stands.mu.Unlock()
		*at = p
		s.options.Report(s.stands.sum(at))
	}
}

// sum is the progress of all parts together; the one at `at` has just moved.
func (s *standing) sum(at *colgen.Progress) Progress {
	out := Progress{Components: len(s.packs) + len(s.bounds), Phase: at.Phase, Iterations: at.Iterations, Cost: s.outside, Bound: s.boundOutside}
	if s.bounds == nil {
		out.Bound = s.outside
	}
	for n := range s.packs {
		p := &s.packs[n]
		out.Cost += p.Cost
		out.Left += p.Left
		if s.bounds == nil {
			out.Bound += p.Bound
		}
		if p == at {
			out.Component = n + 1
		}
	}
	for n := range s.bounds {
		p := &s.bounds[n]
		out.Bound += p.Bound
		if p == at {
			out.Component = len(s.packs) + n + 1
		}
	}
	return out
}
