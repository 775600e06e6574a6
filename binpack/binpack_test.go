package binpack_test

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/conformance"
	"github.com/tenon-sh/tenon/binpack/model"
)

func TestSolveConforms(t *testing.T) {
	conformance.Run(t, func(p *model.Problem) (*model.Packing, error) {
		return binpack.Solve(p, binpack.FastLimits(), nil)
	})
}
