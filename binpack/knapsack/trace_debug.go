package knapsack

import (
	"fmt"
	"os"
)

var TraceMeet = os.Getenv("TRACEMEET") != ""

func (k *Bin) Worth2(pi []float64, c Content) float64 {
	w := 0.0
	for i, l := range c.Shapes {
		w += pi[k.Shapes[l]] * float64(c.Counts[i])
	}
	return w
}

func (t *talks) dump(looks int64) {
	if !TraceMeet {
		return
	}
	fmt.Fprintf(os.Stderr, "      lots=%d looks=%d", len(t.each), looks)
	for _, m := range t.each {
		fmt.Fprintf(os.Stderr, " %v:%.4f", m.lot.blocks, m.above/t.threshold)
	}
	fmt.Fprintln(os.Stderr)
}

func (t *talks) dumpLots(ls []lot) {
	if !TraceMeet {
		return
	}
	fmt.Fprintf(os.Stderr, "      lots:")
	for _, at := range ls {
		items := 0.0
		for _, x := range at.rel.X {
			items += x
		}
		fmt.Fprintf(os.Stderr, " %v items=%.1f over=%.4f", at.blocks, items, (at.worth+at.rel.Value)/t.threshold-1)
		for l, x := range at.rel.X {
			if x > 2 {
				fmt.Fprintf(os.Stderr, "(%.1fx%v %v)", x, t.k.size[l], t.k.need[l])
			}
		}
	}
	fmt.Fprintln(os.Stderr)
}

func (m *meeter) dumpRun(from int64, found int, ok bool) {
	if TraceMeet {
		fmt.Fprintf(os.Stderr, "         run %v free=%d peak=%.5f above=%.5f excess=%.5f work=%d found=%d ok=%v sizes=%v\n", m.lot.blocks, m.lot.free, m.peak/m.thr(), m.above/m.thr(), m.excess/m.thr(), (m.steps-from)/stepsEach, found, ok, m.sizes)
		m.sizes = m.sizes[:0]
	}
}
func (m *meeter) thr() float64 { return m.threshold + m.lot.worth }
