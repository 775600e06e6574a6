package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// axis is what a problem grows by while all else stays.
type axis struct {
	name  string
	what  string
	cases *regexp.Regexp
	x     func(result) float64
}

// pointsMin is how few points an exponent is fitted to.
const pointsMin = 5

func axes() []axis {
	return []axis{
		{"pods", "at 100 shapes", regexp.MustCompile(`^synth/\d+k-100/`), func(r result) float64 { return float64(r.Items) }},
		{"shapes", "at 10k pods", regexp.MustCompile(`^synth/10k-\d+/`), func(r result) float64 { return float64(r.Shapes) }},
		{"offers", "kinds of node, at 100 shapes and 10k pods", regexp.MustCompile(`^(offers/|synth/10k-100/)`), func(r result) float64 { return float64(r.Kinds) }},
	}
}

// point is a size with what was measured at it.
type point struct{ x, seconds, mib float64 }

// points are the axis' cases of one seed: the first that has enough of them.
func (r report) points(a axis) []point {
	of, _ := r.matching(a.cases)
	bySeed := map[uint64][]point{}
	var order []uint64
	for _, c := range of {
		_, seed, _ := cutSeed(c.Case)
		if bySeed[seed] == nil {
			order = append(order, seed)
		}
		bySeed[seed] = append(bySeed[seed], point{a.x(c), c.Solve.Seconds(), float64(c.PeakMiB)})
	}
	var best []point
	for _, seed := range order {
		if len(bySeed[seed]) > len(best) {
			best = bySeed[seed]
		}
	}
	slices.SortFunc(best, func(a, b point) int { return int(math.Copysign(1, a.x-b.x)) })
	return best
}

// fit returns the exponent e and the R² of y = c·xᵉ, by least squares on logarithms. All x and y must be positive.
func fit(points []point, y func(point) float64) (exponent, r2 float64) {
	n := float64(len(points))
	var sx, sy, sxx, sxy, syy float64
	for _, p := range points {
		lx, ly := math.Log(p.x), math.Log(y(p))
		sx += lx
		sy += ly
		sxx += lx * lx
		sxy += lx * ly
		syy += ly * ly
	}
	xx, xy, yy := sxx-sx*sx/n, sxy-sx*sy/n, syy-sy*sy/n
	if xx <= 0 {
		return math.NaN(), math.NaN()
	}
	if yy <= 1e-12 {
		return 0, 1 // a constant
	}
	return xy / xx, xy * xy / (xx * yy)
}

// growth says how time and memory grow.
func (r report) growth(b *strings.Builder) {
	b.WriteString("## Growth\n\nHow time and peak memory grow with one measure of a problem while the others stay: the exponent *e* in c·xᵉ, " +
		"fitted by least squares on logarithms, with its R². Clusters of one seed. Memory includes the price list and the reading of the cluster, " +
		"some tens of MiB.\n\n")
	g := grid{head: []string{"grows with", ">points", ">time *e*", ">R²", ">memory *e*", ">R²", "measured: seconds, MiB"}}
	for _, a := range axes() {
		points := r.points(a)
		name := a.name + ", " + a.what
		if len(points) < pointsMin {
			g.add(name, strconv.Itoa(len(points)), "not fitted", "", "", "", measuredAt(points))
			continue
		}
		te, tr := fit(points, func(p point) float64 { return max(p.seconds, 1e-3) })
		me, mr := fit(points, func(p point) float64 { return max(p.mib, 1) })
		g.add(name, strconv.Itoa(len(points)), fixed(te, 2), fixed(tr, 2), fixed(me, 2), fixed(mr, 2), measuredAt(points))
	}
	g.write(b)
}

func measuredAt(points []point) string {
	var parts []string
	for _, p := range points {
		parts = append(parts, fmt.Sprintf("%s: %s, %s", thousands(int64(p.x)), fixed(p.seconds, 1), thousands(int64(p.mib))))
	}
	return strings.Join(parts, " · ")
}
