package knapsack

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Shake polishes greedy contents of shaken orders, so many times, and returns the best.
func (k *Bin) Shake(pi []float64, rel Relaxed, rng *rand.Rand, times int) (Content, float64) {
	room := k.Open()
	var best Content
	worth := 0.0
	key := make([]float64, len(k.Shapes))
	for range times {
		order := append([]int(nil), k.byWorth(pi, rel.Mu)...)
		for _, l := range order {
			key[l] = k.key[l] * (1 + float64(shaking*(float64(2*float64(rng.Float64()))-1)))
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(key[a], key[b]), cmp.Compare(a, b)) })
		room.reset()
		k.top(order, room)
		if c, v := k.Polish(pi, rel, room.Content(), room); v > worth {
			best, worth = c, v
		}
	}
	return best, worth
}

// shaking is how far the order of a greedy content is shaken.
const shaking = 0.5

// Polish improves a content by exchange: it takes out one shape, in part or as a whole, fills the
// room with the others first, and keeps what is worth more. It ends when no exchange helps.
func (k *Bin) Polish(pi []float64, rel Relaxed, c Content, room *Room) (Content, float64) {
	order := append([]int(nil), k.byWorth(pi, rel.Mu)...)
	k.refill(c, -1, 0, room)
	best, worth := c, k.Worth(pi, room.Counts)
	for improved := true; improved; {
		improved = false
		for at := range best.Shapes {
			for _, out := range []int64{1, (best.Counts[at] + 1) / 2, best.Counts[at]} {
				k.refill(best, at, out, room)
				k.topWithout(order, best.Shapes[at], room)
				if v := k.Worth(pi, room.Counts); v > worth*(1+1e-9) {
					best, worth, improved = room.Content(), v, true
					break
				}
			}
			if improved {
				break
			}
		}
	}
	return best, worth
}

// refill puts a content into the room, less some copies of the shape at one position.
func (k *Bin) refill(c Content, less int, copies int64, room *Room) {
	room.reset()
	for range 2 { // a leader may come after its follower
		for i, l := range c.Shapes {
			want := c.Counts[i] - room.Counts[l]
			if i == less {
				want -= copies
			}
			if want > 0 {
				if n := room.Most(l, want); n > 0 {
					room.Add(l, n)
				}
			}
		}
	}
}

// topWithout fills the room in the given order, shape skip last.
func (k *Bin) topWithout(order []int, skip int, room *Room) {
	for _, l := range order {
		if l == skip {
			continue
		}
		if n := room.Most(l, k.Upper[l]-room.Counts[l]); n > 0 {
			room.Add(l, n)
		}
	}
	if n := room.Most(skip, k.Upper[skip]-room.Counts[skip]); n > 0 {
		room.Add(skip, n)
	}
}
