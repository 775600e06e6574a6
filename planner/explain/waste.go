package explain

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/pricing"
)

// idleWords defines idle money for the reader; every rendering that shows the figure shows them.
const idleWords = "Idle money is the price of a node times the share of its tight resource that nobody takes; " +
	"the tight resource is the one of which the largest share is taken (DaemonSets and pods that stay included). " +
	"What is free of a node's other resources came with the machine and is not counted again."

// waste is idle money of a set of nodes.
type waste struct {
	name  string
	nodes int64
	paid  pricing.Micro // an hour
	idle  pricing.Micro
	total int64 // of the resource, over ALL nodes: only in wasteByResource
	used  int64
}

func (v *view) wasteByType() []waste {
	rows := map[string]*waste{}
	for i := range v.boxes {
		b := &v.boxes[i]
		wasteRow(rows, b.InstanceType).add(b)
	}
	return ranked(rows)
}

// wasteByResource books each node under its tight resource, and beside it the whole fleet's amounts.
func (v *view) wasteByResource() []waste {
	rows := map[string]*waste{}
	for i := range v.boxes {
		b := &v.boxes[i]
		for _, g := range b.gauges {
			row := wasteRow(rows, g.name)
			row.total = satAdd(row.total, satMul(g.total, b.Count))
			row.used = satAdd(row.used, satMul(min(g.used(), g.total), b.Count))
		}
		if b.tight >= 0 {
			wasteRow(rows, b.gauges[b.tight].name).add(b)
		}
	}
	out := ranked(rows)
	return slices.DeleteFunc(out, func(w waste) bool {
		return w.nodes == 0 && w.name != "CPU" && w.name != "memory" && w.name != "GPU"
	})
}

func wasteRow(rows map[string]*waste, name string) *waste {
	row, ok := rows[name]
	if !ok {
		row = &waste{name: name}
		rows[name] = row
	}
	return row
}

func (w *waste) add(b *box) {
	w.nodes = satAdd(w.nodes, b.Count)
	w.paid = w.paid.Plus(b.total)
	w.idle = w.idle.Plus(b.idle.Times(b.Count))
}

// ranked sorts by idle money, dearest first; ties by name.
func ranked(rows map[string]*waste) []waste {
	out := make([]waste, 0, len(rows))
	for _, row := range rows {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b waste) int {
		return cmp.Or(cmp.Compare(b.idle, a.idle), cmp.Compare(b.paid, a.paid), cmp.Compare(a.name, b.name))
	})
	return out
}
