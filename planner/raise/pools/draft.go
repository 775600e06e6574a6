package pools

import (
	"math"
	"math/rand/v2"
	"slices"
)

// plot is a pool of a draft.
type plot struct {
	option int32
	works  []int // ascending
	v      verdict
}

// draft is a design while it is searched for.
type draft struct {
	plots []plot
	of    []int // by workload: its plot; -1: none
}

func (d *draft) clone() *draft {
	return &draft{plots: slices.Clone(d.plots), of: slices.Clone(d.of)} // lists of workloads are never changed in place
}

// edit replaces a plot; at may be the number of plots, for a new one.
type edit struct {
	at int
	plot
}

// search is one search for designs.
type search struct {
	*judge
	dice  *rand.Rand
	can   [][]bool // by workload and option
	owner [][]int  // by workload: those of the same owner, which has one template and so one selector
	most  int      // pools
	fee   float64  // of a pool, so that a design with fewer is preferred where it costs hardly more
}

// score is what a draft is compared by: money, with a penalty for pods without a place.
func (s *search) score(p *plot) float64 {
	if len(p.works) == 0 {
		return 0
	}
	return p.v.cost.Float64() + float64(float64(p.v.unplaced)*s.penalty.Float64()) + s.fee
}

func (s *search) total(d *draft) float64 {
	var sum float64
	for i := range d.plots {
		sum += s.score(&d.plots[i])
	}
	return sum
}

// judged is a plot with its verdict.
func (s *search) judged(o int32, works []int) plot {
	return plot{option: o, works: works, v: s.steered(o, works)}
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
		p := s.judged(o, works)
		if !found || s.score(&p) < s.score(&out) {
			out, found = p, true
		}
	}
	return out, found
}

// gain is how much less a draft costs after some edits.
func (s *search) gain(d *draft, edits []edit) float64 {
	var sum float64
	for i := range edits {
		if edits[i].at < len(d.plots) {
			sum += s.score(&d.plots[edits[i].at])
		}
		sum -= s.score(&edits[i].plot)
	}
	return sum
}

// commit makes edits, and drops the plots that have become empty.
func (d *draft) commit(edits []edit) {
	for _, e := range edits {
		if e.at == len(d.plots) {
			d.plots = append(d.plots, e.plot)
		} else {
			d.plots[e.at] = e.plot
		}
	}
	d.plots = slices.DeleteFunc(d.plots, func(p plot) bool { return len(p.works) == 0 })
	for i := range d.of {
		d.of[i] = -1
	}
	for at := range d.plots {
		for _, i := range d.plots[at].works {
			d.of[i] = at
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
	return out
}

// anneal improves a draft by random moves until the evaluations are spent: simulated annealing (Kirkpatrick, Gelatt and
// Vecchi 1983). A move that costs more is made with a probability that falls with what it costs and with time. The
// temperatures, as parts of the cost, are chosen. It returns the best draft that it has seen.
func (s *search) anneal(d *draft, until int64) *draft {
	const hot, cold = 0.001, 0.00001
	best, bestScore := d.clone(), s.total(d)
	at, start, movesMost := bestScore, s.evaluations, 30*(until-s.evaluations)
	d = d.clone()
	for moves := int64(0); s.evaluations < until && moves < movesMost && len(d.plots) > 0; moves++ {
		done := max(float64(s.evaluations-start)/float64(until-start), float64(moves)/float64(movesMost))
		heat := float64(bestScore*hot) * math.Pow(cold/hot, done)
		edits := s.move(d)
		if edits == nil {
			continue
		}
		gain := s.gain(d, edits)
		if gain < 0 && s.dice.Float64() >= math.Exp(gain/heat) {
			continue
		}
		d.commit(edits)
		if at -= gain; at < bestScore-1e-9 {
			best, bestScore = d.clone(), at
		}
	}
	return best
}

// move is a random change of a draft; nil where the dice fell on something that cannot be.
func (s *search) move(d *draft) []edit {
	i := s.dice.IntN(len(d.of))
	from := d.of[i]
	if from < 0 {
		return nil
	}
	switch roll := s.dice.IntN(100); {
	case roll < 40:
		return s.shift(d, i)
	case roll < 55:
		return s.swap(d, i)
	case roll < 80:
		return s.exchange(d, from, i)
	case roll < 90:
		return s.carry(d, i)
	case roll < 95:
		return s.split(d, from, i)
	}
	return s.merge(d, from, s.dice.IntN(len(d.plots)))
}

// shift moves a workload to another pool, as that is. Here and below those of the same owner come along.
func (s *search) shift(d *draft, i int) []edit {
	from, to, all := d.of[i], s.dice.IntN(len(d.plots)), s.owner[i]
	if from == to || !s.fit(d.plots[to].option, all) {
		return nil
	}
	p, q := &d.plots[from], &d.plots[to]
	return []edit{{from, s.judged(p.option, without(p.works, all...))}, {to, s.judged(q.option, with(q.works, all...))}}
}

// swap lets two workloads change places.
func (s *search) swap(d *draft, i int) []edit {
	k := s.dice.IntN(len(d.of))
	from, to := d.of[i], d.of[k]
	if to < 0 || from == to || !s.fit(d.plots[to].option, s.owner[i]) || !s.fit(d.plots[from].option, s.owner[k]) {
		return nil
	}
	p, q := &d.plots[from], &d.plots[to]
	return []edit{
		{from, s.judged(p.option, with(without(p.works, s.owner[i]...), s.owner[k]...))},
		{to, s.judged(q.option, with(without(q.works, s.owner[k]...), s.owner[i]...))},
	}
}

// exchange gives a pool another leader: one that serves one of its workloads by chance.
func (s *search) exchange(d *draft, at, i int) []edit {
	o, ok := s.pick(i)
	if !ok || o == d.plots[at].option || !s.fit(o, d.plots[at].works) {
		return nil
	}
	return []edit{{at, s.judged(o, d.plots[at].works)}}
}

func (s *search) pick(i int) (int32, bool) {
	c := s.sh.candidates[i]
	if len(c) == 0 {
		return 0, false
	}
	return c[s.dice.IntN(len(c))], true
}

// carry moves a workload to another pool, which gets another leader for it.
func (s *search) carry(d *draft, i int) []edit {
	from, to := d.of[i], s.dice.IntN(len(d.plots))
	if from == to {
		return nil
	}
	o, ok := s.pick(i)
	p, q := &d.plots[from], &d.plots[to]
	if !ok || !s.fit(o, q.works) || !s.fit(o, s.owner[i]) {
		return nil
	}
	return []edit{{from, s.judged(p.option, without(p.works, s.owner[i]...))}, {to, s.judged(o, with(q.works, s.owner[i]...))}}
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
	part, share := []int{}, s.dice.IntN(3)
	for _, k := range p.works {
		first := s.owner[k][0] == k
		if i == k || first && !slices.Contains(s.owner[i], k) && s.fit(o, s.owner[k]) && s.dice.IntN(4) < share {
			part = append(part, s.owner[k]...)
		}
	}
	slices.Sort(part)
	return []edit{{from, s.judged(p.option, without(p.works, part...))}, {len(d.plots), s.judged(o, part)}}
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
