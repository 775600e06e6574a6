package main

import (
	"fmt"
	"maps"
	"strings"
)

func (wl workload) system() bool { return wl.pool == "" && wl.kind != daemonSet }

// runsOn tells whether pods of the workload may lie on the node, room apart.
func (wl workload) runsOn(n *node) bool {
	switch {
	case wl.kind == daemonSet:
		return wl.pool == "" || n.taint != "" // the device plugin goes where GPUs are
	case wl.system():
		return n.pool == ""
	}
	return n.pool == wl.pool
}

func (wl workload) devices() map[string]int64 {
	d := maps.Clone(wl.mig)
	if wl.gpu > 0 {
		d = map[string]int64{"nvidia.com/gpu": wl.gpu}
	}
	return d
}

// take puts one pod on the node, if there is room.
func (n *node) take(wl workload) bool {
	if n.cpu < wl.cpu || n.mem < wl.mem || n.pods < 1 {
		return false
	}
	for name, count := range wl.devices() {
		if n.devices[name] < count {
			return false
		}
	}
	n.cpu, n.mem, n.pods = n.cpu-wl.cpu, n.mem-wl.mem, n.pods-1
	for name, count := range wl.devices() {
		n.devices[name] -= count
	}
	n.apps[wl.name]++
	return true
}

// place finds a node for the next pod: the emptiest by CPU, in the zone with the fewest pods of the
// app where they spread or have volumes of their own.
func (w *world) place(wl workload) (*node, error) {
	inZone := map[string]int{}
	for i := range w.nodes {
		inZone[w.nodes[i].zone] += w.nodes[i].apps[wl.name]
	}
	fewest := min(inZone[zones[0]], inZone[zones[1]], inZone[zones[2]])
	var best *node
	for i := range w.nodes {
		n := &w.nodes[i]
		spread := wl.zones > 0 || wl.volume != ""
		if !wl.runsOn(n) || (wl.apart && n.apps[wl.name] > 0) || (spread && inZone[n.zone] > fewest) {
			continue
		}
		probe := *n
		probe.devices, probe.apps = maps.Clone(n.devices), maps.Clone(n.apps)
		if probe.take(wl) && (best == nil || n.cpu*best.cpuAll > best.cpu*n.cpuAll) {
			best = n
		}
	}
	if best == nil {
		return nil, fmt.Errorf("no node has room for %s/%s", wl.namespace, wl.name)
	}
	best.take(wl)
	return best, nil
}

// image is what a workload's container runs.
func (wl workload) image() string {
	return "registry.example.com/" + wl.namespace + "/" + strings.ToLower(wl.name) + ":2026.11.1"
}
