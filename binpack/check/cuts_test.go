package check

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// cutBin is a bin with 1 to 3 cards that can be cut, and items that ask for slices, whole cards or none.
func cutBin(seed uint64) (*model.Problem, *model.Certificate, []int64) {
	rnd := rand.New(rand.NewPCG(seed, 22))
	kind := hopper()
	if rnd.IntN(3) == 0 {
		kind = geometry()[0]
	}
	p := &model.Problem{Dims: 2, Classes: 1, Domains: 1, Cards: []model.CardKind{kind}}
	p.Bins = []model.Bin{{Cap: []int64{5 + rnd.Int64N(60), 5 + rnd.Int64N(60)}, Cards: 1 + rnd.Int64N(3)}}
	cert := &model.Certificate{Scale: 1, Use: []int{0}, Limit: 1 << 30, Mults: []model.Mult{{Dims: []int64{1 + rnd.Int64N(30), rnd.Int64N(9)}}}}
	if rnd.IntN(2) == 0 {
		for range kind.Profiles {
			cert.Mults[0].Slices = append(cert.Mults[0].Slices, rnd.Int64N(300))
		}
	}
	pairs := rnd.IntN(4) == 0
	var placed []int64
	for range 4 {
		item := model.Item{Size: []int64{rnd.Int64N(30), rnd.Int64N(30)}, Count: 1 + rnd.Int64N(5), Classes: []int{0}}
		switch rnd.IntN(6) {
		case 0:
			item.Needs = []model.CardNeed{{Whole: 1 + rnd.Int64N(2)}}
		case 1:
		default:
			slice := make([]int64, len(kind.Profiles))
			slice[rnd.IntN(len(slice))]++
			if pairs {
				slice[rnd.IntN(len(slice))]++
			}
			item.Needs = []model.CardNeed{{Slices: slice}}
		}
		p.Items = append(p.Items, item)
		placed = append(placed, item.Count)
		cert.Items = append(cert.Items, []int64{1 + rnd.Int64N(1000)})
	}
	return p, cert, placed
}

// dearestCut is the worth of the best content of such a bin, by trying all.
func dearestCut(p *model.Problem, cert *model.Certificate) int64 {
	kind := &p.Cards[0]
	carried := []map[string]bool{{fmt.Sprint(make([]int64, len(kind.Profiles))): true}} // by number of cards
	one := cuts(kind, 0)
	last := [][]int64{make([]int64, len(kind.Profiles))}
	for range p.Bins[0].Cards {
		seen, next := map[string]bool{}, [][]int64(nil)
		for _, a := range last {
			for _, b := range one {
				sum := make([]int64, len(a))
				for f := range sum {
					sum[f] = a[f] + b[f]
				}
				if key := fmt.Sprint(sum); !seen[key] {
					seen[key] = true
					next = append(next, sum)
				}
			}
		}
		carried, last = append(carried, seen), next
	}
	best := int64(0)
	wanted := make([]int64, len(kind.Profiles))
	var try func(i int, x, y, whole, worth int64)
	try = func(i int, x, y, whole, worth int64) {
		if x < 0 || y < 0 || whole > p.Bins[0].Cards {
			return
		}
		if i == len(p.Items) {
			if carried[p.Bins[0].Cards-whole][fmt.Sprint(wanted)] {
				best = max(best, worth)
			}
			return
		}
		it := &p.Items[i]
		need := model.CardNeed{}
		if it.Needs != nil {
			need = it.Needs[0]
		}
		for n := int64(0); n <= it.Count; n++ {
			try(i+1, x-n*it.Size[0], y-n*it.Size[1], whole+n*need.Whole, worth+n*cert.Items[i][0])
			for f, c := range need.Slices {
				wanted[f] += c
			}
		}
		for f, c := range need.Slices {
			wanted[f] -= c * (it.Count + 1)
		}
	}
	try(0, p.Bins[0].Cap[0], p.Bins[0].Cap[1], 0, 0)
	return best
}

// A meeting never proves less than the best content of a bin whose cards are cut, and mostly proves that where slices are listed: not where there are
// too few copies of an item to fill two cards.
func TestMeetingOverSlicesAgreesWithTryingEverything(t *testing.T) {
	listed, done := 0, 0
	for seed := range uint64(300) {
		p, cert, placed := cutBin(seed)
		want := dearestCut(p, cert)
		v := newProver(p, cert, newRules(p), placed)
		v.price(0)
		r := v.root(0)
		if r.worth < want {
			t.Fatalf("seed %d: root %d below a content of %d", seed, r.worth, want)
		}
		if r.price = want - 1; want > 0 {
			if found, _ := v.decide(r, 1<<20); found == proven {
				t.Fatalf("seed %d: proven below the worth of %d", seed, want)
			}
			if found, _ := v.meet(r, 1<<20); found == proven {
				t.Fatalf("seed %d: a meeting proves less than the worth of %d", seed, want)
			}
		}
		m := &meeting{v: v, bin: &p.Bins[0], state: state{free: p.Bins[0].Cards}}
		if r.price = want; r.worth > want && m.listsSlices(r) {
			listed++
			if found, _ := v.meet(r, 1<<20); found == proven {
				done++
			}
		}
	}
	t.Logf("%d of %d proven", done, listed)
	if listed < 100 || done*10 < listed*7 {
		t.Errorf("%d of %d are proven", done, listed)
	}
}

// The patterns of a card are the largest of all ways to cut it.
func TestPatternsAreWhatACardCanBeCutInto(t *testing.T) {
	for _, kind := range []model.CardKind{hopper(), geometry()[0]} {
		p := &model.Problem{Cards: []model.CardKind{kind}, Bins: []model.Bin{{Cards: 1}}}
		m := &meeting{v: &prover{p: p}, bin: &p.Bins[0]}
		all, within := cuts(&kind, 0), map[string]bool{}
		for _, c := range all {
			within[fmt.Sprint(c)] = true
		}
		patterns := m.patterns()
		for n, c := range patterns {
			if !within[fmt.Sprint(c)] {
				t.Errorf("%v cannot be cut", c)
			}
			for o := range patterns {
				if o != n && holds(patterns[o], c) {
					t.Errorf("%v is part of %v", c, patterns[o])
				}
			}
		}
		for _, c := range all {
			found := false
			for _, o := range patterns {
				found = found || holds(o, c)
			}
			if !found {
				t.Errorf("no pattern holds %v", c)
			}
		}
	}
}
