package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
)

// builtRemark says how far Karpenter's nodes are from the packing's.
func (v *view) builtRemark() string {
	k := v.Karpenter
	how := "NodePools of today"
	if len(k.Pools) > 0 {
		how = plural(int64(len(k.Pools)), "NodePool", "NodePools")
	}
	words := []string{how}
	if v.Cost.PlannedPerHour > 0 {
		far := share(int64(k.PerHour.Plus(-v.Cost.PlannedPerHour)), int64(v.Cost.PlannedPerHour))
		switch {
		case k.PerHour == v.Cost.PlannedPerHour:
			words = append(words, "as planned")
		case far < 0:
			words = append(words, percent(-far)+" below planned")
		default:
			words = append(words, percent(far)+" above planned")
		}
	}
	return strings.Join(words, ", ")
}

// builtLine says what was asked of Karpenter, and what today's NodePools would give.
func (v *view) builtLine() string {
	k := v.Karpenter
	text := fmt.Sprintf("Karpenter %s's own scheduler, in process, from nothing but the nodes that stay, builds %s", k.Version, plural(k.Nodes, "node", "nodes"))
	if k.Unplaced > 0 {
		text += " and finds none for " + plural(k.Unplaced, "pod", "pods")
	}
	if k.AsIsPerHour == nil {
		return text
	}
	text += "; of today's NodePools, nodes of " + v.money.hour(*k.AsIsPerHour) + " an hour"
	if k.AsIsUnplaced > k.Unplaced {
		return text + ", but none for " + plural(k.AsIsUnplaced, "pod", "pods")
	}
	if saved := k.AsIsPerHour.Plus(-k.PerHour); saved > 0 {
		text += ", " + percent(share(int64(saved), int64(*k.AsIsPerHour))) + " more than " + v.money.hour(k.PerHour)
	}
	return text
}

// poolTypes names a pool's instance types, or how many there are.
func poolTypes(p *planner.Pool, most int) string {
	if len(p.InstanceTypes) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(p.InstanceTypes[:most], ", "), len(p.InstanceTypes)-most)
	}
	return strings.Join(p.InstanceTypes, ", ")
}

// poolGPUs says how a pool's cards are given out.
func poolGPUs(p *planner.Pool) string {
	switch {
	case len(p.Slices) > 0:
		var words []string
		for _, name := range sortedNames(p.Slices) {
			words = append(words, fmt.Sprintf("%d x %s", p.Slices[name], name))
		}
		return strings.Join(words, ", ")
	case p.Replicas > 0:
		return fmt.Sprintf("%d devices a card", p.Replicas)
	}
	return ""
}

// poolFor says which pods a pool is for.
func poolFor(p *planner.Pool) string {
	if !p.Steered {
		return "any that " + nameOr(p.Base, "the cluster") + " takes"
	}
	return plural(int64(len(p.Works)), "workload", "workloads")
}

func nameOr(name, other string) string {
	if name == "" {
		return other
	}
	return name
}

func (v *view) writePools(b *strings.Builder, o Options) {
	if v.Karpenter == nil {
		return
	}
	b.WriteString(title("NodePools to have", o))
	b.WriteString(hang("", sentence(v.builtLine()), o.Width))
	if len(v.Karpenter.Pools) == 0 {
		b.WriteString(hang("", "No other NodePools were found of which it builds for less.", o.Width))
		return
	}
	g := grid{columns: []column{
		{head: "NODEPOOL", least: 25}, {head: "CHILD OF", drop: 3}, {head: "INSTANCE TYPES", least: 14}, {head: "CAPACITY", least: 9, drop: 2}, {head: "GPUS", least: 10, drop: 1},
		{head: "NODES", right: true}, {head: "TOTAL/H", right: true}, {head: "PODS OF", least: 8, drop: 4},
	}}
	most := 3
	if o.Wide {
		most = 100
	}
	for i := range v.Karpenter.Pools {
		p := &v.Karpenter.Pools[i]
		g.add(p.Name, p.Base, poolTypes(p, most), strings.Join(p.CapacityTypes, ", "), poolGPUs(p), count(p.Nodes), decimal(p.PricePerHour, hourDecimals, nearest), poolFor(p))
	}
	limit := o.Width
	if o.Wide {
		limit = 0
	}
	b.WriteString(g.render(limit, o.Color))
	for _, n := range v.Karpenter.Notes {
		b.WriteString(hang(fmt.Sprintf("%-9s", n.Severity), strings.Join(filled(n.Object, n.Text), ": "), o.Width))
	}
}

func (v *view) markdownPools(b *strings.Builder) {
	if v.Karpenter == nil {
		return
	}
	fmt.Fprintf(b, "%s\n\n", escape(sentence(v.builtLine())))
	var rows []string
	for i := range v.Karpenter.Pools {
		p := &v.Karpenter.Pools[i]
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s |\n", codeSpan(p.Name), codeSpan(p.Base), escape(poolTypes(p, 6)),
			escape(strings.Join(p.CapacityTypes, ", ")), escape(poolGPUs(p)), count(p.Nodes), escape(v.money.hour(p.PricePerHour)), escape(poolFor(p))))
	}
	section(b, "NodePools to have", "| NodePool | Child of | Instance types | Capacity | GPUs | Nodes | Total an hour | Pods of |\n"+
		"|:--|:--|:--|:--|:--|--:|--:|:--|\n", rows)
}

// poolTable lists NodePools in the HTML report.
func (v *view) poolTable() table {
	t := table{ID: "nodepools", Caption: "NodePools to have, and what Karpenter builds of them", Heads: heads("NodePool", "Child of", "Instance types", "Capacity",
		"GPUs|how each node's cards are given out", "#Nodes", "#Total /h", "Workloads|steered to it by a selector and a toleration")}
	if v.Karpenter == nil {
		return t
	}
	for i := range v.Karpenter.Pools {
		p := &v.Karpenter.Pools[i]
		works := words(poolFor(p))
		works.Class = "long"
		if p.Steered {
			var list []string
			for _, w := range p.Works {
				list = append(list, middle(short(w.Workload), 40))
			}
			works.Lines = append(works.Lines, atMost(list, 8))
		}
		types := words(poolTypes(p, 6))
		types.Class = "long"
		t.Rows = append(t.Rows, row{Cells: []data{
			name(p.Name), words(p.Base), types, words(strings.Join(p.CapacityTypes, ", ")), words(poolGPUs(p)),
			integer(p.Nodes), v.hourCell(p.PricePerHour), works,
		}})
	}
	return t
}

// cleanBuilt is a Built with every string that is printed made safe to lay out. The one given is not changed.
func cleanBuilt(in *planner.Built) *planner.Built {
	if in == nil {
		return nil
	}
	b := *in
	each(&b.Version)
	b.Pools = slices.Clone(b.Pools)
	for i := range b.Pools {
		p := &b.Pools[i]
		each(&p.Name, &p.Base)
		p.InstanceTypes, p.Zones, p.CapacityTypes = cleanAll(p.InstanceTypes), cleanAll(p.Zones), cleanAll(p.CapacityTypes)
		slots := make(map[string]int64, len(p.Slices))
		for profile, n := range p.Slices {
			slots[clean(profile)] = n
		}
		p.Slices, p.Layouts = slots, nil // layouts are printed nowhere
		p.Works = slices.Clone(p.Works)
		for j := range p.Works {
			each(&p.Works[j].Workload)
		}
	}
	b.Notes = slices.Clone(b.Notes)
	for i := range b.Notes {
		each(&b.Notes[i].Object, &b.Notes[i].Text)
		b.Notes[i].Severity = planner.Severity(clean(string(b.Notes[i].Severity)))
	}
	return &b
}
