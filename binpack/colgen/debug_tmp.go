package colgen

import (
	"fmt"
	"os"
)

func (g *generator) dbg(what string, lp float64) {
	if os.Getenv("DBG") == "" {
		return
	}
	fmt.Printf("  [%d shapes %d bins unit %.0f] %-8s lp %.4f bound %.4f cost %.4f left %d it %d cols %d pivots %d\n", len(g.Shapes), len(g.bins), 1/g.scale, what, lp/g.scale/1e6, g.bestBound()/g.scale/1e6, float64(g.cost(g.incumbent.fills))/1e6, total(g.incumbent.left), g.work.Iterations, len(g.cols), g.work.Pivots)
}

func (g *generator) dbgFractions(m interface{ X(int) float64 }) {
	if os.Getenv("DBG") == "" {
		return
	}
	by := make([]float64, len(g.bins))
	all := make([]float64, len(g.bins))
	for j, c := range g.cols {
		v := m.X(j) * g.price(c.bin) / g.scale / 1e6
		all[c.bin] += v
		if c.fraction {
			by[c.bin] += v
		}
	}
	for range 8 {
		best := 0
		for k := range by {
			if by[k] > by[best] {
				best = k
			}
		}
		b := g.kind(best)
		fmt.Printf("    bin %d cap %v card %d price %.3f: cost %.2f fraction %.2f shapes %d\n", g.Bins[best], b.Cap, b.Card, float64(b.Price)/1e6, all[best], by[best], len(g.bins[best].Shapes))
		by[best] = 0
	}
}
