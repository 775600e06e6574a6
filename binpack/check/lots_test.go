package check

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Multipliers that suit a mixture of items of eight and of four cards leave an excess that a meeting need not look through:
// with each of them put in first, and multipliers of its own for what goes beside it, nothing is left to meet.
func TestLargeItemsArePutInFirst(t *testing.T) {
	p := &model.Problem{Dims: 2, Classes: 1, Domains: 1, Cards: []model.CardKind{{Share: 1000}}}
	p.Bins = []model.Bin{{Cap: []int64{96_000, 384_000}, Cards: 8}}
	cert := &model.Certificate{Scale: 1, Use: []int{0}, Limit: 1 << 30, Mults: []model.Mult{{Dims: []int64{10, 0}, Card: 50_000}}}
	var placed []int64
	add := func(cpu, memory, whole, worth int64) {
		it := model.Item{Size: []int64{cpu, memory}, Count: 20, Classes: []int{0}}
		if whole > 0 {
			it.Needs = []model.CardNeed{{Whole: whole}}
		}
		p.Items, placed = append(p.Items, it), append(placed, it.Count)
		cert.Items = append(cert.Items, []int64{worth})
	}
	add(88_000, 320_000, 8, 1_000_000)
	add(60_000, 320_000, 4, 520_000)
	add(32_000, 49_000, 0, 300_000)
	v := newProver(p, cert, newRules(p), placed)
	v.price(0)
	r := v.root(0)
	if r.price = 1_000_000; r.worth <= 1_040_000 {
		t.Fatalf("the multipliers bound all by %d, want 4 %% more than %d at least", r.worth, r.price)
	}
	if found, n := v.meet(r, 1000); found != proven {
		t.Errorf("finding %d after %d nodes, want a proof", found, n)
	}
	if r.price--; true {
		if found, _ := v.meet(r, 1000); found == proven {
			t.Error("proven below the worth of the large item alone")
		}
	}
}

// A convex function of whole numbers is least where all of them are tried, within what is no longer looked for.
func TestLeastAtFindsTheLeast(t *testing.T) {
	for seed := range uint64(500) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		high := 1 + rnd.Int64N(3000)
		type line struct{ at, slope int64 }
		var lines []line
		for range 1 + rnd.IntN(6) {
			lines = append(lines, line{rnd.Int64N(100_000), rnd.Int64N(201) - 100})
		}
		f := func(n int64) int64 {
			top := int64(-1 << 60)
			for _, l := range lines {
				top = max(top, l.at+l.slope*n)
			}
			return top
		}
		want := f(0)
		for n := range high + 1 {
			want = min(want, f(n))
		}
		at := leastAt(high, f)
		if at < 0 || at > high || f(at)-want > 300 { // three steps of the steepest line
			t.Fatalf("seed %d: %d at %d of %d, want %d", seed, f(at), at, high, want)
		}
	}
}

// Other prices only ever lower the bound, and it never falls below the best content.
func TestSharpenedPricesBoundEveryContent(t *testing.T) {
	lower := 0
	for seed := range uint64(300) {
		p, cert, placed := cardBin(seed)
		best := dearestOnCards(p, cert)
		v := newProver(p, cert, newRules(p), placed)
		v.price(0)
		r := v.root(0)
		m := &meeting{v: v, bin: &p.Bins[0], limit: 1 << 30, x: -1, y: -1, cut: -1}
		if !m.scarce(r) || !m.things(r) {
			continue
		}
		m.roomX, m.roomY, m.large = m.capX, m.capY, true
		m.price()
		before := m.bound()
		m.allowed = -1 // never enough
		m.sharpen()
		if m.bound() > before || m.bound() < best {
			t.Fatalf("seed %d: %d became %d, the best content is worth %d", seed, before, m.bound(), best)
		}
		if m.bound() < before {
			lower++
		}
	}
	if lower < 100 {
		t.Errorf("only %d bounds became lower", lower)
	}
}
