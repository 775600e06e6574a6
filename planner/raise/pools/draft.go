package pools

import (
	"math"
	"math/rand/v2"
	"slices"
)

// plot is a pool of a draft. Its lists are never changed in place.
type plot struct {
	option int32
	works  []int   // ascending; those of one owner are in the same plots
	most   int64   // nodes; 0: no limit
	cut    []int64 // slices of one node; nil: they follow from the workloads
	rank   int32   // of plots that share workloads that with the highest gets new nodes first
	key    uint64  // of all that, but the rank
}

// keyed is a plot with its key.
func keyed(p plot) plot {
	p.key = mix(mix(uint64(p.option)<<32) ^ uint64(p.most))
	for at, n := range p.cut {
		p.key = mix(p.key ^ uint64(at)<<40 ^ uint64(n))
	}
	for _, i := range p.works {
		p.key ^= mix(uint64(i) + 1)
	}
	return p
}

// fresh is a plot without a limit.
func fresh(o int32, works []int) plot { return keyed(plot{option: o, works: works}) }

// of is the plot with other workloads.
func (p plot) of(works []int) plot {
	p.works = works
	return keyed(p)
}

// draft is a design while it is searched for.
type draft struct {
	plots []plot
	of    [][]int // by workload: its plots, ascending
}

func (d *draft) clone() *draft { return &draft{slices.Clone(d.plots), slices.Clone(d.of)} }

// edit replaces a plot; at may be the number of plots, for a new one, and a plot without workloads goes.
type edit struct {
	at int
	plot
}

// search is one search for designs.
type search struct {
	*judge
	dice   *rand.Rand
	can    [][]bool // by workload and option
	owner  [][]int  // by workload: those of the same owner, which has one template and so one selector
	most   int      // pools
	fee    float64  // of a pool, so that a design with fewer is preferred where it costs hardly more
	packed []int64  // nodes of each kind in the packing
	homes  []homes  // by workload: where it is at home in the draft that is looked at
	stamp  int64    // of the last look at a draft
	lead   []int    // by plot of that draft: another of the same component, or itself
	pairs  map[uint64][]plot
	nodes  []nodes   // of the packing
	models [][]nodes // by kind
}

// score is what plots that share workloads are compared by: money, with a penalty for pods without a place.
func (s *search) score(plots ...*plot) float64 {
	if len(plots) == 0 || len(plots[0].works) == 0 {
		return 0
	}
	v := s.verdict(plots)
	return v.cost.Float64() + float64(float64(v.unplaced)*s.penalty.Float64()) + float64(float64(len(plots))*s.fee)
}

func (s *search) total(plots []plot) float64 {
	var sum float64
	for _, c := range s.components(plots) {
		sum += s.score(c...)
	}
	return sum
}

// fit reports whether all workloads may use an option.
func (s *search) fit(o int32, works []int) bool {
	for _, i := range works {
		if !s.can[i][o] {
			return false
		}
	}
	return true
}

// best is the plot of some workloads with the best of some options; false where none serves all.
func (s *search) best(works []int, tries []int32) (plot, bool) {
	var out plot
	found := false
	for _, o := range tries {
		if !s.fit(o, works) {
			continue
		}
		p := fresh(o, works)
		if !found || s.score(&p) < s.score(&out) {
			out, found = p, true
		}
	}
	return out, found
}

// edited is the plots after some edits.
func edited(plots []plot, edits []edit) []plot {
	out := slices.Clone(plots)
	for _, e := range edits {
		if e.at == len(out) {
			out = append(out, e.plot)
		} else {
			out[e.at] = e.plot
		}
	}
	return slices.DeleteFunc(out, func(p plot) bool { return len(p.works) == 0 })
}

// take makes the plots those of the draft.
func (d *draft) take(plots []plot) {
	d.plots = plots
	for i := range d.of {
		d.of[i] = nil
	}
	for at := range d.plots {
		for _, i := range d.plots[at].works {
			d.of[i] = append(d.of[i], at)
		}
	}
}

func without(works []int, gone ...int) []int {
	out := make([]int, 0, len(works))
	for _, i := range works {
		if !slices.Contains(gone, i) {
			out = append(out, i)
		}
	}
	return out
}

func with(works []int, more ...int) []int {
	out := append(slices.Clone(works), more...)
	slices.Sort(out)
	return slices.Compact(out)
}

// anneal improves a draft by random moves until the evaluations are spent: simulated annealing (Kirkpatrick, Gelatt and
// Vecchi 1983). A move that costs more is made with a probability that falls with what it costs and with time. The
// temperatures, as parts of the cost, are chosen. It returns the best draft that it has seen.
func (s *search) anneal(d *draft, until int64) *draft {
	const hot, cold = 0.001, 0.00001
	best, bestScore := d.clone(), s.total(d.plots)
	at, start, movesMost := bestScore, s.evaluations, 30*(until-s.evaluations)
	d = d.clone()
	for moves := int64(0); s.evaluations < until && moves < movesMost && len(d.plots) > 0; moves++ {
		done := max(float64(s.evaluations-start)/float64(until-start), float64(moves)/float64(movesMost))
		heat := float64(bestScore*hot) * math.Pow(cold/hot, done)
		edits := s.move(d)
		if edits == nil {
			continue
		}
		next := edited(d.plots, edits)
		if !s.sound(next) {
			continue
		}
		then := s.total(next)
		if gain := at - then; gain < 0 && s.dice.Float64() >= math.Exp(gain/heat) {
			continue
		}
		d.take(next)
		if at = then; at < bestScore-1e-9 {
			best, bestScore = d.clone(), at
		}
	}
	return best
}

// move is a random change of a draft; nil where the dice fell on something that cannot be.
func (s *search) move(d *draft) []edit {
	i := s.dice.IntN(len(d.of))
	if len(d.of[i]) == 0 {
		return nil
	}
	from := d.of[i][s.dice.IntN(len(d.of[i]))]
	switch roll := s.dice.IntN(100); {
	case roll < 32:
		return s.shift(d, from, i)
	case roll < 44:
		return s.swap(d, from, i)
	case roll < 64:
		return s.exchange(d, from, i)
	case roll < 72:
		return s.carry(d, from, i)
	case roll < 76:
		return s.split(d, from, i)
	case roll < 80:
		return s.merge(d, from, s.dice.IntN(len(d.plots)))
	}
	return s.together(d, from, i)
}

// shift moves a workload to another pool, as that is. Here and below those of the same owner come along.
func (s *search) shift(d *draft, from, i int) []edit {
	to, all := s.dice.IntN(len(d.plots)), s.owner[i]
	if from == to || !s.fit(d.plots[to].option, all) {
		return nil
	}
	p, q := &d.plots[from], &d.plots[to]
	return []edit{{from, p.of(without(p.works, all...))}, {to, q.of(with(q.works, all...))}}
}

// swap lets two workloads change places.
func (s *search) swap(d *draft, from, i int) []edit {
	k := s.dice.IntN(len(d.of))
	if len(d.of[k]) == 0 {
		return nil
	}
	to := d.of[k][0]
	if from == to || slices.Contains(d.of[i], to) || slices.Contains(d.of[k], from) || !s.fit(d.plots[to].option, s.owner[i]) || !s.fit(d.plots[from].option, s.owner[k]) {
		return nil
	}
	p, q := &d.plots[from], &d.plots[to]
	return []edit{
		{from, p.of(with(without(p.works, s.owner[i]...), s.owner[k]...))},
		{to, q.of(with(without(q.works, s.owner[k]...), s.owner[i]...))},
	}
}

// exchange gives a pool another leader: one that serves one of its workloads by chance.
func (s *search) exchange(d *draft, at, i int) []edit {
	o, ok := s.pick(i)
	p := d.plots[at]
	if !ok || o == p.option || !s.fit(o, p.works) {
		return nil
	}
	p.option, p.cut = o, nil
	return []edit{{at, keyed(p)}}
}

func (s *search) pick(i int) (int32, bool) {
	c := s.sh.candidates[i]
	if len(c) == 0 {
		return 0, false
	}
	return c[s.dice.IntN(len(c))], true
}

// carry moves a workload to another pool, which gets another leader for it.
func (s *search) carry(d *draft, from, i int) []edit {
	to := s.dice.IntN(len(d.plots))
	if from == to {
		return nil
	}
	o, ok := s.pick(i)
	p, q := d.plots[from], d.plots[to]
	if !ok || !s.fit(o, q.works) || !s.fit(o, s.owner[i]) {
		return nil
	}
	q.option, q.cut = o, nil
	return []edit{{from, p.of(without(p.works, s.owner[i]...))}, {to, q.of(with(q.works, s.owner[i]...))}}
}

// split opens a new pool for some workloads of one: a random part of them, and one for certain.
func (s *search) split(d *draft, from, i int) []edit {
	p := &d.plots[from]
	if len(d.plots) >= s.most || len(p.works) < 2 {
		return nil
	}
	o, ok := s.pick(i)
	if !ok || !s.fit(o, s.owner[i]) {
		return nil
	}
	part := s.some(p.works, o, i)
	return []edit{{from, p.of(without(p.works, part...))}, {len(d.plots), fresh(o, part)}}
}

// some are a random part of some workloads that may use an option, and one for certain.
func (s *search) some(works []int, o int32, i int) []int {
	part, share := []int{}, s.dice.IntN(3)
	for _, k := range works {
		first := s.owner[k][0] == k
		if i == k || first && !slices.Contains(s.owner[i], k) && s.fit(o, s.owner[k]) && s.dice.IntN(4) < share {
			part = append(part, s.owner[k]...)
		}
	}
	slices.Sort(part)
	return part
}

// merge puts two pools together, with the better leader.
func (s *search) merge(d *draft, a, b int) []edit {
	if a == b {
		return nil
	}
	p, q := &d.plots[a], &d.plots[b]
	both, ok := s.best(with(p.works, q.works...), []int32{p.option, q.option})
	if !ok {
		return nil
	}
	return []edit{{a, both}, {b, plot{}}}
}
