package check

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// A meeting never proves less than the worth of the best content, and where no rule binds, proves that.
func TestMeetingAgreesWithTryingEverything(t *testing.T) {
	plain, missed := 0, 0
	for seed := range uint64(2000) {
		p, cert, placed := tiny(seed)
		want := dearest(p, cert)
		v := newProver(p, cert, newRules(p), placed)
		v.price(0)
		r := v.root(0)
		if r.worth == want {
			continue
		}
		r.price = want
		found, _ := v.meet(r, 1<<20)
		if p.Caps == nil && p.Conflicts == nil && p.Follows == nil && p.Bins[0].Stays == nil && p.Dims <= 2 && v.charged(r) {
			if plain++; found != proven {
				missed++
			}
		}
		if r.price = want - 1; want > 0 {
			if found, _ := v.meet(r, 1<<20); found == proven {
				t.Fatalf("seed %d: proven below the worth of %d", seed, want)
			}
		}
	}
	if missed > 0 || plain < 50 {
		t.Errorf("%d of %d plain cases are not proven", missed, plain)
	}
}

// charged reports whether some dimension is charged for.
func (v *prover) charged(r *root) bool {
	return len(r.mult.Dims) > 0
}

// carded is a bin with 1 to 9 cards and items that ask for shares, whole cards or none.
func cardBin(seed uint64) (*model.Problem, *model.Certificate, []int64) {
	rnd := rand.New(rand.NewPCG(seed, 8))
	p := &model.Problem{Dims: 2, Classes: 1, Domains: 1, Cards: []model.CardKind{{Share: 100}}}
	p.Bins = []model.Bin{{Cap: []int64{10 + rnd.Int64N(5000), 10 + rnd.Int64N(50)}, Cards: 1 + rnd.Int64N(9)}}
	cert := &model.Certificate{Scale: 1, Use: []int{0}, Limit: 1 << 30,
		Mults: []model.Mult{{Dims: []int64{rnd.Int64N(3), rnd.Int64N(9)}, Card: rnd.Int64N(9)}}}
	var placed []int64
	for range 5 {
		item := model.Item{Size: []int64{rnd.Int64N(2000), rnd.Int64N(20)}, Count: 1 + rnd.Int64N(3), Classes: []int{0}}
		switch rnd.IntN(4) {
		case 0:
			item.Needs = []model.CardNeed{{Whole: 1 + rnd.Int64N(5)}}
		case 1, 2:
			item.Needs = []model.CardNeed{{Share: 20 + rnd.Int64N(80)}}
		}
		p.Items = append(p.Items, item)
		placed = append(placed, item.Count)
		cert.Items = append(cert.Items, []int64{1 + rnd.Int64N(2000)})
	}
	return p, cert, placed
}

// dearestOnCards is the worth of the best content, by trying all, and every place of every share.
func dearestOnCards(p *model.Problem, cert *model.Certificate) int64 {
	best := int64(0)
	left := []int64{p.Bins[0].Cap[0], p.Bins[0].Cap[1]}
	rooms := make([]int64, p.Bins[0].Cards)
	for j := range rooms {
		rooms[j] = 100
	}
	var try func(i int, n, worth int64)
	try = func(i int, n, worth int64) {
		best = max(best, worth)
		if i == len(p.Items) {
			return
		}
		try(i+1, 0, worth)
		it := &p.Items[i]
		if n == it.Count || it.Size[0] > left[0] || it.Size[1] > left[1] {
			return
		}
		left[0], left[1] = left[0]-it.Size[0], left[1]-it.Size[1]
		worth += cert.Items[i][0]
		switch {
		case it.Needs == nil:
			try(i, n+1, worth)
		case it.Needs[0].Share > 0:
			for j := range rooms {
				if rooms[j] >= it.Needs[0].Share {
					rooms[j] -= it.Needs[0].Share
					try(i, n+1, worth)
					rooms[j] += it.Needs[0].Share
				}
				if rooms[j] == 100 {
					break // the next ones are empty too
				}
			}
		default:
			var taken []int
			for j := len(rooms) - 1; j >= 0 && int64(len(taken)) < it.Needs[0].Whole; j-- {
				if rooms[j] == 100 {
					taken = append(taken, j)
				}
			}
			if int64(len(taken)) == it.Needs[0].Whole {
				for _, j := range taken {
					rooms[j] = 0
				}
				try(i, n+1, worth)
				for _, j := range taken {
					rooms[j] = 100
				}
			}
		}
		left[0], left[1] = left[0]+it.Size[0], left[1]+it.Size[1]
	}
	try(0, 0, 0)
	return best
}

// On cards a meeting never proves less than the best content either, and mostly proves that: not
// where there are too few copies of an item to fill two halves, or it asks for three cards.
func TestMeetingOverCardsAgreesWithTryingEverything(t *testing.T) {
	hard, done := 0, 0
	for seed := range uint64(400) {
		p, cert, placed := cardBin(seed)
		want := dearestOnCards(p, cert)
		v := newProver(p, cert, newRules(p), placed)
		v.price(0)
		r := v.root(0)
		if r.worth < want {
			t.Fatalf("seed %d: root %d below a content of %d", seed, r.worth, want)
		}
		if r.price = want - 1; want > 0 {
			if found, _ := v.meet(r, 1<<20); found == proven {
				t.Fatalf("seed %d: proven below the worth of %d", seed, want)
			}
		}
		if r.price = want; r.worth > want {
			found, _ := v.meet(r, 1<<20)
			if hard++; found == proven {
				done++
			}
		}
	}
	t.Logf("%d of %d proven", done, hard)
	if done*10 < hard*6 {
		t.Errorf("%d of %d are proven", done, hard)
	}
}

// A bin with four cards and a hundred kinds of items that share them, the price of which is 1 % below what multipliers say,
// is proven by a meeting, and neither by branching nor by a front.
func TestAMeetingProvesWhatNothingElseDoes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 8))
	p := &model.Problem{Dims: 2, Classes: 1, Domains: 1, Cards: []model.CardKind{{Share: 1000}}}
	p.Bins = []model.Bin{{Cap: []int64{64_000, 128_000}, Cards: 4}}
	cert := &model.Certificate{Scale: 1, Use: []int{0}, Limit: 1 << 30, Mults: []model.Mult{{Dims: []int64{20, 10}}}}
	for share := int64(300); share < 900; share++ {
		cert.Mults[0].Shares = append(cert.Mults[0].Shares, model.ShareMult{Share: share, Price: 800 * share})
	}
	var placed []int64
	for range 100 {
		item := model.Item{Size: []int64{4000 + rnd.Int64N(12_000), 8000 + rnd.Int64N(24_000)}, Count: 20, Classes: []int{0},
			Needs: []model.CardNeed{{Share: 300 + rnd.Int64N(600)}}}
		p.Items, placed = append(p.Items, item), append(placed, item.Count)
		charge := 20*item.Size[0] + 10*item.Size[1] + 800*item.Needs[0].Share
		cert.Items = append(cert.Items, []int64{charge * (95 + rnd.Int64N(6)) / 100})
	}
	v := newProver(p, cert, newRules(p), placed)
	v.price(0)
	r := v.root(0)
	r.price = r.worth - r.worth/100
	const limit = 5_000_000
	for name, way := range map[string]func(*root, int64) (finding, int64){"search": v.search, "front": v.front} {
		if found, n := way(r, limit); found == proven {
			t.Errorf("%s: proven by %d nodes, so that no meeting is needed", name, n)
		}
	}
	if found, n := v.decide(r, limit); found != proven {
		t.Errorf("finding %d after %d nodes, want a proof", found, n)
	}
}

// A meeting knows one worth for all copies of an item, so it says nothing of a bin in which something stays.
func TestMeetingSaysNothingOfABinInWhichSomethingStays(t *testing.T) {
	homes := 0
	for seed := range uint64(500) {
		p, cert, placed := tiny(seed)
		if p.Bins[0].Stays == nil {
			continue
		}
		homes++
		v := newProver(p, cert, newRules(p), placed)
		v.price(0)
		if found, n := v.meet(v.root(0), 1<<20); found != exhausted || n != 0 {
			t.Fatalf("seed %d: finding %d after %d nodes, want none at all", seed, found, n)
		}
	}
	if homes < 50 {
		t.Errorf("only %d bins in which something stays", homes)
	}
}

func TestMeetingKeepsItsLimit(t *testing.T) {
	v, r := wide(200)
	if found, n := v.meet(r, 10); found != exhausted || n > 11 {
		t.Errorf("finding %d after %d nodes, want none within 10", found, n)
	}
}
