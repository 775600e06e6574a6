package colgen

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
)

// insert puts what is left into bins that are open already and have room for it, such as a
// follower beside a leader that lies elsewhere, or anything where no more bins may be had. It
// changes left.
func (g *generator) insert(fills []Filled, left []int64) []Filled {
	for s := range left {
		for at := 0; at < len(fills) && left[s] > 0; at++ {
			f := fills[at]
			l := f.Bin.Local(s)
			if l < 0 {
				continue
			}
			room := f.Bin.Open()
			if !f.Bin.Holds(f.Items, room) {
				continue
			}
			n := room.Most(l, left[s])
			if n <= 0 {
				continue
			}
			bins := min(f.Count, left[s]/n)
			room.Add(l, n)
			left[s] -= n * bins
			fills[at] = Filled{Bin: f.Bin, Count: bins, Items: f.Bin.Global(room.Content())}
			if rest := f.Count - bins; rest > 0 {
				fills = slices.Insert(fills, at+1, Filled{Bin: f.Bin, Count: rest, Items: f.Items})
			}
		}
	}
	return fills
}

// accompany opens a bin for a follower that is left while all its leaders lie in full bins: one
// leader moves out of a bin that can spare it, and takes the follower along. It changes left and
// the stock.
func (g *generator) accompany(a attempt) attempt {
	if len(g.Problem.Follows) == 0 {
		return a
	}
	for s := range a.left {
		for a.left[s] > 0 {
			fills, ok := g.elope(a, s)
			if !ok {
				break
			}
			a.fills = g.insert(fills, a.left)
		}
	}
	return a
}

// elope moves one item out of some bin so that it and one of shape s make a bin of their own.
func (g *generator) elope(a attempt, s int) ([]Filled, bool) {
	for at, f := range a.fills {
		for i, o := range f.Items.Shapes {
			pair := knapsack.Content{Shapes: []int{min(o, s), max(o, s)}, Counts: []int64{1, 1}}
			if o == s || !f.Bin.Holds(without(f.Items, i), f.Bin.Open()) {
				continue
			}
			for _, k := range g.list {
				if a.st.most(k.bin.Index, 1) <= 0 || !k.bin.Holds(pair, k.room) {
					continue
				}
				a.st.take(k.bin.Index, 1)
				a.left[s]--
				out := slices.Delete(slices.Clone(a.fills), at, at+1)
				if rest := without(f.Items, i); len(rest.Shapes) > 0 {
					out = append(out, Filled{Bin: f.Bin, Count: 1, Items: rest})
				} else {
					a.st.take(f.Bin.Index, -1)
				}
				if f.Count > 1 {
					out = append(out, Filled{Bin: f.Bin, Count: f.Count - 1, Items: f.Items})
				}
				return append(out, Filled{Bin: k.bin, Count: 1, Items: pair}), true
			}
		}
	}
	return nil, false
}

// without returns the content with one copy less of the shape at a position.
func without(c knapsack.Content, at int) knapsack.Content {
	out := knapsack.Content{}
	for i, s := range c.Shapes {
		n := c.Counts[i]
		if i == at {
			n--
		}
		if n > 0 {
			out.Shapes, out.Counts = append(out.Shapes, s), append(out.Counts, n)
		}
	}
	return out
}
