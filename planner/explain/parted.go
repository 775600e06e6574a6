package explain

import (
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
)

// parted is the node's cards as a configuration of mig-parted, which the GPU Operator's MIG manager reads; empty where
// no card is cut anew, or where one keeps instances of today that such a configuration would take away.
func parted(n *planner.PlanNode) string {
	m, ok := gpu.ByKey(n.GPUModel)
	if !ok {
		return ""
	}
	c := gpu.NodeConfig{Name: "tenon-" + n.ID, Model: m}
	cut := false
	for i := range n.GPUs {
		var l gpu.Layout
		for _, slice := range n.GPUs[i].Layout {
			p, known := m.Profile(slice.Profile)
			if !known || n.GPUs[i].Mode == modeLive {
				return ""
			}
			l = append(l, gpu.Placement{Profile: p, Start: slice.Start})
			cut = true
		}
		c.Cards = append(c.Cards, l)
	}
	if !cut {
		return ""
	}
	text, err := gpu.PartedConfig(c)
	if err != nil {
		return ""
	}
	return text
}

// writeParted prints the configuration, if there is one.
func writeParted(b *strings.Builder, n *planner.PlanNode) {
	text := parted(n)
	if text == "" {
		return
	}
	b.WriteString("\nFor mig-parted (node label nvidia.com/mig.config=tenon-" + n.ID + ")\n")
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
}
