package proposal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// owner is a kind whose pods have a template that can be patched.
type owner struct {
	apiVersion string
	template   []string // where its template is
	restarts   bool     // its running pods are replaced when the template changes
	scales     bool     // Karpenter's CapacityBuffer can follow it
}

var owners = map[string]owner{
	"Deployment":  {"apps/v1", []string{"spec", "template"}, true, true},
	"StatefulSet": {"apps/v1", []string{"spec", "template"}, true, true},
	"DaemonSet":   {"apps/v1", []string{"spec", "template"}, true, false},
	"ReplicaSet":  {"apps/v1", []string{"spec", "template"}, false, true},
	"CronJob":     {"batch/v1", []string{"spec", "jobTemplate", "spec", "template"}, false, false},
	"Job":         {"batch/v1", []string{"spec", "template"}, false, false}, // only before it has begun
}

// template is the owner's template, where the input has it.
func (d *draft) template(ref planner.Ref) (corev1.PodTemplateSpec, bool) {
	switch ref.Kind {
	case "Deployment":
		if o, ok := find(d.Objects.Deployments, ref); ok {
			return o.Spec.Template, true
		}
	case "StatefulSet":
		if o, ok := find(d.Objects.StatefulSets, ref); ok {
			return o.Spec.Template, true
		}
	case "ReplicaSet":
		if o, ok := find(d.Objects.ReplicaSets, ref); ok {
			return o.Spec.Template, true
		}
	case "DaemonSet":
		if o, ok := find(d.Objects.DaemonSets, ref); ok {
			return o.Spec.Template, true
		}
	case "CronJob":
		if o, ok := find(d.Objects.CronJobs, ref); ok {
			return o.Spec.JobTemplate.Spec.Template, true
		}
	case "Job":
		if o, ok := find(d.Objects.Jobs, ref); ok {
			return o.Spec.Template, true
		}
	}
	return corev1.PodTemplateSpec{}, false
}

// unfit says why an owner cannot be steered by a patch; "" where it can.
func (d *draft) unfit(ref planner.Ref, p *planner.Pool) string {
	kind, ok := owners[ref.Kind]
	switch {
	case !legal(ref):
		return "its namespace or name is none that Kubernetes would take"
	case ref.Kind == "Pod":
		return "a pod without an owner cannot be changed once it runs: make it again with the selector and the toleration"
	case !ok:
		return "whether a " + ref.Kind + " passes a selector on to its pods is not known: set nodeSelector and toleration there by hand"
	}
	if job, found := find(d.Objects.Jobs, ref); ref.Kind == "Job" && (!found || job.Spec.Suspend == nil || !*job.Spec.Suspend || job.Status.StartTime != nil) {
		return "the template of a Job that has begun cannot be changed: change what makes the Job"
	}
	template, ok := d.template(ref)
	if !ok {
		return fmt.Sprintf("its %s is not in the input, so its tolerations are not known, which a patch replaces as a whole", kind.apiVersion+" "+ref.Kind)
	}
	if pool := d.excluded(ref, &template.Spec); pool != "" {
		return "its node affinity excludes NodePool " + pool + ": take " + poolLabel + " out of it"
	}
	for i := range d.pools {
		if q := &d.pools[i]; q.Name != p.Name && slices.Contains(d.homes[ref].pools, q.Name) {
			if why := d.barred(ref, q, template.Spec.Tolerations); why != "" {
				return why
			}
		}
	}
	return d.barred(ref, p, template.Spec.Tolerations)
}

// legal tells names that can be in paths and commands: what a file calls an object may be anything.
func legal(ref planner.Ref) bool {
	return len(validation.IsDNS1123Label(ref.Namespace)) == 0 && len(validation.IsDNS1123Subdomain(ref.Name)) == 0
}

// barred says why a pod could not start on a pool's nodes: a taint of its base, a volume in another zone.
func (d *draft) barred(ref planner.Ref, p *planner.Pool, tolerations []corev1.Toleration) string {
	if base := d.bases[p.Base]; base != nil {
		for _, taint := range base.Spec.Template.Spec.Taints {
			if taint.Effect != corev1.TaintEffectPreferNoSchedule && !slices.ContainsFunc(tolerations, func(t corev1.Toleration) bool { return tolerates(t, taint) }) {
				return "it does not tolerate " + taint.ToString() + ", which the NodePool has from its base"
			}
		}
	}
	for _, pod := range d.alive[ref] {
		zones, bound := d.zones(pod)
		if bound && len(p.Zones) > 0 && !slices.ContainsFunc(zones, func(z string) bool { return slices.Contains(p.Zones, z) }) {
			return fmt.Sprintf("the volume of its pod %s is in %s, where the NodePool has no nodes", pod.Name, strings.Join(zones, ", "))
		}
	}
	return ""
}

// writePatches writes a patch for each owner that is steered, and names those that cannot be.
func (d *draft) writePatches(p *planner.Pool) error {
	var patched []planner.Ref
	for _, ref := range d.ofPool[p.Name] {
		if why := d.unfit(ref, p); why != "" {
			d.out.ByHand = append(d.out.ByHand, fmt.Sprintf("%s → NodePool %s: %s", ref, p.Name, why))
			d.edits[p.Name].Notes = append(d.edits[p.Name].Notes, ref.String()+" cannot be patched")
			continue
		}
		template, _ := d.template(ref)
		spec := object{}
		if err := d.steered(spec, ref, &template.Spec); err != nil {
			return err
		}
		containers := d.requests(p, ref, template)
		if len(containers) > 0 {
			spec["containers"] = containers
		}
		if err := d.writePatch(p.Name, KindPatch, ref, template, spec); err != nil {
			return err
		}
		patched = append(patched, ref)
		if planned := d.replicas(ref); int64(len(d.alive[ref])) > planned {
			d.edits[p.Name].Notes = append(d.edits[p.Name].Notes, fmt.Sprintf("%s has %d pods, of which the plan moves %d: the others are on nodes that it leaves alone, and the patch moves them all the same", ref, len(d.alive[ref]), planned))
		}
		if d.Headroom > 0 && owners[ref.Kind].scales {
			if err := d.writeBuffer(p.Name, ref); err != nil {
				return err
			}
		}
	}
	d.ofPool[p.Name] = patched
	return nil
}

// replicas are the pods of an owner that were planned.
func (d *draft) replicas(ref planner.Ref) int64 {
	n := int64(0)
	for i := range d.Snapshot.Workloads {
		if w := &d.Snapshot.Workloads[i]; w.Ref == ref {
			n += w.Replicas
		}
	}
	return n
}

// tolerate writes tolerations as a whole, as merging replaces the list.
func tolerate(spec object, list []corev1.Toleration) error {
	var all []any
	for _, t := range list {
		o, err := toObject(t)
		if err != nil {
			return err
		}
		all = append(all, o)
	}
	spec["tolerations"] = all
	return nil
}

// requests are the containers whose requests change, where the design says so: what a pod is to ask for in all, given to its largest container.
func (d *draft) requests(p *planner.Pool, ref planner.Ref, template corev1.PodTemplateSpec) []any {
	h := d.homes[ref]
	changes := map[string]map[string]string{} // container → resource → amount
	for _, w := range h.requests {
		for _, r := range []struct {
			name     corev1.ResourceName
			now, new int64
			unit     string
		}{
			{corev1.ResourceCPU, w.workload.Requests.CPUMilli, w.requests.CPUMilli, "m"},
			{corev1.ResourceMemory, w.workload.Requests.MemoryMiB, w.requests.MemoryMiB, "Mi"},
		} {
			if r.new == r.now {
				continue
			}
			d.edits[p.Name].Grows = d.edits[p.Name].Grows || r.new > r.now
			name, amount := largest(template, r.name)
			if amount += r.new - r.now; name == "" || amount <= 0 {
				d.out.ByHand = append(d.out.ByHand, fmt.Sprintf("%s: change its %s from %d to %d%s a pod: which container that is of cannot be told", lower.WorkloadName(*w.workload), r.name, r.now, r.new, r.unit))
				continue
			}
			if changes[name] == nil {
				changes[name] = map[string]string{}
			}
			changes[name][string(r.name)] = fmt.Sprintf("%d%s", amount, r.unit)
		}
	}
	var out []any
	for i := range template.Spec.Containers {
		c := &template.Spec.Containers[i]
		asked := object{}
		for name, amount := range changes[c.Name] {
			asked[name] = amount
		}
		resources := object{}
		if len(asked) > 0 {
			resources["requests"] = asked
		}
		d.devices(p, h, c, resources)
		if len(resources) > 0 {
			out = append(out, object{"name": c.Name, "resources": resources})
		}
	}
	return out
}

// largest is the container that asks for the most of a resource, in milli-CPU or MiB; "" where there is none.
func largest(template corev1.PodTemplateSpec, resource corev1.ResourceName) (name string, amount int64) {
	for _, c := range template.Spec.Containers {
		q, ok := c.Resources.Requests[resource]
		n := q.MilliValue()
		if resource == corev1.ResourceMemory {
			n = (q.Value() + 1<<20 - 1) >> 20
		}
		if ok && n > amount {
			name, amount = c.Name, n
		}
	}
	return name, amount
}

// devices makes a container ask for the devices that the pool's nodes have, where it asks for whole cards today. Devices are the same as request and as limit.
func (d *draft) devices(p *planner.Pool, h home, c *corev1.Container, resources object) {
	q, ok := c.Resources.Limits[gpuName]
	if !ok {
		q, ok = c.Resources.Requests[gpuName]
	}
	if !ok || q.IsZero() || len(h.requests) == 0 {
		return
	}
	need := h.requests[0].workload.GPU
	devices := object{}
	switch {
	case p.Replicas > 0 && need.ShareMilli > 0:
		devices[sharedName] = fmt.Sprint((need.ShareMilli*p.Replicas + 999) / 1000)
	case len(p.Slices) > 0 && len(need.Slices) > 0:
		for profile, n := range need.Slices {
			devices[migPrefix+profile] = fmt.Sprint(n)
		}
	default:
		return
	}
	devices[gpuName] = nil
	limits := object{}
	for name, n := range devices {
		at(resources, "requests")[name], limits[name] = n, n
	}
	resources["limits"] = limits
}

// writePatch writes a strategic-merge patch, and what the diff compares with.
func (d *draft) writePatch(pool, kind string, ref planner.Ref, template corev1.PodTemplateSpec, spec object) error {
	path := "patches/" + d.patchName(ref) + ".yaml"
	before := object{}
	if s := template.Spec.NodeSelector[poolLabel]; s != "" {
		before["nodeSelector"] = object{poolLabel: s}
	}
	if _, ok := spec["affinity"]; ok && required(&template.Spec) != nil {
		terms, err := toObject(*required(&template.Spec))
		if err != nil {
			return err
		}
		at(before, "affinity", "nodeAffinity")["requiredDuringSchedulingIgnoredDuringExecution"] = terms
	}
	if len(template.Spec.Tolerations) > 0 {
		if err := tolerate(before, template.Spec.Tolerations); err != nil {
			return err
		}
	}
	var containers []any
	changed, _ := spec["containers"].([]any)
	for i, c := range template.Spec.Containers {
		if slices.ContainsFunc(changed, func(e any) bool { o, _ := e.(object); return o["name"] == c.Name }) {
			o, err := toObject(template.Spec.Containers[i].Resources)
			if err != nil {
				return err
			}
			containers = append(containers, object{"name": c.Name, "resources": o})
		}
	}
	if len(containers) > 0 {
		before["containers"] = containers
	}
	old, err := text(wrap(ref, before))
	if err != nil {
		return err
	}
	d.before[path] = old
	if err := d.addObject(pool, kind, path, wrap(ref, spec)); err != nil {
		return err
	}
	f := d.files[path]
	f.Object = ref
	d.files[path] = f
	return nil
}

// wrap puts a pod's spec where its owner has it.
func wrap(ref planner.Ref, spec object) object {
	o := object{"apiVersion": owners[ref.Kind].apiVersion, "kind": ref.Kind, "metadata": object{"name": ref.Name, "namespace": ref.Namespace}}
	if ref.Namespace == "" {
		delete(o["metadata"].(object), "namespace")
	}
	at(o, owners[ref.Kind].template...)["spec"] = spec
	return o
}

// fileMax is how long a file's name may be, without its ending, on every system (255 bytes).
const fileMax = 240

// patchName is unique among owners: a dash in a name may make two alike, and long names are cut.
func (d *draft) patchName(ref planner.Ref) string {
	name := strings.Join([]string{ref.Namespace, strings.ToLower(ref.Kind), ref.Name}, "-")
	_, taken := d.files["patches/"+name+".yaml"]
	if len(name) > fileMax || taken {
		sum := sha256.Sum256([]byte(ref.String()))
		name = strings.Trim(name[:min(len(name), fileMax-11)], "-.") + "-" + hex.EncodeToString(sum[:5])
	}
	return name
}

// writeBuffer keeps room for more pods of an owner. CapacityBuffer is autoscaling.x-k8s.io/v1beta1 as Karpenter 1.15 ships it.
func (d *draft) writeBuffer(pool string, ref planner.Ref) error {
	name := strings.TrimPrefix(d.patchName(planner.Ref{Namespace: ref.Namespace, Kind: ref.Kind, Name: ref.Name + "-headroom"}), ref.Namespace+"-")
	return d.addObject(pool, KindBuffer, "capacitybuffers/"+ref.Namespace+"-"+name+".yaml", object{
		"apiVersion": "autoscaling.x-k8s.io/v1beta1", "kind": "CapacityBuffer",
		"metadata": object{"name": name, "namespace": ref.Namespace, "labels": object{managedBy: manager}},
		"spec": object{
			"percentage":  d.Headroom,
			"scalableRef": object{"apiGroup": "apps", "kind": ref.Kind, "name": ref.Name},
		},
	})
}

// writeDaemons lets DaemonSets on the nodes of steered pools that run on those of their bases: the pool's taint would keep device
// plugins and log collectors away. One toleration of the key serves all pools.
func (d *draft) writeDaemons() error {
	steered := slices.ContainsFunc(d.pools, func(p planner.Pool) bool { return p.Steered })
	if !steered {
		return nil
	}
	known := map[planner.Ref]bool{}
	for _, ds := range d.daemonSets() {
		ref := planner.Ref{Namespace: ds.Namespace, Kind: "DaemonSet", Name: ds.Name}
		known[ref] = true
		if !d.missesTaint(ds) {
			continue
		}
		if !legal(ref) {
			d.out.ByHand = append(d.out.ByHand, ref.String()+": its namespace or name is none that Kubernetes would take")
			continue
		}
		spec := object{}
		list := slices.DeleteFunc(slices.Clone(ds.Spec.Template.Spec.Tolerations), func(t corev1.Toleration) bool { return t.Key == poolTaint })
		list = append(list, corev1.Toleration{Key: poolTaint, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule})
		if err := tolerate(spec, list); err != nil {
			return err
		}
		if err := d.writePatch("", KindDaemons, ref, ds.Spec.Template, spec); err != nil {
			return err
		}
		d.out.Checks = append(d.out.Checks, fmt.Sprintf("DaemonSet %s/%s does not tolerate %s: its patch adds that, and its %s restart where they are", ds.Namespace, ds.Name, poolTaint, plural(int64(len(d.alive[ref])), "pod", "pods")))
	}
	missing := map[string]bool{}
	for i := range d.Objects.Pods {
		p := &d.Objects.Pods[i]
		ref := planner.Ref{Namespace: p.Namespace, Kind: "DaemonSet", Name: p.Owner.Name}
		if p.Owner.Kind == "DaemonSet" && !p.Static && !known[ref] && !tolerated(p.Shape.Tolerations) {
			missing[ref.String()] = true
		}
	}
	for name := range missing {
		d.out.ByHand = append(d.out.ByHand, name+": does not tolerate "+poolTaint+", and is not in the input: give it a toleration of that key with operator Exists, or its pods are missing on the new nodes")
	}
	return nil
}

// missesTaint says whether a DaemonSet is kept from the new nodes by their taint alone.
func (d *draft) missesTaint(ds *appsv1.DaemonSet) bool {
	spec := &ds.Spec.Template.Spec
	if tolerated(spec.Tolerations) {
		return false
	}
	for i := range d.pools {
		p := &d.pools[i]
		base := d.bases[p.Base]
		if !p.Steered {
			continue
		}
		if base == nil {
			return true
		}
		all := true
		for _, taint := range base.Spec.Template.Spec.Taints {
			all = all && (taint.Effect == corev1.TaintEffectPreferNoSchedule || slices.ContainsFunc(spec.Tolerations, func(t corev1.Toleration) bool { return tolerates(t, taint) }))
		}
		if all {
			return true
		}
	}
	return false
}

func tolerated(tolerations []corev1.Toleration) bool {
	return slices.ContainsFunc(tolerations, func(t corev1.Toleration) bool {
		return t.Operator == corev1.TolerationOpExists && (t.Key == "" || t.Key == poolTaint) && (t.Effect == "" || t.Effect == corev1.TaintEffectNoSchedule)
	})
}

// tolerates is the API's rule (k8s.io/component-helpers scheduling/corev1), for the operators Exists and Equal.
func tolerates(t corev1.Toleration, taint corev1.Taint) bool {
	switch {
	case t.Effect != "" && t.Effect != taint.Effect, t.Key != "" && t.Key != taint.Key:
		return false
	case t.Operator == corev1.TolerationOpExists:
		return true
	}
	return t.Key != "" && t.Value == taint.Value
}
