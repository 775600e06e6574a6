package proposal

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

// smallPart is the part of all savings below which an edit may be left out: a hundredth. CHOSEN.
const smallPart = 100

// write makes all files but the summary.
func (d *draft) write() error {
	if err := d.writeDaemons(); err != nil {
		return err
	}
	if err := d.writeConfigs(); err != nil {
		return err
	}
	for i := range d.pools {
		p := &d.pools[i]
		if err := d.writeOverlays(p); err != nil {
			return err
		}
		if err := d.writePool(p); err != nil {
			return err
		}
		if err := d.writePatches(p); err != nil {
			return err
		}
	}
	return nil
}

// order of kinds within an edit: what Karpenter must know before it builds, the NodePool before the pods that want it.
var order = []string{KindConfig, KindDaemons, KindOverlay, KindPool, KindPatch, KindBuffer}

// rank orders the edits: those in which requests grow, then by what they save for each node that they disrupt; and finds
// which nodes are empty after each.
func (d *draft) rank() {
	total := pricing.Micro(0)
	for _, p := range d.pools {
		total = total.Plus(max(0, d.edits[p.Name].Saving))
	}
	for i := range d.pools {
		e := d.edits[d.pools[i].Name]
		e.Small = e.pending == 0 && !d.shared[e.Pool] && (e.Saving <= 0 || e.Saving < total/smallPart)
		slices.SortStableFunc(e.Files, func(a, b string) int {
			return cmp.Compare(slices.Index(order, d.files[a].Kind), slices.Index(order, d.files[b].Kind))
		})
		d.out.Edits = append(d.out.Edits, *e)
	}
	slices.SortStableFunc(d.out.Edits, func(a, b Edit) int {
		if a.Grows != b.Grows {
			return map[bool]int{true: -1, false: 1}[a.Grows]
		}
		return cmp.Or(cmp.Compare(b.PerNode, a.PerNode), strings.Compare(a.Pool, b.Pool))
	})
	gone := map[*kube.Pod]bool{}
	empty := map[string]bool{}
	for i := range d.out.Edits {
		e := &d.out.Edits[i]
		for _, p := range d.moved[e.Pool] {
			gone[p] = true
		}
		for _, node := range e.Radius.Losing {
			left := slices.ContainsFunc(d.pods[node], func(p *kube.Pod) bool { return !bound(p) && !gone[p] })
			if !left && !empty[node] && !d.stays(node, e.Pool) {
				empty[node] = true
				e.Radius.Emptied = append(e.Radius.Emptied, node)
			}
		}
	}
}

// stays says that a node is not removed once it is empty: its owner says so, or it is one of the pool's own, to which its pods come back.
func (d *draft) stays(name, pool string) bool {
	for _, n := range d.Objects.Nodes {
		if n.Name == name {
			own := n.Labels[poolLabel]
			return own == "" || own == pool || n.Annotations["karpenter.sh/do-not-disrupt"] == "true"
		}
	}
	return true
}
