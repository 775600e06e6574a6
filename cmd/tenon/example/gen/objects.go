package main

import (
	"fmt"
	"strconv"
	"strings"
)

// addWorkload adds the owner of the pods, what belongs to it, and the pods.
func (w *world) addWorkload(wl workload) error {
	labels := object{"app": wl.name}
	template := object{"metadata": object{"labels": labels}, "spec": wl.podSpec()}
	if wl.stay {
		template["metadata"].(object)["annotations"] = object{"karpenter.sh/do-not-disrupt": "true"}
	}
	if wl.minAvailable != "" {
		w.add(object{
			"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": w.meta(wl.namespace, wl.name, nil),
			"spec": object{"minAvailable": intOrPercent(wl.minAvailable), "selector": object{"matchLabels": labels}},
		})
	}
	owner, base := w.addOwner(wl, template)
	count := wl.replicas
	if wl.kind == daemonSet {
		count = len(w.nodes)
	}
	for i := range count {
		n, err := w.nodeFor(wl, i)
		if err != nil {
			return err
		}
		if n != nil {
			w.addPod(wl, n, owner, w.podName(wl, base, i))
		}
	}
	return nil
}

// nodeFor is where the i-th pod goes; nil: a DaemonSet has no business on the i-th node.
func (w *world) nodeFor(wl workload, i int) (*node, error) {
	if wl.kind != daemonSet {
		return w.place(wl)
	}
	n := &w.nodes[i]
	if !wl.runsOn(n) {
		return nil, nil
	}
	if !n.take(wl) {
		return nil, fmt.Errorf("%s is too small for %s", n.name, wl.name)
	}
	return n, nil
}

func intOrPercent(text string) any {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return text
}

// addOwner adds the workload's own objects. It returns what its pods refer to and what their names begin with.
func (w *world) addOwner(wl workload, template object) (owner object, base string) {
	spec := object{"selector": object{"matchLabels": object{"app": wl.name}}, "template": template}
	if wl.kind != daemonSet {
		spec["replicas"] = wl.replicas
	}
	version, name := "apps/v1", wl.name
	meta := w.meta(wl.namespace, name, object{"app": wl.name})
	meta["uid"] = w.uid()
	switch wl.kind {
	case job:
		version = "batch/v1"
		spec = object{"parallelism": wl.replicas, "completions": wl.replicas, "backoffLimit": 3, "template": template}
		if wl.every != "" {
			w.add(object{
				"apiVersion": version, "kind": "CronJob", "metadata": w.meta(wl.namespace, wl.name, nil),
				"spec": object{"schedule": wl.every, "concurrencyPolicy": "Forbid", "jobTemplate": object{"spec": spec}},
			})
			name = wl.name + "-29407770"
			meta["name"] = name
			meta["ownerReferences"] = []object{reference("batch/v1", "CronJob", wl.name, w.uid())}
		}
	case statefulSet:
		spec["serviceName"] = wl.name
		if wl.volume != "" {
			spec["volumeClaimTemplates"] = []object{{"metadata": object{"name": "data"}, "spec": wl.claimSpec("")}}
		}
	}
	w.add(object{"apiVersion": version, "kind": wl.kind, "metadata": meta, "spec": spec, "status": wl.status()})
	if wl.kind != deployment {
		return reference(version, wl.kind, name, meta["uid"].(string)), name
	}
	hash := w.suffix(10)
	set := w.meta(wl.namespace, wl.name+"-"+hash, object{"app": wl.name, "pod-template-hash": hash})
	set["uid"] = w.uid()
	set["ownerReferences"] = []object{reference(version, deployment, wl.name, meta["uid"].(string))}
	w.add(object{
		"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": set, "status": wl.status(),
		"spec": object{"replicas": wl.replicas, "selector": spec["selector"], "template": template},
	})
	return reference("apps/v1", "ReplicaSet", wl.name+"-"+hash, set["uid"].(string)), wl.name + "-" + hash
}

func (wl workload) status() object {
	switch wl.kind {
	case job:
		return object{"active": wl.replicas, "startTime": "2026-11-24T01:30:00Z"}
	case daemonSet:
		return object{}
	}
	return object{"replicas": wl.replicas, "readyReplicas": wl.replicas, "availableReplicas": wl.replicas}
}

func reference(version, kind, name, uid string) object {
	return object{"apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": true}
}

func (w *world) podName(wl workload, base string, i int) string {
	if wl.kind == statefulSet {
		return base + "-" + strconv.Itoa(i)
	}
	return base + "-" + w.suffix(5)
}

func (w *world) addPod(wl workload, n *node, owner object, name string) {
	meta := w.meta(wl.namespace, name, object{"app": wl.name})
	meta["ownerReferences"] = []object{owner}
	if wl.stay {
		meta["annotations"] = object{"karpenter.sh/do-not-disrupt": "true"}
	}
	spec := wl.podSpec()
	spec["nodeName"] = n.name
	if wl.volume != "" {
		claim := "data-" + name
		spec["volumes"] = []object{{"name": "data", "persistentVolumeClaim": object{"claimName": claim}}}
		w.addVolume(wl, n.zone, claim)
	}
	w.add(object{
		"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec,
		"status": object{"phase": "Running"},
	})
}

// addVolume adds a claim and the EBS volume that it is bound to, which exists in one zone only.
func (w *world) addVolume(wl workload, zone, claim string) {
	volume := "pvc-" + w.uid()
	w.add(object{
		"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": w.meta(wl.namespace, claim, object{"app": wl.name}),
		"spec": wl.claimSpec(volume), "status": object{"phase": "Bound"},
	})
	w.add(object{
		"apiVersion": "v1", "kind": "PersistentVolume", "metadata": w.meta("", volume, nil),
		"spec": object{
			"accessModes": []string{"ReadWriteOnce"}, "capacity": object{"storage": wl.volume}, "storageClassName": "gp3",
			"claimRef": object{"kind": "PersistentVolumeClaim", "namespace": wl.namespace, "name": claim},
			"csi":      object{"driver": "ebs.csi.aws.com", "volumeHandle": "vol-0" + strings.ReplaceAll(w.uid(), "-", "")[:16]},
			"nodeAffinity": object{"required": object{"nodeSelectorTerms": []object{
				{"matchExpressions": []object{need("topology.kubernetes.io/zone", "In", zone)}},
			}}},
		},
		"status": object{"phase": "Bound"},
	})
}

func (wl workload) claimSpec(volume string) object {
	spec := object{"accessModes": []string{"ReadWriteOnce"}, "storageClassName": "gp3", "resources": object{"requests": object{"storage": wl.volume}}}
	if volume != "" {
		spec["volumeName"] = volume
	}
	return spec
}
