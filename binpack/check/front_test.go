package check

import "testing"

// A front never proves less than the best content is worth. With two dimensions at most, no rules and nothing that stays, it proves exactly
// that; otherwise something that no smaller price would be proven for.
func TestFrontProvesNoLessThanTheDearestContent(t *testing.T) {
	proofs, exact := 0, 0
	for seed := range uint64(6_000) {
		p, cert, placed := tiny(seed)
		plain := p.Dims <= 2 && p.Bins[0].Stays == nil && p.Caps == nil && p.Conflicts == nil && p.Follows == nil
		want := dearest(p, cert)
		v := newProver(p, cert, newRules(p), placed)
		v.price(0)
		r := v.root(0)
		if r.worth <= want || want == 0 {
			continue
		}
		if r.price = want - 1; first2(v.front(r, 1<<30)) == proven {
			t.Fatalf("seed %d: proven that nothing is worth more than %d, and something is worth %d", seed, want-1, want)
		}
		r.price = want
		found := first2(v.front(r, 1<<30))
		// A dimension without a price is no limit to a front.
		if full := cert.Mults[0].Dims; plain && min(full[0], full[len(full)-1]) > 0 {
			if exact++; found != proven {
				t.Fatalf("seed %d: not proven that nothing is worth more than %d", seed, want)
			}
		}
		if found == proven {
			proofs++
		}
	}
	if proofs < 800 || exact < 80 {
		t.Errorf("%d proofs, %d where there had to be one", proofs, exact)
	}
}

func first2(f finding, _ int64) finding { return f }

// A front that may not look at all its labels proves nothing.
func TestFrontKeepsToItsLimit(t *testing.T) {
	limited := 0
	for seed := range uint64(2000) {
		p, cert, placed := tiny(seed)
		v := newProver(p, cert, newRules(p), placed)
		v.price(0)
		r := v.root(0)
		if r.price = dearest(p, cert); r.worth <= r.price {
			continue
		}
		found, all := v.front(r, 1<<30)
		if found != proven || all < 2 {
			continue
		}
		limited++
		if found, n := v.front(r, all-1); found != exhausted || n != all-1 {
			t.Fatalf("seed %d: finding %d after %d of %d labels", seed, found, n, all)
		}
	}
	if limited < 100 {
		t.Errorf("only %d fronts were limited", limited)
	}
}
