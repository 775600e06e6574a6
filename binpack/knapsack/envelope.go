package knapsack

import "math"

// directions are the shapes of room that envelopes are made for: parts of the capacity in either dimension. Room that is
// left may be mostly of the one or mostly of the other, and one pair of prices is best for one proportion only.
var directions = [...][2]float64{{1, 1}, {1, 0.3}, {0.3, 1}, {1, 0.1}, {0.1, 1}}

// envelope bounds what a set of items can make of a room: they are worth no more than prices times room, where every item is
// worth no more than the prices of what it takes. The cheapest such prices are the optimum of a linear program in two
// variables, which is kept up to date as items are added (Seidel 1991): if the new item is overcharged already
// nothing changes, and else the optimum lies on its line.
type envelope struct {
	size   [][2]float64
	value  []float64
	prices [len(directions)][2]float64
}

func (e *envelope) reset() {
	e.size, e.value = e.size[:0], e.value[:0]
	clear(e.prices[:])
}

// add takes an item into the set; room is the whole capacity.
func (e *envelope) add(size [2]float64, value float64, room [2]float64) {
	for n, d := range directions {
		p := &e.prices[n]
		if dot(*p, size) < value {
			*p = e.onLine(size, value, [2]float64{d[0] * room[0], d[1] * room[1]})
		}
	}
	e.size, e.value = append(e.size, size), append(e.value, value)
}

func dot(a, b [2]float64) float64 { return float64(a[0]*b[0]) + float64(a[1]*b[1]) }

// onLine returns the cheapest prices at which an item costs just its value and no other is worth more than it costs. A
// hair is added where rounding could make them too low.
func (e *envelope) onLine(size [2]float64, value float64, room [2]float64) [2]float64 {
	a := 0 // the dimension by which the line is told
	if size[1] > size[0]*room[1]/max(room[0], 1e-300) {
		a = 1
	}
	b := 1 - a
	// prices[a] = (value - size[b]*t) / size[a] with t = prices[b] in [low, high]
	low, high := 0.0, math.MaxFloat64
	if size[b] > 0 {
		high = value / size[b]
	}
	for n, s := range e.size {
		// s[a]*(value - size[b]*t)/size[a] + s[b]*t >= v
		slope := s[b] - float64(s[a]*size[b])/size[a]
		rest := e.value[n] - float64(s[a]*value)/size[a]
		switch {
		case slope > 1e-12*s[b] && slope > 0:
			low = max(low, rest/slope)
		case slope < 0:
			high = min(high, rest/slope)
		}
	}
	t := low
	if cost := room[b] - float64(room[a]*size[b])/size[a]; cost < 0 && high < math.MaxFloat64 {
		t = max(low, high)
	}
	var p [2]float64
	p[b] = t
	p[a] = max(0, (value-float64(size[b]*t))/size[a])
	for n, s := range e.size { // what rounding, or an empty interval, left uncovered
		if short := e.value[n] / max(dot(p, s), 1e-300); short > 1 && e.value[n] > 0 {
			p[0], p[1] = p[0]*short*(1+1e-12), p[1]*short*(1+1e-12)
		}
	}
	if short := value / max(dot(p, size), 1e-300); short > 1 {
		p[0], p[1] = p[0]*short*(1+1e-12), p[1]*short*(1+1e-12)
	}
	return p
}
