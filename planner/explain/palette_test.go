package explain

import (
	"math"
	"strconv"
	"testing"

	"github.com/tenon-sh/tenon/planner"
)

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	linear := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestPaletteContrast(t *testing.T) {
	if got := contrast(t, "#000000", "#ffffff"); math.Abs(got-21) > 0.001 {
		t.Fatalf("black on white has %f, want 21", got)
	}
	seen := map[string]bool{}
	for i, c := range palette {
		for theme, tc := range map[string]struct{ fill, page, text string }{
			"light": {c.light, pageTint.light, textTint.light},
			"dark":  {c.dark, pageTint.dark, textTint.dark},
		} {
			if got := contrast(t, tc.fill, tc.page); got < 3 {
				t.Errorf("c%d %s stands out from the page by %.2f, want 3", i, theme, got)
			}
			if got := contrast(t, tc.fill, tc.text); got < 4.5 {
				t.Errorf("c%d %s carries its text by %.2f, want 4.5", i, theme, got)
			}
			if seen[theme+tc.fill] {
				t.Errorf("c%d %s %s is there twice", i, theme, tc.fill)
			}
			seen[theme+tc.fill] = true
		}
	}
}

// As long as there are colours, no two workloads share one; and a workload keeps its colour when a smaller one joins.
func TestTintsAreStableAndDistinct(t *testing.T) {
	plan := func(names ...string) *view {
		p := planner.Plan{Nodes: []planner.PlanNode{{ID: "n1", Count: 1, Allocatable: planner.Resources{CPUMilli: 100_000}}}}
		for i, name := range names {
			cpu := int64(1000 - i)
			p.Workloads = append(p.Workloads, planner.PlanWork{Workload: name, Requests: planner.Resources{CPUMilli: cpu}})
			p.Nodes[0].Pods = append(p.Nodes[0].Pods, planner.NodePods{Workload: name, Count: 1})
			p.Nodes[0].Requested.CPUMilli += cpu
		}
		return newView(p)
	}
	var names []string
	for i := range palette {
		names = append(names, "ns/Deployment/app-"+strconv.Itoa(i))
	}
	all := plan(names...).tints()
	seen := map[int]string{}
	for i, c := range all {
		if other, ok := seen[c]; ok {
			t.Errorf("%s and %s share colour %d", names[i], other, c)
		}
		seen[c] = names[i]
	}
	for i, c := range plan(names[:10]...).tints() {
		if c != all[i] {
			t.Errorf("%s has colour %d alone and %d beside smaller ones", names[i], c, all[i])
		}
	}
}

// With more workloads than colours, those on one node still differ.
func TestTintsDifferOnOneNode(t *testing.T) {
	const nodes, each = 12, 8
	var p planner.Plan
	for n := range nodes {
		node := planner.PlanNode{ID: "n" + strconv.Itoa(n), Count: 1, Allocatable: planner.Resources{CPUMilli: 10_000}}
		for i := range each {
			name := "ns/Deployment/app-" + strconv.Itoa(n*each+i)
			p.Workloads = append(p.Workloads, planner.PlanWork{Workload: name, Requests: planner.Resources{CPUMilli: 1000}})
			node.Pods = append(node.Pods, planner.NodePods{Workload: name, Count: 1})
		}
		p.Nodes = append(p.Nodes, node)
	}
	all := newView(p).tints()
	for n := range nodes {
		seen := map[int]bool{}
		for i := range each {
			if c := all[n*each+i]; seen[c] {
				t.Errorf("two workloads of node %d share colour %d", n, c)
			} else {
				seen[c] = true
			}
		}
	}
}
