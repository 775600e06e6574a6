package check

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// tiny is a random problem with one bin and a certificate whose multipliers mean little.
func tiny(seed uint64) (*model.Problem, *model.Certificate, []int64) {
	rnd := rand.New(rand.NewPCG(seed, 3))
	p := &model.Problem{Dims: 1 + rnd.IntN(3), Classes: 1, Domains: 1, Bins: []model.Bin{{Card: -1}}}
	cert := &model.Certificate{Scale: 1, Mults: []model.Mult{{}}, Use: []int{0}, Limit: 1 << 30}
	for range p.Dims {
		p.Bins[0].Cap = append(p.Bins[0].Cap, 5+rnd.Int64N(15))
		cert.Mults[0].Dims = append(cert.Mults[0].Dims, rnd.Int64N(3))
	}
	n := 2 + rnd.IntN(5)
	var placed []int64
	for range n {
		item := model.Item{Count: 1 + rnd.Int64N(3), Classes: []int{0}, BinMax: rnd.Int64N(3)}
		for range p.Dims {
			item.Size = append(item.Size, rnd.Int64N(9))
		}
		p.Items = append(p.Items, item)
		placed = append(placed, item.Count)
		cert.Items = append(cert.Items, []int64{rnd.Int64N(20)})
	}
	if rnd.IntN(2) == 0 {
		p.Caps = []model.Cap{{Items: []int{0, 1}, Max: rnd.Int64N(4)}, {Items: []int{1, n - 1}, Max: 1 + rnd.Int64N(3)}}
	}
	if rnd.IntN(2) == 0 {
		p.Conflicts = []model.Pair{{A: 0, B: n - 1}, {A: rnd.IntN(n), B: rnd.IntN(n)}}
	}
	if rnd.IntN(2) == 0 {
		p.Follows = []model.Follow{{Item: rnd.IntN(n), AnyOf: []int{rnd.IntN(n), rnd.IntN(n)}}}
	}
	if rnd.IntN(2) == 0 {
		for i := range p.Items {
			if rnd.IntN(2) == 0 {
				p.Bins[0].Stays = append(p.Bins[0].Stays, model.Stay{Item: i, Count: 1 + rnd.Int64N(3), Saves: 1 + rnd.Int64N(9)})
			}
		}
	}
	return p, cert, placed
}

// dearest is the worth of the best content of the one bin, by trying all of them.
func dearest(p *model.Problem, cert *model.Certificate) int64 {
	c := newChecker(p, &model.Packing{Bins: []model.Packed{{Count: 1}}})
	best := int64(0)
	var try func(i int, worth int64)
	try = func(i int, worth int64) {
		if i < len(p.Items) {
			for n := range p.Items[i].Count + 1 {
				c.have[i] = n
				try(i+1, worth+n*cert.Items[i][0])
			}
			c.have[i] = 0
			return
		}
		for _, s := range p.Bins[0].Stays {
			worth += min(s.Count, c.have[s.Item]) * s.Saves
		}
		c.k.Bins[0].Items = nil
		for i, n := range c.have {
			if n > 0 {
				c.k.Bins[0].Items = append(c.k.Bins[0].Items, model.Load{Item: i, Count: n})
			}
		}
		c.faults = faults{}
		c.capacity(0)
		c.company(0)
		if c.faults.join() == nil {
			best = max(best, worth)
		}
	}
	try(0, 0)
	return best
}

// A search proves the worth of the best content, and refutes anything below; the root says no less.
func TestSearchFindsTheDearestContent(t *testing.T) {
	searched := 0
	for seed := range uint64(3000) {
		p, cert, placed := tiny(seed)
		want := dearest(p, cert)
		v := newProver(p, cert, newRules(p), placed)
		v.price(0)
		r := v.root(0)
		if r.worth < want {
			t.Fatalf("seed %d: root %d below a content of %d", seed, r.worth, want)
		}
		if r.worth == want {
			continue
		}
		searched++
		r.price = want
		if found, _ := v.search(r, 1<<30); found != proven {
			t.Fatalf("seed %d: finding %d at the worth of %d", seed, found, want)
		}
		if want == 0 {
			continue
		}
		r.price = want - 1
		if found, _ := v.search(r, 1<<30); found != refuted {
			t.Fatalf("seed %d: finding %d below the worth of %d", seed, found, want)
		}
	}
	if searched < 1000 {
		t.Errorf("only %d cases needed a search", searched)
	}
}

// All that a search needs is set up before, so that its nodes cost no memory.
func TestSearchDoesNotAllocateByNode(t *testing.T) {
	v, r := wide(200)
	allocations := func(limit int64) float64 {
		return testing.AllocsPerRun(1, func() {
			if _, n := v.search(r, limit); n != limit {
				t.Errorf("%d nodes, want %d", n, limit)
			}
		})
	}
	if few, many := allocations(10), allocations(100_000); many > few {
		t.Errorf("%v allocations in 100,000 nodes, %v in 10", many, few)
	}
}

// wide is a bin that holds a few dozen of many kinds of items, of which a content is sought that
// is worth within 2 % of what multipliers say.
func wide(items int) (*prover, *root) {
	rnd := rand.New(rand.NewPCG(uint64(items), 9))
	p := &model.Problem{Dims: 3, Classes: 1, Domains: 1}
	cert := &model.Certificate{Scale: 1000, Use: []int{0}, Mults: []model.Mult{{Dims: []int64{299, 40, 0}}}}
	var placed []int64
	for range items {
		cpu := int64(50 * (1 + rnd.IntN(80)))
		mem := (cpu*int64(2+rnd.IntN(15))/2 + 127) / 128 * 128
		p.Items = append(p.Items, model.Item{Size: []int64{cpu, mem, 1}, Count: 1 + rnd.Int64N(50), Classes: []int{0}})
		placed = append(placed, p.Items[len(p.Items)-1].Count)
		cert.Items = append(cert.Items, []int64{(cpu*300 + mem*40) * int64(900+rnd.IntN(100)) / 1000})
	}
	p.Bins = []model.Bin{{Cap: []int64{31_670, 122_180, 58}, Price: 1, Card: -1}}
	v := newProver(p, cert, newRules(p), placed)
	v.price(0)
	r := v.root(0)
	r.price = r.worth - r.worth/500
	return v, r
}

// large is one wide problem: items as pods are, bins as instance types are, five dimensions,
// and multipliers that price each bin by its scarcest dimensions.
func large(items, bins int) (*model.Problem, *model.Certificate, []int64) {
	rnd := rand.New(rand.NewPCG(uint64(items), uint64(bins)))
	p := &model.Problem{Dims: 5, Classes: 1, Domains: 1}
	cert := &model.Certificate{Scale: 1000}
	var placed []int64
	for range items {
		cpu := int64(100 * (1 + rnd.IntN(40)))
		mem := cpu * int64(1+rnd.IntN(8)) / 2
		p.Items = append(p.Items, model.Item{Size: []int64{cpu, mem, 1, 100, 0}, Count: 20, Classes: []int{0}})
		placed = append(placed, 20)
		cert.Items = append(cert.Items, []int64{(cpu*30 + mem*4 + int64(rnd.IntN(2000))) * 9 / 10})
	}
	for b := range bins {
		cpu := int64(1000 << rnd.IntN(7))
		mem := cpu * int64(2+2*rnd.IntN(3))
		price := cpu*30 + mem*4
		p.Bins = append(p.Bins, model.Bin{Cap: []int64{cpu - 80, mem - 500, 110, 100_000, 0}, Price: price / 1000, Card: -1})
		cert.Mults = append(cert.Mults, model.Mult{Dims: []int64{30, 4, 0, 0, 0}})
		cert.Use = append(cert.Use, b)
	}
	return p, cert, placed
}

func BenchmarkRoots(b *testing.B) {
	p, cert, placed := large(500, 6000)
	r := newRules(p)
	for b.Loop() {
		var f faults
		newProver(p, cert, r, placed).run(&f)
	}
}

func BenchmarkSearch(b *testing.B) {
	for _, items := range []int{60, 200} {
		b.Run(fmt.Sprintf("items=%d", items), func(b *testing.B) {
			v, r := wide(items)
			var nodes int64
			for b.Loop() {
				_, n := v.search(r, 1_000_000)
				nodes += n
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(1, nodes)), "ns/node")
			b.ReportMetric(float64(nodes)/float64(b.N), "nodes")
		})
	}
}
