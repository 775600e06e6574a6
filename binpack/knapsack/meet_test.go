package knapsack

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// At thresholds around the best worth there is, Proven must be true, Real must be legal and worth more, and Most must
// be no less than the best.
func TestMeetNeverContradictsTryingEverything(t *testing.T) {
	groups := map[string]struct {
		o    exact.Options
		open int // at most so many percent
	}{
		"sizes alone": {exact.Options{NoCards: true, NoRules: true, NoSpreads: true, Copies: 8}, 10},
		"everything":  {exact.Options{NoSpreads: true}, 40},
	}
	for name, tc := range groups {
		t.Run(name, func(t *testing.T) {
			verdicts := map[Verdict]int{}
			trials(t, 200, tc.o, func(t *testing.T, r *trial, rng *rand.Rand) {
				var upper []int64
				r.bin.Unlimit()
				if rng.IntN(2) == 0 {
					upper = r.some(rng)
					r.bin.Limit(upper)
				}
				for _, share := range []float64{0.5, 0.9, 0.999999, 1.000001, 1.1} {
					verdicts[r.meet(t, r.best(upper)*share, upper)]++
				}
			})
			t.Logf("open, proven, better: %d, %d, %d", verdicts[Open], verdicts[Proven], verdicts[Better])
			if all := verdicts[Open] + verdicts[Proven] + verdicts[Better]; verdicts[Open]*100 > tc.open*all {
				t.Errorf("%d of %d are open", verdicts[Open], all)
			}
		})
	}
}

// meet checks one meeting.
func (r *trial) meet(t *testing.T, threshold float64, upper []int64) Verdict {
	t.Helper()
	rel := r.bin.Relax(r.pi)
	best := r.best(upper)
	met := r.bin.Meet(r.pi, rel, threshold, 100_000)
	if met.Verdict == Proven && best > threshold+1e-9*(1+threshold) {
		t.Errorf("proven that nothing is worth more than %v, and something is worth %v", threshold, best)
	}
	if met.Most < best-1e-9*(1+best) {
		t.Errorf("at most %v, and something is worth %v", met.Most, best)
	}
	for _, c := range met.Real {
		worth := 0.0
		for i, l := range c.Shapes {
			worth += r.pi[r.bin.Shapes[l]] * float64(c.Counts[i])
		}
		r.judge(t, "Meet", c, worth, upper)
		if worth <= threshold {
			t.Errorf("better than %v, and worth %v", threshold, worth)
		}
	}
	return met.Verdict
}

// With 1 to 12 cards, whole ones in any number, shares that leave gaps and items without cards, a meeting must
// find the best content where there are enough copies of all.
func TestMeetDividesAnyNumberOfCards(t *testing.T) {
	proven, all := 0, 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 5))
		n := 1 + rng.Int64N(12)
		p := &model.Problem{Dims: 2, Classes: 1, Domains: 1, Cards: []model.CardKind{{Share: 100}}}
		p.Bins = []model.Bin{{Cap: []int64{20 + rng.Int64N(40), 20 + rng.Int64N(40)}, Price: 1, Card: 0, Cards: n}}
		var shapes []Shape
		for i := range 3 {
			it := model.Item{Size: []int64{3 + rng.Int64N(20), 3 + rng.Int64N(20)}, Count: 5, Classes: []int{0}}
			switch rng.IntN(4) {
			case 0:
				it.Needs = []model.CardNeed{{Kind: 0, Whole: 1 + rng.Int64N(4)}}
			case 1, 2:
				it.Needs = []model.CardNeed{{Kind: 0, Share: 20 + rng.Int64N(80)}}
			}
			p.Items = append(p.Items, it)
			shapes = append(shapes, Shape{Item: i, Domain: -1, Count: it.Count})
		}
		r := newTrial(p, 0, shapes)
		for range shapes {
			r.pi = append(r.pi, 1+float64(rng.IntN(20)))
		}
		best := r.best(nil)
		for _, threshold := range []float64{best * 0.7, best - 0.5, best + 1e-6} {
			verdict := r.meet(t, threshold, nil)
			if threshold > best && r.bin.Relax(r.pi).Value > threshold {
				if all++; verdict == Proven {
					proven++
				}
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v at %v", seed, p, r.pi)
		}
	}
	t.Logf("%d of %d proven", proven, all)
	if proven*10 < all*8 { // the others have too few copies of an item, or ask for three cards
		t.Errorf("%d of %d are proven", proven, all)
	}
}

// A piece knows one worth for all copies of a shape, so a meeting says nothing of a bin in which something stays.
func TestMeetSaysNothingOfABinInWhichSomethingStays(t *testing.T) {
	r := tight()
	r.p.Bins[0].Max, r.p.Bins[0].Stays = 1, []model.Stay{{Item: 2, Count: 1, Saves: 1}}
	k := NewBin(r.p, 0, r.shapes, nil)
	k.SetUnit(1)
	rel := k.Relax(r.pi)
	if met := k.Meet(r.pi, rel, 12.5, 100); met.Verdict != Open || met.Real != nil || met.Ideal != nil || met.Most < rel.Value || !met.Crowded {
		t.Errorf("%+v, want nothing but that it is worth at most %v", met, rel.Value)
	}
}

func TestMeetKeepsItsLimit(t *testing.T) {
	r := tight()
	rel := r.bin.Relax(r.pi)
	if met := r.bin.Meet(r.pi, rel, 12.5, 100); met.Verdict != Proven || met.Work > 100 {
		t.Errorf("verdict %v after %d, want a proof within 100", met.Verdict, met.Work)
	}
	if met := r.bin.Meet(r.pi, rel, 12.5, 0); met.Verdict != Open {
		t.Errorf("verdict %v within 0, want none", met.Verdict)
	}
}

// Of pieces in any order, those remain that no other beats, whether the grid is asked or not.
func TestParetoKeepsWhatNothingBeats(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 6))
		f := newPareto([2]int64{1000, 1000})
		f.clear()
		all := make([]piece, 0, 30_000)
		for range cap(all) {
			p := piece{use: [2]int64{rng.Int64N(1001), rng.Int64N(1001)}, a: int32(len(all))}
			p.worth = float64(p.use[0]+p.use[1]) + float64(rng.IntN(2000))
			all = append(all, p)
			f.add(p)
		}
		f.settle()
		kept := map[int32]bool{}
		for _, p := range f.kept {
			kept[p.a] = true
		}
		for _, p := range all[:300] {
			beaten := false
			for i := range all {
				q := &all[i]
				beaten = beaten || q.a != p.a && q.use[0] <= p.use[0] && q.use[1] <= p.use[1] && q.worth >= p.worth && (q.worth > p.worth || q.use != p.use)
			}
			if beaten == kept[p.a] {
				t.Fatalf("seed %d: piece %+v beaten: %v, kept: %v", seed, p, beaten, kept[p.a])
			}
		}
	}
}
