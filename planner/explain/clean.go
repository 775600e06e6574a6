package explain

import (
	"slices"

	"github.com/tenon-sh/tenon/planner"
)

// cleaned is the Plan with every string made safe to lay out (see clean). The Plan given is not changed, and Proof,
// which nothing here prints, is left out.
func cleaned(p planner.Plan) planner.Plan {
	p.Proof = nil
	each(&p.APIVersion, &p.Kind, &p.InputDigest, &p.Source, &p.Digest, &p.Cost.Currency, &p.Solver.Status)
	c := &p.Catalog
	each(&c.Name, &c.Region, &c.Currency, &c.Date, &c.Source, &c.Digest)

	p.Nodes = slices.Clone(p.Nodes)
	for i := range p.Nodes {
		cleanNode(&p.Nodes[i])
	}
	p.Placements = slices.Clone(p.Placements)
	for i := range p.Placements {
		each(&p.Placements[i].Workload, &p.Placements[i].Node)
	}
	p.Workloads = slices.Clone(p.Workloads)
	for i := range p.Workloads {
		w := &p.Workloads[i]
		each(&w.Workload, &w.GPU)
		w.Requests = cleanResources(w.Requests)
		w.Soft = cleanAll(w.Soft)
		w.Constraints = slices.Clone(w.Constraints)
		for j := range w.Constraints {
			each(&w.Constraints[j].Kind, &w.Constraints[j].Text)
		}
	}
	p.Unplaced = slices.Clone(p.Unplaced)
	for i := range p.Unplaced {
		each(&p.Unplaced[i].Workload, &p.Unplaced[i].Reason)
	}
	p.Today = slices.Clone(p.Today)
	for i := range p.Today {
		t := &p.Today[i]
		each(&t.Name, &t.InstanceType, &t.Zone, &t.CapacityType, &t.Pool, &t.Fate, &t.Node, &t.Reason)
	}
	p.Notes = slices.Clone(p.Notes)
	for i := range p.Notes {
		n := &p.Notes[i]
		each(&n.Object, &n.Text)
		n.Severity = planner.Severity(clean(string(n.Severity)))
	}
	p.Karpenter = cleanBuilt(p.Karpenter)
	p.Rightsizing = cleanRightsizing(p.Rightsizing)
	return p
}

func cleanNode(n *planner.PlanNode) {
	each(&n.ID, &n.Pool, &n.InstanceType, &n.Zone, &n.CapacityType, &n.Arch, &n.GPUModel, &n.Note)
	n.Names = cleanAll(n.Names)
	for _, r := range []*planner.Resources{&n.Allocatable, &n.DaemonSets, &n.Stay, &n.Requested} {
		*r = cleanResources(*r)
	}
	n.Pods = slices.Clone(n.Pods)
	for i := range n.Pods {
		each(&n.Pods[i].Workload)
	}
	n.GPUs = slices.Clone(n.GPUs)
	for i := range n.GPUs {
		g := &n.GPUs[i]
		each(&g.Mode, &g.User)
		g.Layout = slices.Clone(g.Layout)
		for j := range g.Layout {
			each(&g.Layout[j].Profile, &g.Layout[j].Workload)
		}
		g.Shares = slices.Clone(g.Shares)
		for j := range g.Shares {
			each(&g.Shares[j].Workload)
		}
	}
}

func each(texts ...*string) {
	for _, text := range texts {
		*text = clean(*text)
	}
}

func cleanAll(texts []string) []string {
	texts = slices.Clone(texts)
	for i := range texts {
		texts[i] = clean(texts[i])
	}
	return texts
}

func cleanResources(r planner.Resources) planner.Resources {
	if len(r.Extended) == 0 {
		return r
	}
	extended := make(map[string]int64, len(r.Extended))
	for name, amount := range r.Extended {
		extended[clean(name)] = amount
	}
	r.Extended = extended
	return r
}

// cleanRightsizing is a Rightsizing with every string made safe to lay out. The one given is not changed.
func cleanRightsizing(in *planner.Rightsizing) *planner.Rightsizing {
	if in == nil {
		return nil
	}
	r := *in
	each(&r.Source, &r.Usage, &r.Policy, &r.Proof, &r.Says)
	r.Workloads = slices.Clone(r.Workloads)
	for i := range r.Workloads {
		each(&r.Workloads[i].Workload)
	}
	r.Containers = slices.Clone(r.Containers)
	for i := range r.Containers {
		x := &r.Containers[i]
		each(&x.Workload, &x.Container, &x.Resource, &x.Class, &x.Unknown, &x.Kept, &x.Why, &x.Evidence.Pattern)
		x.Evidence.Says = cleanAll(x.Evidence.Says)
	}
	r.GPUs = slices.Clone(r.GPUs)
	for i := range r.GPUs {
		x := &r.GPUs[i]
		each(&x.Name, &x.Why, &x.Workload, &x.Class, &x.Now, &x.Model, &x.Unknown, &x.Held)
		x.Choices, x.Refused = slices.Clone(x.Choices), slices.Clone(x.Refused)
		for j := range x.Choices {
			each(&x.Choices[j].Model, &x.Choices[j].SpeedSource, &x.Choices[j].Why)
		}
		for j := range x.Refused {
			each(&x.Refused[j].Model, &x.Refused[j].Need, &x.Refused[j].Why)
		}
	}
	r.Notes = slices.Clone(r.Notes)
	for i := range r.Notes {
		n := &r.Notes[i]
		each(&n.Object, &n.Text)
		n.Severity = planner.Severity(clean(string(n.Severity)))
	}
	return &r
}
