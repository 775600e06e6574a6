package engine

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/tenon-sh/tenon/planner"
)

// reader looks tables up and keeps the first fault.
type reader struct {
	in    *wireSnapshot
	sets  []planner.Set
	fault error
}

func (r *reader) failf(format string, args ...any) {
	if r.fault == nil {
		r.fault = fmt.Errorf("%w: "+format, append([]any{ErrPlan}, args...)...)
	}
}

// fromWire reads a Snapshot back. It checks what it must to be safe; that the form is the canonical one shows when the
// result is written again.
func fromWire(in *wireSnapshot) (planner.Snapshot, error) {
	r := &reader{in: in}
	for i, text := range in.Sets {
		r.sets = append(r.sets, r.parseSet(i, text))
	}
	s := planner.Snapshot{
		Source: in.Source, Digest: in.Digest, Catalog: in.Catalog, NodesKnown: in.NodesKnown, SpotPools: in.SpotPools, Stuck: in.Stuck, Notes: in.Notes,
	}
	if in.At != nil {
		s.At = *in.At
	}
	if in.Terms != nil {
		s.Terms = *in.Terms
	}
	for i := range in.Workloads {
		s.Workloads = append(s.Workloads, r.workload(i))
	}
	for i := range in.Offers {
		s.Offers = append(s.Offers, r.offer(i))
	}
	for _, x := range in.Rules {
		s.Rules = append(s.Rules, planner.Rule(x))
	}
	for _, x := range in.Limits {
		s.Limits = append(s.Limits, planner.Limit(x))
	}
	for _, x := range in.Nodes {
		n := planner.Node{Name: x.Name, InstanceType: x.InstanceType, Zone: x.Zone, CapacityType: x.CapacityType, Pool: x.Pool, Held: x.Held, Reason: x.Reason}
		if x.Price != nil {
			n.PriceMicro, n.Priced = *x.Price, true
		}
		s.Nodes = append(s.Nodes, n)
	}
	return s, r.fault
}

func (r *reader) parseSet(i int, text string) planner.Set {
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(data) > len(r.in.Offers)/8+1 {
		r.failf("proof.snapshot.sets[%d] is no set of the %d offers", i, len(r.in.Offers))
		return nil
	}
	for len(data)%8 != 0 {
		data = append(data, 0)
	}
	set := make(planner.Set, len(data)/8)
	for j := range set {
		set[j] = binary.LittleEndian.Uint64(data[8*j:])
	}
	for _, member := range set.Members() {
		if member >= len(r.in.Offers) {
			r.failf("proof.snapshot.sets[%d] has offer %d of %d", i, member, len(r.in.Offers))
			return nil
		}
	}
	return set
}

func (r *reader) resource(n int) planner.Resources {
	switch {
	case n == 0:
		return planner.Resources{}
	case n < 0 || n > len(r.in.Resources):
		r.failf("proof.snapshot: there are no resources %d", n)
		return planner.Resources{}
	}
	return r.in.Resources[n-1]
}

func (r *reader) set(n int) planner.Set {
	switch {
	case n == 0:
		return nil
	case n < 0 || n > len(r.sets):
		r.failf("proof.snapshot: there is no set %d", n)
		return nil
	}
	return r.sets[n-1]
}

func (r *reader) workload(i int) planner.Workload {
	x := &r.in.Workloads[i]
	w := planner.Workload{
		Ref: x.Ref, Shape: x.Shape, Replicas: x.Replicas, Requests: r.resource(x.Requests), HostMax: x.HostMax, Priority: x.Priority, Soft: x.Soft,
	}
	if x.GPU != nil {
		w.GPU = r.gpu(*x.GPU, 0)
	}
	for _, c := range x.Constraints {
		w.Constraints = append(w.Constraints, planner.Constraint{Kind: c.Kind, Text: c.Text, Offers: r.set(c.Offers)})
	}
	for _, l := range x.Today {
		w.Today = append(w.Today, planner.Location(l))
	}
	return w
}

func (r *reader) gpu(x wireGPU, depth int) planner.GPUNeed {
	g := planner.GPUNeed{Whole: x.Whole, ShareMilli: x.ShareMilli, Slices: x.Slices}
	if x.ByModel == nil {
		return g
	}
	if depth > 0 {
		r.failf("proof.snapshot: a GPU need by model depends on a model again")
		return g
	}
	g.ByModel = make(map[string]planner.GPUNeed, len(*x.ByModel))
	for model, need := range *x.ByModel {
		g.ByModel[model] = r.gpu(need, depth+1)
	}
	return g
}

func (r *reader) offer(i int) planner.Offer {
	x := &r.in.Offers[i]
	o := planner.Offer{
		Pool: x.Pool, InstanceType: x.InstanceType, Zone: x.Zone, CapacityType: x.CapacityType, Arch: x.Arch,
		PriceMicro: x.Price, Allocatable: r.resource(x.Allocatable), Overhead: r.resource(x.Overhead),
		Used: r.resource(x.Used), Capacity: r.resource(x.Capacity), Max: x.Max, Nodes: x.Nodes, Held: x.Held, Note: x.Note,
	}
	if c := x.Cards; c != nil {
		o.Cards = planner.Cards{
			Model: c.Model, Count: c.Count, Live: c.Live, Taken: c.Taken, Shareable: c.Shareable, Partitionable: c.Partitionable,
		}
		if c.Fixed != nil {
			o.Cards.Fixed = *c.Fixed
		}
	}
	return o
}
