// Package targets brings together what is known of a cluster's demand: a Target for each container and resource, an aim
// for each workload with GPUs, within what may be asked for (package bounds).
//
// A workload that nothing is known of is in the result all the same, as Unknown, and keeps what it asks for: what is
// missing must be seen.
package targets

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand"
	"github.com/tenon-sh/tenon/planner/demand/bounds"
	"github.com/tenon-sh/tenon/planner/demand/device"
	"github.com/tenon-sh/tenon/planner/usage"
)

// Input is what targets depend on.
type Input struct {
	Snapshot *planner.Snapshot
	Policy   planner.Policy
	At       time.Time // what was measured after it does not count
	States   []*demand.State
	Devices  []*device.State
	Doubts   Doubts
	// Checkpoints are what VPA's recommender remembers: used where there are no samples.
	Checkpoints []usage.Checkpoint
}

// For returns the targets of a snapshot's workloads, in its order, of each container CPU before memory. Init containers
// have none: they have ended before usage is measured.
func For(in Input) planner.Targets {
	out := planner.Targets{Containers: []planner.Target{}, GPUs: []planner.GPUAim{}, Scalers: []planner.ScalerAim{}, Notes: []planner.Note{}}
	at := map[place]*demand.State{}
	for _, st := range in.States {
		if n := st.Name(); n.Workload != (planner.Ref{}) {
			at[place{n.Workload, n.Container}] = st
		}
	}
	remembered := newWarm(&in)
	out.Notes = append(out.Notes, remembered.notes...)
	for i := range in.Snapshot.Workloads {
		w := &in.Snapshot.Workloads[i]
		class, _ := in.Policy.ClassOf(w)
		for c := range w.Containers {
			k := &w.Containers[c]
			if k.Kind == planner.InitContainer {
				continue
			}
			for _, resource := range []string{demand.CPU, demand.Memory} {
				now, limit := k.Requests.CPUMilli, k.Limits.CPUMilli
				if resource == demand.Memory {
					now, limit = k.Requests.MemoryMiB, k.Limits.MemoryMiB
				}
				where := place{w.Ref, k.Name}
				t := demand.Aim(at[where], resource, now, class, in.At)
				t.Workload, t.Shape, t.Container, t.Class = w.Ref.String(), w.Shape, k.Name, class.Name
				t.LimitNow, t.Limit = limit, limit
				remembered.start(&t, where, len(w.Containers), class)
				why, dropped := in.Doubts.about(where, resource)
				if t.Evidence.Faults += dropped; why != "" {
					doubt(&t, why)
				}
				out.Containers = append(out.Containers, t)
			}
		}
	}
	out.Notes = append(out.Notes, unmet(&out, in.Policy)...)
	out.GPUs = append(out.GPUs, device.All(in.Snapshot, in.Devices, in.Policy)...)
	refs := map[string]planner.Ref{}
	for i := range in.Snapshot.Workloads {
		refs[in.Snapshot.Workloads[i].Ref.String()] = in.Snapshot.Workloads[i].Ref
	}
	for i := range out.GPUs {
		in.Doubts.gpu(&out.GPUs[i], refs[out.GPUs[i].Workload])
	}
	return bounds.Apply(in.Snapshot, out, in.Policy)
}

// unmet says of how many targets the accepted risk is exceeded because of changes of level: it must not go unseen.
func unmet(t *planner.Targets, p planner.Policy) []planner.Note {
	accepted := map[string]planner.Class{}
	for _, c := range p.Classes {
		accepted[c.Name] = c
	}
	more, known := 0, 0
	for i := range t.Containers {
		c := &t.Containers[i]
		if c.Unknown != "" || accepted[c.Class].Exclude {
			continue
		}
		known++
		most := accepted[c.Class].CPU.Target
		if c.Resource == demand.Memory {
			most = accepted[c.Class].Memory.Target
		}
		if told := c.Curve.At(c.Target); told > most && told-c.Evidence.LevelRisk <= most {
			more++
		}
	}
	if more == 0 {
		return nil
	}
	return []planner.Note{{Severity: planner.Info, Text: fmt.Sprintf("%d of %d targets risk more than is accepted, all of it by changes of level, which nobody foresees: "+
		"the evidence of each says how much; with cover: levels in its class of the policy a target meets the risk with them, as far as what was seen can vouch for it", more, known)}}
}

// place is one container of a workload.
type place struct {
	workload  planner.Ref
	container string
}

// doubt makes a target Unknown: what it was made from cannot be believed.
func doubt(t *planner.Target, why string) {
	t.Unknown, t.Curve = why, nil
	t.Floor, t.Target, t.Ceiling = t.Now, t.Now, t.Now
}

// Doubts collect what is wrong with series, and say which containers cannot be believed. The zero value has none.
type Doubts struct {
	series  map[seriesName]*judged
	settled map[subject]verdict // once it is asked for
}

type seriesName struct {
	key    usage.Key
	metric usage.Metric
}

type judged struct {
	kept   int64
	faults *usage.Tally // nil: none
}

// subject is what a doubt is about: a resource of a container, or the GPUs of a workload.
type subject struct {
	place
	resource string
}

// verdict is what is to be held of a subject: why it cannot be believed, "" where it can, and how many samples were dropped.
type verdict struct {
	why     string
	dropped int64
}

const gpuResource = "gpu"

// Note takes in a chunk of a series that was cleaned, and what was found.
func (d *Doubts) Note(s usage.Series, faults []usage.Fault) {
	if d.series == nil {
		d.series = map[seriesName]*judged{}
	}
	name := seriesName{s.Key, s.Metric}
	j := d.series[name]
	if j == nil {
		j = &judged{}
		d.series[name] = j
	}
	j.kept += int64(len(s.Samples))
	if len(faults) > 0 {
		if j.faults == nil {
			j.faults = &usage.Tally{}
		}
		j.faults.Add(faults...)
	}
	d.settled = nil
}

// about says why what was measured of a container's resource cannot be believed, or "", and how many samples were dropped.
// Of several pods one is enough: it may be the one that needs most.
func (d *Doubts) about(p place, resource string) (why string, dropped int64) {
	if d.settled == nil {
		d.settle()
	}
	v := d.settled[subject{p, resource}]
	return v.why, v.dropped
}

func (d *Doubts) gpu(a *planner.GPUAim, w planner.Ref) {
	if why, _ := d.about(place{workload: w}, gpuResource); why != "" && a.Unknown == "" && a.Held == "" {
		a.Unknown, a.Choices, a.Refused = why, nil, nil
	}
}

// settle finds for each subject the doubt of its first series by name.
func (d *Doubts) settle() {
	type doubt struct {
		of        subject
		name, why string
	}
	var all []doubt
	d.settled = map[subject]verdict{}
	for name, j := range d.series {
		if j.faults == nil {
			continue
		}
		of := subjectOf(name)
		v := d.settled[of]
		v.dropped += j.faults.Count(usage.Dropped)
		d.settled[of] = v
		if why := usage.Doubt(j.kept, j.faults.Faults()); why != "" {
			all = append(all, doubt{of, name.key.Pod + " " + string(name.metric), why})
		}
	}
	slices.SortFunc(all, func(a, b doubt) int { return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.why, b.why)) })
	for _, x := range all {
		if v := d.settled[x.of]; v.why == "" {
			v.why = fmt.Sprintf("what was measured cannot be believed: %s: %s", x.name, x.why)
			d.settled[x.of] = v
		}
	}
}

func subjectOf(n seriesName) subject {
	switch n.metric {
	case usage.Memory, usage.MemoryMost, usage.OOMKills:
		return subject{place{n.key.Workload, n.key.Container}, demand.Memory}
	case usage.GPUActive, usage.GPUMemory, usage.GPUUtil:
		return subject{place{workload: n.key.Workload}, gpuResource}
	case usage.CPU, usage.CPUMost, usage.Throttled, usage.Restarts, usage.Replicas:
	}
	return subject{place{n.key.Workload, n.key.Container}, demand.CPU}
}
