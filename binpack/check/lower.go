package check

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/tenon-sh/tenon/binpack/model"
)

// LowerBound is the bound that a certificate claims for what was placed, as Packing demands it:
// Value, lifted to the next cost that prices can add up to. Whether the certificate is a proof is
// Packing's question.
func LowerBound(p *model.Problem, cert *model.Certificate, placed []int64) (int64, error) {
	value, err := Value(p, cert, placed)
	if err != nil {
		return 0, err
	}
	if blank(cert) {
		return 0, nil
	}
	low := lift(p, cert.Scale, value)
	if !low.IsInt64() || low.Cmp(big.NewInt(model.MaxAmount*(1<<20))) > 0 {
		return 0, fmt.Errorf("%w: a bound of %v is beyond what is counted", ErrBound, low)
	}
	return low.Int64(), nil
}

// Bound is the part of Packing that looks at the lower bound: nil if the certificate proves it.
func Bound(p *model.Problem, k *model.Packing) error {
	if err := errors.Join(p.Validate(), sound(p)); err != nil {
		return err
	}
	c := newChecker(p, k)
	for at := range k.Bins {
		c.packed(at)
	}
	c.faults = faults{}
	c.bound()
	return c.faults.join()
}
