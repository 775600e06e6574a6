package knapsack

import "github.com/tenon-sh/tenon/binpack/model"

// What lies in a bin of today is worth more there than anywhere else: the first so many copies of
// a shape save something each, because they need not move. So the worth of n copies is concave in
// n, and no harder than before: the relaxation has a second column for the first copies, with the
// same entries, and takes the better one first; a bound or a search adds up both parts.

// stay is the first copies of a local shape that save so much each.
type stay struct {
	l     int
	count int64
	saves float64 // in the unit of the caller's prices, see SetUnit
	price int64
}

// findStays turns Bin.Stays into local shapes. What has a shape in another domain only, or cannot
// lie in the bin, stays nowhere.
func (k *Bin) findStays() {
	for _, s := range k.p.Bins[k.Index].Stays {
		for l, i := range k.items {
			if i == s.Item {
				k.stays = append(k.stays, stay{l: l, count: min(s.Count, k.alone[l]), saves: float64(s.Saves), price: s.Saves})
			}
		}
	}
}

// SetUnit says how much one unit of the problem's prices is in the prices that the caller gives.
func (k *Bin) SetUnit(unit float64) {
	for n := range k.stays {
		k.stays[n].saves = float64(k.stays[n].price) * unit
	}
}

// Stays reports whether something lies in the bin today.
func (k *Bin) Stays() bool { return len(k.stays) > 0 }

// Home returns what lies in the bin today, by local shape.
func (k *Bin) Home() Content {
	var c Content
	for _, s := range k.stays {
		c.Shapes, c.Counts = append(c.Shapes, s.l), append(c.Counts, s.count)
	}
	return c
}

// SavedMost returns what is saved at most, in the caller's unit.
func (k *Bin) SavedMost() float64 {
	sum := 0.0
	for _, s := range k.stays {
		sum += float64(s.saves * float64(s.count))
	}
	return sum
}

// saved returns what counts by local shape save, in the caller's unit.
func (k *Bin) saved(counts []int64) float64 {
	sum := 0.0
	for _, s := range k.stays {
		sum += float64(s.saves * float64(min(counts[s.l], s.count)))
	}
	return sum
}

// SavedBy returns what fractional counts of the caller's shapes save, in the caller's unit.
func (k *Bin) SavedBy(shapes []int, counts []float64) float64 {
	sum := 0.0
	for _, s := range k.stays {
		for n, shape := range shapes {
			if shape == k.Shapes[s.l] {
				sum += float64(s.saves * min(counts[n], float64(s.count)))
			}
		}
	}
	return sum
}

// Saved returns what a content of the caller's shapes saves, in the problem's prices.
func (k *Bin) Saved(c Content) int64 {
	sum := int64(0)
	for _, s := range k.stays {
		for n, shape := range c.Shapes {
			if shape == k.Shapes[s.l] {
				sum += s.price * min(c.Counts[n], s.count)
			}
		}
	}
	return sum
}

// Saved returns what loads save in one bin, in the problem's prices.
func Saved(bin *model.Bin, loads []model.Load) int64 {
	sum := int64(0)
	for _, s := range bin.Stays {
		for _, l := range loads {
			if l.Item == s.Item {
				sum += s.Saves * min(l.Count, s.Count)
			}
		}
	}
	return sum
}

// AllMoves returns what it costs to move everything that lies in one kind of bin today.
func AllMoves(bin *model.Bin) int64 {
	sum := int64(0)
	for _, s := range bin.Stays {
		sum += bin.Max * s.Count * s.Saves
	}
	return sum
}

// home is how many of a stay's copies there can be now.
func (k *Bin) home(s stay) float64 { return float64(min(s.count, k.Upper[s.l])) }

// stayPrice returns what the first copies of local shape l save each.
func (k *Bin) stayPrice(l int) float64 {
	for _, s := range k.stays {
		if s.l == l {
			return s.saves
		}
	}
	return 0
}

// stayColumns makes room for the columns of what stays, and returns the first.
func (r *rows) stayColumns(k *Bin) int {
	first := r.n
	r.n += len(k.stays)
	for range k.stays {
		r.upper = append(r.upper, 0)
	}
	return first
}

// fillStays copies the columns of the shapes that stay.
func (r *rows) fillStays(k *Bin, first int) {
	for n, s := range k.stays {
		for i := range r.m {
			r.a[i*r.n+first+n] = r.a[i*r.n+s.l]
		}
	}
}

// relaxStays sets worth and limit of the columns of what stays, and takes these copies from the
// shapes' own columns.
func (k *Bin) relaxStays(pi []float64) {
	for n, s := range k.stays {
		at := k.rows.n - len(k.stays) + n
		k.v[at] = max(pi[k.Shapes[s.l]], 0) + s.saves
		k.ucol[at] = k.home(s)
		k.ucol[s.l] = max(0, k.ucol[s.l]-k.home(s))
	}
}

// staySurplus is what Bound adds for copies that stay: what they are worth above their charge,
// beyond what they would be worth elsewhere.
func (k *Bin) staySurplus(s stay, pi []float64, charge float64) float64 {
	r := max(pi[k.Shapes[s.l]], 0) - charge
	return float64((max(0, r+s.saves) - max(0, r)) * k.home(s))
}

// stay puts what lies in the bin today into the room, as far as there is so much of it.
func (k *Bin) stay(room *Room) {
	for range 2 { // a leader may come after its follower
		for _, s := range k.stays {
			want := min(s.count, k.Upper[s.l]) - room.Counts[s.l]
			if n := room.Most(s.l, want); want > 0 && n > 0 {
				room.Add(s.l, n)
			}
		}
	}
}

// KeepHome returns what lies in the bin today, as far as there is so much of it to put in.
func (k *Bin) KeepHome(room *Room) Content {
	room.reset()
	k.stay(room)
	return room.Content()
}

// loadStays notes what stays of the ordered shapes, and which number of copies of each loses nothing.
func (b *brancher) loadStays() {
	b.home, b.saves, b.peak = nil, nil, make([]float64, len(b.order))
	for o := range b.order {
		if b.reduced[o] > 0 {
			b.peak[o] = b.upper[o]
		}
	}
	if len(b.k.stays) == 0 {
		return
	}
	b.home, b.saves = make([]float64, len(b.order)), make([]float64, len(b.order))
	for o, l := range b.order {
		for _, s := range b.k.stays {
			if s.l == l {
				b.home[o], b.saves[o] = b.k.home(s), s.saves
			}
		}
		if b.reduced[o] <= 0 && b.reduced[o]+b.saves[o] > 0 {
			b.peak[o] = b.home[o]
		}
	}
}

// lost is what n copies of ordered shape o are worth less, above their charge, than its peak is.
func (b *brancher) lost(o int, n float64) float64 {
	v := float64(b.reduced[o] * (b.peak[o] - n))
	if b.saves != nil {
		v += b.lostAtHome(o, n)
	}
	return v
}

// lostAtHome is what n copies save less than the peak does.
func (b *brancher) lostAtHome(o int, n float64) float64 {
	return float64(b.saves[o] * (min(b.peak[o], b.home[o]) - min(n, b.home[o])))
}
