package kube

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
)

// volumeLimits are what the volumes of a pod ask of its node: each entry is a list of alternatives of which one must
// hold. Pods with equal limits are interchangeable as far as their volumes go.
type volumeLimits []volumeLimit

type volumeLimit struct {
	text  string
	terms [][]Requirement // or of ands
}

// key is equal for equal limits.
func (v volumeLimits) key() string {
	var b strings.Builder
	for _, l := range v {
		fmt.Fprintf(&b, "%v\n", l.terms)
	}
	return b.String()
}

// volumesOf returns what a pod's volumes ask of its node. Where a claim or its volume is not in the input, the pod's
// present zone is the one place where its data certainly is.
func (t *translation) volumesOf(p *Pod, ref planner.Ref) volumeLimits {
	var limits volumeLimits
	for _, name := range p.Claims {
		claim := t.claim(p.Namespace, name)
		switch {
		case claim == nil:
			limits = append(limits, t.presentZone(p, ref, "PersistentVolumeClaim "+name+" is not in the input")...)
		case claim.Spec.VolumeName != "":
			volume := t.volume(claim.Spec.VolumeName)
			if volume == nil {
				limits = append(limits, t.presentZone(p, ref, "PersistentVolume "+claim.Spec.VolumeName+" is not in the input")...)
				continue
			}
			limits = append(limits, volumeNode(volume)...)
		default:
			limits = append(limits, t.classZones(value(claim.Spec.StorageClassName))...)
		}
	}
	return limits.distinct()
}

// volumesToCome returns what the volumes of a StatefulSet's pod ask that has not been made yet.
func (t *translation) volumesToCome(c controller) volumeLimits {
	var limits volumeLimits
	for _, claim := range c.claims {
		limits = append(limits, t.classZones(value(claim.Spec.StorageClassName))...)
	}
	return limits.distinct()
}

// distinct sorts limits and drops repetitions: two volumes in one zone ask no more than one.
func (v volumeLimits) distinct() volumeLimits {
	slices.SortFunc(v, func(a, b volumeLimit) int {
		return strings.Compare(fmt.Sprint(a.terms, a.text), fmt.Sprint(b.terms, b.text))
	})
	return slices.CompactFunc(v, func(a, b volumeLimit) bool { return fmt.Sprint(a.terms) == fmt.Sprint(b.terms) })
}

func (t *translation) claim(namespace, name string) *corev1.PersistentVolumeClaim {
	at, ok := slices.BinarySearchFunc(t.in.Claims, [2]string{namespace, name}, func(c *corev1.PersistentVolumeClaim, want [2]string) int {
		return slices.Compare([]string{c.Namespace, c.Name}, want[:])
	})
	if !ok {
		return nil
	}
	return t.in.Claims[at]
}

func (t *translation) volume(name string) *corev1.PersistentVolume {
	at, ok := slices.BinarySearchFunc(t.in.Volumes, name, func(v *corev1.PersistentVolume, want string) int {
		return strings.Compare(v.Name, want)
	})
	if !ok {
		return nil
	}
	return t.in.Volumes[at]
}

// presentZone keeps a pod in the zone of its node.
func (t *translation) presentZone(p *Pod, ref planner.Ref, why string) volumeLimits {
	n := t.nodeAt[p.NodeName]
	if n == nil || n.zone == "" {
		t.notes.warn(ref.String(), "a PersistentVolumeClaim or its volume is not in the input and the pod runs nowhere: planned in any zone")
		return nil
	}
	t.notes.info(ref.String(), "a PersistentVolumeClaim or its volume is not in the input: its pods stay in their zone")
	in := Requirement{Key: zoneLabel, Operator: opIn, Values: []string{n.zone}}
	return volumeLimits{{text: why + ": stays in " + n.zone, terms: [][]Requirement{{in}}}}
}

// volumeNode reads a volume's node affinity. The drivers' own topology keys mean the zone.
func volumeNode(v *corev1.PersistentVolume) volumeLimits {
	limit := volumeLimit{text: "PersistentVolume " + v.Name}
	if v.Spec.NodeAffinity == nil || v.Spec.NodeAffinity.Required == nil {
		zone := v.Labels[zoneLabel]
		if zone == "" {
			zone = v.Labels[corev1.LabelFailureDomainBetaZone]
		}
		if zone == "" {
			return nil
		}
		zones := strings.Split(zone, "__") // regional disks name several: k8s.io/cloud-provider volume/helpers
		limit.terms = [][]Requirement{{{Key: zoneLabel, Operator: opIn, Values: zones}}}
		return volumeLimits{limit}
	}
	for _, term := range v.Spec.NodeAffinity.Required.NodeSelectorTerms {
		limit.terms = append(limit.terms, requirementsOf(term.MatchExpressions))
	}
	return volumeLimits{limit}
}

// classZones reads a StorageClass's allowedTopologies: a volume that is still to be made is made there.
func (t *translation) classZones(name string) volumeLimits {
	for _, class := range t.in.StorageClasses {
		if class.Name != name || len(class.AllowedTopologies) == 0 {
			continue
		}
		limit := volumeLimit{text: "StorageClass " + name + " allowedTopologies"}
		for _, topology := range class.AllowedTopologies {
			var all []Requirement
			for _, e := range topology.MatchLabelExpressions {
				all = append(all, Requirement{Key: zoneKey(e.Key), Operator: opIn, Values: e.Values})
			}
			limit.terms = append(limit.terms, all)
		}
		return volumeLimits{limit}
	}
	return nil
}

// zoneKey translates the topology keys that CSI drivers use for the zone (EBS, GCE PD, Azure Disk, EFS) to the node's label.
func zoneKey(key string) string {
	switch key {
	case "topology.ebs.csi.aws.com/zone", "topology.gke.io/zone", "topology.disk.csi.azure.com/zone",
		"topology.ebs.csi.eks.amazonaws.com/zone", corev1.LabelFailureDomainBetaZone:
		return zoneLabel
	}
	return key
}

// requirementsOf translates match expressions of the API.
func requirementsOf(expressions []corev1.NodeSelectorRequirement) []Requirement {
	out := make([]Requirement, 0, len(expressions))
	for _, e := range expressions {
		out = append(out, Requirement{Key: zoneKey(e.Key), Operator: string(e.Operator), Values: e.Values})
	}
	return out
}
