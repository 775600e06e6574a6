package knapsack

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/cards"
)

// Room is a bin that is being filled: it knows every rule that holds inside one bin.
type Room struct {
	k      *Bin
	Counts []int64 // by local shape
	left   []int64
	load   cards.Load
}

// Open returns an empty room.
func (k *Bin) Open() *Room {
	r := &Room{k: k, Counts: make([]int64, len(k.Shapes)), left: append([]int64(nil), k.p.Bins[k.Index].Cap...)}
	if bin := k.p.Bins[k.Index]; bin.Card >= 0 {
		r.load.Slices = make([]int64, len(k.p.Cards[bin.Card].Profiles))
	}
	return r
}

func (r *Room) reset() {
	clear(r.Counts)
	copy(r.left, r.k.p.Bins[r.k.Index].Cap)
	r.load.Whole, r.load.Shares = 0, r.load.Shares[:0]
	clear(r.load.Slices)
}

// Most returns how many more copies of local shape l fit, at most n.
func (r *Room) Most(l int, n int64) int64 {
	k := r.k
	n = min(n, k.alone[l]-r.Counts[l])
	for d, s := range k.size[l] {
		if n <= 0 {
			return 0
		}
		if s > 0 {
			n = min(n, r.left[d]/s)
		}
	}
	for _, c := range k.caps {
		n = min(n, c.room(l, r.Counts))
	}
	if n <= 0 || !r.allowed(l) {
		return 0
	}
	if k.need[l].Kind < 0 {
		return n
	}
	lo := int64(0)
	for lo < n {
		mid := (lo + n + 1) / 2
		if r.fitsCards(l, mid) {
			lo = mid
		} else {
			n = mid - 1
		}
	}
	return lo
}

func (c capRow) room(l int, counts []int64) int64 {
	in, sum := false, int64(0)
	for _, s := range c.shapes {
		in = in || s == l
		sum += counts[s]
	}
	if !in {
		return 1 << 40
	}
	return c.max - sum
}

// allowed checks conflicts and follows.
func (r *Room) allowed(l int) bool {
	if r.k.pairs == nil {
		return true
	}
	for _, o := range r.k.pairs[l] {
		if r.Counts[o] > 0 {
			return false
		}
	}
	return r.lacks(l) == nil
}

// lacks returns the first set of leaders of local shape l of which none is here, nil if there is none.
func (r *Room) lacks(l int) []int {
	if r.k.after == nil {
		return nil
	}
	for _, leaders := range r.k.after[l] {
		if !slices.ContainsFunc(leaders, func(o int) bool { return r.Counts[o] > 0 }) {
			return leaders
		}
	}
	return nil
}

func (r *Room) fitsCards(l int, n int64) bool {
	r.charge(l, n)
	ok := r.k.set.Fits(r.load)
	r.charge(l, -n)
	return ok
}

func (r *Room) charge(l int, n int64) {
	need := r.k.need[l]
	r.load.Whole += need.Whole * n
	for p, c := range need.Slices {
		r.load.Slices[p] += c * n
	}
	if need.Share > 0 && n > 0 {
		for range n {
			r.load.Shares = append(r.load.Shares, need.Share)
		}
	}
	if need.Share > 0 && n < 0 {
		r.load.Shares = r.load.Shares[:len(r.load.Shares)+int(n)]
	}
}

// Add puts n copies of local shape l in; the caller has asked Most.
func (r *Room) Add(l int, n int64) {
	r.Counts[l] += n
	for d, s := range r.k.size[l] {
		r.left[d] -= s * n
	}
	if r.k.need[l].Kind >= 0 {
		r.charge(l, n)
	}
}

// Content returns what is in the room.
func (r *Room) Content() Content {
	var c Content
	for l, n := range r.Counts {
		if n > 0 {
			c.Shapes = append(c.Shapes, l)
			c.Counts = append(c.Counts, n)
		}
	}
	return c
}

// Fill rounds a relaxation to a real content: the whole parts first, then whatever still fits,
// best price for the resources first; once more without the whole parts; and where there are
// followers, once more with leaders brought in for them as soon as it is their turn; and in a bin
// of today, once more beside all that stays. It returns the best and its worth.
func (k *Bin) Fill(pi []float64, rel Relaxed, room *Room) (Content, float64) {
	order := k.byWorth(pi, rel.Mu)
	var best Content
	worth := 0.0
	for pass := range 4 {
		room.reset()
		switch pass {
		case 0:
			for _, l := range order {
				if n := room.Most(l, min(k.Upper[l], int64(rel.X[l]+1e-9))); n > 0 {
					room.Add(l, n)
				}
			}
		case 2:
			if len(k.p.Follows) == 0 {
				continue
			}
			k.led(order, room)
		case 3:
			if len(k.stays) == 0 {
				continue
			}
			k.stay(room)
		}
		k.top(order, room)
		if v := k.Worth(pi, room.Counts); v > worth {
			best, worth = room.Content(), v
		}
	}
	return best, worth
}

// Greedy fills an empty room, best price for the resources at multipliers mu first, and returns
// the content and its worth.
func (k *Bin) Greedy(pi, mu []float64, room *Room) (Content, float64) {
	k.byWorth(pi, mu)
	return k.GreedyAgain(pi, room)
}

// GreedyAgain is Greedy at the prices and multipliers of the last Greedy, of no more of each shape than there were then:
// sorting them anew was half of the time of a packing by value.
func (k *Bin) GreedyAgain(pi []float64, room *Room) (Content, float64) {
	order := k.order
	room.reset()
	k.top(order, room)
	c, worth := room.Content(), k.Worth(pi, room.Counts)
	if len(k.stays) == 0 {
		return c, worth
	}
	room.reset()
	k.stay(room)
	k.top(order, room)
	if v := k.Worth(pi, room.Counts); v > worth {
		return room.Content(), v
	}
	return c, worth
}

// TopUp puts a content of the caller's shapes into the room, as far as Upper allows, and fills
// the rest as Greedy does.
func (k *Bin) TopUp(c Content, pi, mu []float64, room *Room) Content {
	room.reset()
	for range 2 {
		for i, s := range c.Shapes {
			if l := k.Local(s); l >= 0 {
				if n := room.Most(l, min(c.Counts[i], k.Upper[l])-room.Counts[l]); n > 0 {
					room.Add(l, n)
				}
			}
		}
	}
	order := k.byWorth(pi, mu)
	k.top(order, room)
	return room.Content()
}

// top fills the room greedily in the given order. Followers whose leader is missing get a second
// chance, with leaders brought in for them.
func (k *Bin) top(order []int, room *Room) {
	for _, l := range order {
		if n := room.Most(l, k.Upper[l]-room.Counts[l]); n > 0 {
			room.Add(l, n)
		}
	}
	if len(k.p.Follows) > 0 {
		k.led(order, room)
	}
}

// led fills the room greedily in the given order, and brings in leaders for followers whose turn it is.
func (k *Bin) led(order []int, room *Room) {
	for _, l := range order {
		if room.Counts[l] == 0 {
			k.lead(l, room)
		}
		if n := room.Most(l, k.Upper[l]-room.Counts[l]); n > 0 {
			room.Add(l, n)
		}
	}
}

// lead brings in what local shape l needs beside it, and reports whether a copy of it then fits.
func (k *Bin) lead(l int, room *Room) bool {
	leaders := room.lacks(l)
	if leaders == nil {
		return room.Most(l, 1) > 0
	}
	for _, o := range leaders {
		if k.Upper[o] == 0 || room.Most(o, 1) == 0 {
			continue
		}
		room.Add(o, 1)
		if k.lead(l, room) {
			return true
		}
		room.Add(o, -1)
	}
	return false
}

// Worth returns the worth of counts at prices pi, with what they save by staying.
func (k *Bin) Worth(pi []float64, counts []int64) float64 {
	v := 0.0
	for l, n := range counts {
		if n > 0 {
			v += float64(pi[k.Shapes[l]] * float64(n))
		}
	}
	return v + k.saved(counts)
}
