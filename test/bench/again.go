package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/simulations/vbp"
)

// changes are how many of a problem's items go, and as many come, before it is solved again: in thousandths.
var changes = []int64{10, 50}

// again is what solving a changed problem again took, from scratch and with the memory of the problem before the change.
type again struct {
	PerMille    int64 `json:"perMille"`
	Fresh, Warm answer
}

// answer is one solve.
type answer struct {
	Cost     int64 `json:"cost"`
	Bound    int64 `json:"bound"`
	Unplaced int64 `json:"unplaced"`
	Took     time.Duration
}

func (a answer) gap() float64 { return gap(a.Cost, a.Bound) }

// faster is how many times as long the solve from scratch took.
func (a again) faster() float64 { return ratio(a.Fresh.Took, a.Warm.Took) }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

// measureAgain changes a problem that was solved with how.Memory step by step: each is solved with the memory of the one before, and
// from scratch. Garbage
// is collected before each solve, so that none pays for another.
func measureAgain(p *model.Problem, how binpack.Options, seed uint64) ([]again, error) {
	fresh := how
	fresh.Memory = nil
	var out []again
	for _, perMille := range changes {
		p = vbp.Changed(p, perMille, seed)
		a := again{PerMille: perMille}
		var err error
		if a.Warm, err = solve(p, how); err != nil {
			return nil, fmt.Errorf("with memory: %w", err)
		}
		if a.Fresh, err = solve(p, fresh); err != nil {
			return nil, fmt.Errorf("from scratch: %w", err)
		}
		out = append(out, a)
	}
	return out, nil
}

func solve(p *model.Problem, o binpack.Options) (answer, error) {
	runtime.GC()
	start := time.Now()
	k, err := binpack.SolveWith(p, o)
	if err != nil {
		return answer{}, err
	}
	return answer{Cost: k.Cost, Bound: k.LowerBound, Unplaced: total(k.Unplaced), Took: time.Since(start)}, nil
}
