package proposal

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
)

// Names that the objects carry.
const (
	poolLabel    = "karpenter.sh/nodepool"
	poolTaint    = "tenon.sh/pool"
	baseNote     = "tenon.sh/base"
	managedBy    = "app.kubernetes.io/managed-by"
	manager      = "tenon"
	typeLabel    = corev1.LabelInstanceTypeStable
	capacityType = "karpenter.sh/capacity-type"
	migLabel     = "nvidia.com/mig.config"
	pluginLabel  = "nvidia.com/device-plugin.config"
	gpuName      = "nvidia.com/gpu"
	sharedName   = "nvidia.com/gpu.shared" // of time-sliced devices with renameByDefault (NVIDIA/k8s-device-plugin @1b826acc)
	migPrefix    = "nvidia.com/mig-"
)

// writePool writes a child NodePool.
func (d *draft) writePool(p *planner.Pool) error {
	o, err := d.child(p)
	if err != nil {
		return fmt.Errorf("%w: NodePool %q: %w", ErrDesign, p.Name, err)
	}
	path := "nodepools/" + p.Name + ".yaml"
	if base := d.bases[p.Base]; base != nil {
		if before, err := d.shown(base); err == nil {
			d.before[path] = before
		}
	}
	if old := d.bases[p.Name]; old != nil {
		if err := d.drift(p, old, o); err != nil {
			return err
		}
	}
	return d.addObject(p.Name, KindPool, path, o)
}

// raw is a NodePool as it was read, without what the server adds.
func (d *draft) raw(p *kube.NodePool) (object, error) {
	data := p.Raw
	if data == nil {
		d.say(planner.Warning, "NodePool/"+p.Name, "was not read from an object: only what planning reads of its template is copied")
		var err error
		if data, err = json.Marshal(p); err != nil {
			return nil, err
		}
	}
	o, err := decode(data)
	if err != nil {
		return nil, err
	}
	dropNulls(o)
	delete(o, "status")
	o["apiVersion"], o["kind"] = "karpenter.sh/v1", "NodePool"
	return o, nil
}

// shown is a NodePool as the diff shows it: without what the server keeps in its metadata.
func (d *draft) shown(p *kube.NodePool) (string, error) {
	o, err := d.raw(p)
	if err != nil {
		return "", err
	}
	meta := object{"name": p.Name}
	for _, key := range []string{"labels", "annotations"} {
		if v, ok := at(o, "metadata")[key].(object); ok {
			v = maps.Clone(v)
			for _, server := range []string{"kubectl.kubernetes.io/last-applied-configuration", "karpenter.sh/nodepool-hash", "karpenter.sh/nodepool-hash-version"} {
				delete(v, server)
			}
			if len(v) > 0 {
				meta[key] = v
			}
		}
	}
	o["metadata"] = meta
	return text(o)
}

// child is the NodePool of a pool: its base's template, with narrower requirements.
func (d *draft) child(p *planner.Pool) (object, error) {
	o := object{}
	if base := d.bases[p.Base]; base != nil {
		var err error
		if o, err = d.raw(base); err != nil {
			return nil, err
		}
	} else {
		at(o, "spec", "template", "spec")["nodeClassRef"] = object{"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"}
		d.say(planner.Warning, "NodePool/"+p.Name, "stands by itself, as there is no NodePool to copy: it names the EC2NodeClass \"default\", which has to exist")
	}
	o["apiVersion"], o["kind"] = "karpenter.sh/v1", "NodePool"
	meta := object{"name": p.Name, "labels": object{managedBy: manager}}
	if p.Base != "" {
		meta["annotations"] = object{baseNote: p.Base}
	}
	o["metadata"] = meta
	spec := at(o, "spec")
	spec["weight"] = p.Weight
	if _, static := spec["replicas"]; static {
		delete(spec, "replicas")
		d.say(planner.Warning, "NodePool/"+p.Name, "its base %s is static (spec.replicas); a pool with a weight cannot be, so it grows and shrinks with its pods", p.Base)
	}
	d.limits(p, spec)
	if err := d.narrow(p, at(spec, "template", "spec")); err != nil {
		return nil, err
	}
	d.mark(p, at(spec, "template"))
	return o, nil
}

// limits keeps the base's limits, says what they mean twice, and adds that of the pool itself.
func (d *draft) limits(p *planner.Pool, spec object) {
	defer d.few(p, spec)
	limits, _ := spec["limits"].(object)
	if len(limits) == 0 {
		return
	}
	d.say(planner.Warning, "NodePool/"+p.Name, "has the limits of its base %s, each of the two by itself: together they may have twice as much. Lower one where the limit guards money", p.Base)
	if base := d.bases[p.Base]; base != nil {
		if q, ok := base.Spec.Limits["nodes"]; ok && q.Value() < p.Nodes {
			d.say(planner.Warning, "NodePool/"+p.Name, "its limit of %s nodes is below the %d that Karpenter is to build of it: raise limits.nodes", q.String(), p.Nodes)
		}
	}
}

// mark gives the template what tells its nodes from those of other pools.
func (d *draft) mark(p *planner.Pool, template object) {
	if p.Steered {
		spec := at(template, "spec")
		taints := slices.DeleteFunc(slices.Clone(list(spec, "taints")), func(t any) bool { o, _ := t.(object); return o["key"] == poolTaint })
		spec["taints"] = append(taints, object{"key": poolTaint, "value": p.Name, "effect": "NoSchedule"})
	}
	if name := d.layout[p.Name]; name != "" {
		at(template, "metadata", "labels")[migLabel] = name
	}
	if p.Replicas > 0 {
		at(template, "metadata", "labels")[pluginLabel] = slicing(p.Replicas)
	}
}

// narrow restricts types, zones and capacity types. A list of the base is replaced by the shorter one; whatever else the base asks
// is kept beside it.
func (d *draft) narrow(p *planner.Pool, spec object) error {
	wanted := []struct {
		key    string
		values []string
	}{{typeLabel, p.InstanceTypes}, {"topology.kubernetes.io/zone", p.Zones}, {capacityType, p.CapacityTypes}}
	old := list(spec, "requirements")
	var out []any
	done := map[string]bool{}
	for _, entry := range old {
		r, ok := entry.(object)
		if !ok {
			return fmt.Errorf("a requirement of its base %s is no object", p.Base)
		}
		r = maps.Clone(r)
		d.relax(p, r)
		for _, w := range wanted {
			if len(w.values) == 0 || r["key"] != w.key || r["operator"] != "In" {
				continue
			}
			have := list(r, "values")
			for _, v := range w.values {
				if !slices.Contains(have, any(v)) {
					return fmt.Errorf("its base %s does not allow %s %s", p.Base, w.key, v)
				}
			}
			r["values"] = listOf(sorted(w.values))
			done[w.key] = true
		}
		out = append(out, r)
	}
	for _, w := range wanted {
		if len(w.values) > 0 && !done[w.key] {
			out = append(out, object{"key": w.key, "operator": "In", "values": listOf(sorted(w.values))})
		}
	}
	spec["requirements"] = out
	return nil
}

// relax takes minValues off a requirement: a base that wants many kinds to choose from would never build of a child that
// has few.
func (d *draft) relax(p *planner.Pool, r object) {
	n, ok := r["minValues"].(json.Number)
	if !ok {
		return
	}
	if least, err := n.Int64(); err == nil && r["key"] == typeLabel && int64(len(p.InstanceTypes)) >= least {
		return
	}
	delete(r, "minValues")
	d.say(planner.Warning, "NodePool/"+p.Name, "its base %s wants %s different values of %v (minValues), which %d instance types may not have: left out, so that spot nodes have fewer kinds to come back as", p.Base, n, r["key"], len(p.InstanceTypes))
}

// drift works out which nodes an edit of a NodePool that exists replaces.
func (d *draft) drift(p *planner.Pool, old *kube.NodePool, edited object) error {
	if d.Drift == nil {
		return fmt.Errorf("%w: NodePool %q exists already, and which nodes its edit replaces cannot be told (no DriftFunc)", ErrDesign, p.Name)
	}
	before, err := d.raw(old)
	if err != nil {
		return fmt.Errorf("NodePool %q: %w", p.Name, err)
	}
	a, err := json.Marshal(before)
	if err != nil {
		return fmt.Errorf("NodePool %q: %w", p.Name, err)
	}
	b, err := json.Marshal(edited)
	if err != nil {
		return fmt.Errorf("NodePool %q: %w", p.Name, err)
	}
	var nodes []*corev1.Node
	for _, n := range d.Objects.Nodes {
		if n.Labels[poolLabel] == p.Name {
			nodes = append(nodes, n)
		}
	}
	drifted, err := d.Drift(a, b, nodes)
	if err != nil {
		return fmt.Errorf("drift of NodePool %q: %w", p.Name, err)
	}
	slices.SortStableFunc(drifted, func(a, b Drifted) int { return strings.Compare(a.Node, b.Node) })
	e := d.edits[p.Name]
	e.Radius.Drifted = append(e.Radius.Drifted, drifted...)
	e.Notes = append(e.Notes, editedNote)
	if shown, err := d.shown(old); err == nil {
		d.before["nodepools/"+p.Name+".yaml"] = shown
	}
	return nil
}

func sorted(values []string) []string {
	c := slices.Clone(values)
	slices.Sort(c)
	return slices.Compact(c)
}
