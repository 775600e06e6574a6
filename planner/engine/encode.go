package engine

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/tenon-sh/tenon/planner"
)

// writer fills the tables.
type writer struct {
	out       wireSnapshot
	resources map[string]int
	sets      map[string]int
}

func toWire(s planner.Snapshot) wireSnapshot {
	w := writer{resources: map[string]int{}, sets: map[string]int{}, out: wireSnapshot{
		Source: s.Source, Digest: s.Digest, Catalog: s.Catalog, NodesKnown: s.NodesKnown, SpotPools: s.SpotPools, Stuck: s.Stuck, Notes: s.Notes,
	}}
	if !s.At.IsZero() {
		w.out.At = &s.At
	}
	if s.Terms != (planner.Terms{}) {
		w.out.Terms = &s.Terms
	}
	for i := range s.Workloads {
		w.workload(&s.Workloads[i])
	}
	for i := range s.Offers {
		w.offer(&s.Offers[i])
	}
	for _, r := range s.Rules {
		w.out.Rules = append(w.out.Rules, wireRule(r))
	}
	for _, l := range s.Limits {
		w.out.Limits = append(w.out.Limits, wireLimit(l))
	}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		x := wireNode{Name: n.Name, InstanceType: n.InstanceType, Zone: n.Zone, CapacityType: n.CapacityType, Pool: n.Pool, Held: n.Held, Reason: n.Reason}
		if n.Priced {
			x.Price = &n.PriceMicro
		}
		w.out.Nodes = append(w.out.Nodes, x)
	}
	return w.out
}

func (w *writer) resource(r planner.Resources) int {
	key := fmt.Sprint(r)
	if key == fmt.Sprint(planner.Resources{}) {
		return 0
	}
	if w.resources[key] == 0 {
		w.out.Resources = append(w.out.Resources, r)
		w.resources[key] = len(w.out.Resources)
	}
	return w.resources[key]
}

func (w *writer) set(s planner.Set) int {
	text := setText(s)
	if text == "" {
		return 0
	}
	if w.sets[text] == 0 {
		w.out.Sets = append(w.out.Sets, text)
		w.sets[text] = len(w.out.Sets)
	}
	return w.sets[text]
}

func setText(s planner.Set) string {
	data := make([]byte, 0, 8*len(s))
	for _, word := range s {
		data = binary.LittleEndian.AppendUint64(data, word)
	}
	for len(data) > 0 && data[len(data)-1] == 0 {
		data = data[:len(data)-1]
	}
	return base64.RawStdEncoding.EncodeToString(data)
}

func (w *writer) workload(x *planner.Workload) {
	out := wireWorkload{
		Ref: x.Ref, Shape: x.Shape, Replicas: x.Replicas, Requests: w.resource(x.Requests), HostMax: x.HostMax, Priority: x.Priority, Soft: x.Soft,
	}
	if !x.GPU.Zero() || x.GPU.ByModel != nil {
		g := toGPU(x.GPU)
		out.GPU = &g
	}
	for _, c := range x.Constraints {
		out.Constraints = append(out.Constraints, wireConstraint{c.Kind, c.Text, w.set(c.Offers)})
	}
	for _, l := range x.Today {
		out.Today = append(out.Today, wireLocation(l))
	}
	w.out.Workloads = append(w.out.Workloads, out)
}

func toGPU(g planner.GPUNeed) wireGPU {
	out := wireGPU{Whole: g.Whole, ShareMilli: g.ShareMilli, Slices: g.Slices}
	if g.ByModel != nil {
		byModel := make(map[string]wireGPU, len(g.ByModel))
		for model, need := range g.ByModel {
			byModel[model] = toGPU(need)
		}
		out.ByModel = &byModel
	}
	return out
}

func (w *writer) offer(x *planner.Offer) {
	out := wireOffer{
		Pool: x.Pool, InstanceType: x.InstanceType, Zone: x.Zone, CapacityType: x.CapacityType, Arch: x.Arch,
		Price: x.PriceMicro, Allocatable: w.resource(x.Allocatable), Overhead: w.resource(x.Overhead),
		Used: w.resource(x.Used), Capacity: w.resource(x.Capacity), Max: x.Max, Nodes: x.Nodes, Held: x.Held, Note: x.Note,
	}
	if c := x.Cards; c.Model != "" {
		out.Cards = &wireCards{
			Model: c.Model, Count: c.Count, Live: c.Live, Taken: c.Taken, Shareable: c.Shareable, Partitionable: c.Partitionable,
		}
		if c.Fixed != nil {
			out.Cards.Fixed = &c.Fixed
		}
	}
	w.out.Offers = append(w.out.Offers, out)
}
