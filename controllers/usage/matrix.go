package usage

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// readOwners learns whose pods there were, stretch by stretch: pods come and go within a window.
func (s *server) readOwners(start, end time.Time) error {
	const stretch = 24 * time.Hour
	for at := start.Add(stretch); ; at = at.Add(stretch) {
		if at.After(end) {
			at = end
		}
		for _, q := range []struct {
			expr, name string
			into       map[[2]string]owner
		}{
			{podOwners, s.prefix + "pod", s.owners},
			{setOwners, "replicaset", s.sets},
			{jobOwners, "job_name", s.jobs},
		} {
			if err := s.owned(q.expr, q.name, at, stretch, q.into); err != nil {
				return err
			}
		}
		if !at.Before(end) {
			break
		}
	}
	if len(s.owners) == 0 {
		s.g.note(planner.Warning, "kube_pod_owner", "the server has none: whose pods are gone is told by their names alone (kube-state-metrics has it)")
	}
	return nil
}

// owned asks for one kind of owner, in groups of namespaces that halve where an answer is too large.
func (s *server) owned(expr, name string, at time.Time, stretch time.Duration, into map[[2]string]owner) error {
	for rest := s.namespaces; len(rest) > 0; {
		n := min(s.together, len(rest))
		vector, err := s.instant(fill(expr, rest[:n], s.prefix, stretch), at)
		if errors.Is(err, errTooLarge) && n > 1 {
			s.together = n / 2
			continue
		}
		if err != nil {
			return err
		}
		for _, x := range vector {
			k := [2]string{string(x.Metric[model.LabelName(s.prefix+"namespace")]), string(x.Metric[model.LabelName(name)])}
			o := owner{string(x.Metric["owner_kind"]), string(x.Metric["owner_name"])}
			if k[1] == "" || o.kind == "" || o.name == "" || strings.HasPrefix(o.kind, "<") { // "<none>" of what has no owner
				continue
			}
			if hygiene("", k[0]+k[1]) != nil || hygiene("", o.kind) != nil || hygiene("", o.name) != nil {
				s.g.tally.Add(usage.Fault{Reason: usage.BadName, Count: 1, Example: "a name in " + shorten(expr), Origin: s.name})
				continue
			}
			if len(into) >= s.opts.Series {
				return fmt.Errorf("more than %d pods (Options.Series); read fewer namespaces, or fewer days, at once", s.opts.Series)
			}
			into[k] = o
			fmt.Fprintf(s.sum, "%q %q\n", k, o)
		}
		rest = rest[n:]
	}
	return nil
}

// ownerOf follows the owners of a pod up to the one that a user knows.
func (s *server) ownerOf(namespace, pod string) planner.Ref {
	o, ok := s.owners[[2]string{namespace, pod}]
	if !ok {
		return planner.Ref{}
	}
	above := false
	up := o
	switch o.kind {
	case "ReplicaSet":
		up, above = s.sets[[2]string{namespace, o.name}]
	case "Job":
		up, above = s.jobs[[2]string{namespace, o.name}]
	case "Node": // a static pod is nobody's
		return planner.Ref{}
	}
	if above {
		o = up
	}
	return planner.Ref{Namespace: namespace, Kind: o.kind, Name: o.name}
}

// stream is a series of an answer with its key.
type stream struct {
	key     usage.Key
	samples []usage.Sample
}

// take hands an answer's samples on.
func (s *server) take(q query, matrix model.Matrix) error {
	s.seen[q.needs] += int64(len(matrix))
	var streams []stream
	for _, x := range matrix {
		if len(x.Histograms) > 0 && len(x.Values) == 0 {
			s.g.tally.Add(usage.Fault{Metric: q.metric, Reason: usage.NotKnown, Count: 1, Example: "a native histogram", Origin: s.name})
			continue
		}
		k, err := s.key(q, x.Metric)
		if err != nil {
			s.g.tally.Add(usage.Fault{Metric: q.metric, Reason: usage.BadName, Count: int64(len(x.Values)), Example: err.Error(), Origin: s.name})
			continue
		}
		if k == (usage.Key{}) {
			continue
		}
		st := stream{key: k, samples: make([]usage.Sample, len(x.Values))}
		for i, v := range x.Values {
			st.samples[i] = usage.Sample{At: int64(v.Timestamp), Value: float64(v.Value) * q.factor}
		}
		streams = append(streams, st)
	}
	slices.SortStableFunc(streams, func(a, b stream) int { return compareKeys(a.key, b.key) })
	streams = merge(streams)
	if q.gpu {
		share(streams)
	}
	for _, st := range streams {
		c, err := s.g.of(st.key, q.metric, nil)
		if err != nil {
			return err
		}
		s.digest(q, st)
		for _, x := range st.samples {
			if err := s.g.put(c, x, s.name, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// key reads labels. A zero key: the series is of no pod (a GPU that nobody has), or of a namespace that is not asked for.
func (s *server) key(q query, m model.Metric) (usage.Key, error) {
	label := func(name string) string { return string(m[model.LabelName(name)]) }
	state := q.kind != "" || q.owner != "" || q.metric == usage.Restarts || q.metric == usage.OOMKills
	get := func(name string) string {
		switch {
		case q.gpu:
			return cmp.Or(label("exported_"+name), label(name))
		case state:
			return label(s.prefix + name)
		}
		return label(name)
	}
	k := usage.Key{Namespace: get("namespace"), Pod: get("pod"), Container: get("container")}
	if q.owner != "" {
		k.Pod, k.Container = "", ""
		k.Workload = planner.Ref{Namespace: k.Namespace, Kind: cmp.Or(q.kind, label("scaletargetref_kind")), Name: label(q.owner)}
	}
	if q.gpu {
		k.Device, k.Slice = label("UUID"), label("GPU_I_PROFILE")
		if id := label("GPU_I_ID"); id != "" && k.Device != "" {
			k.Device += "/" + id
		}
		if uuid, _, virtual := strings.Cut(k.Device, "::"); virtual { // the device plugin's name for one of several users
			k.Device, k.Shared = uuid, true
		}
	}
	for _, name := range []string{k.Namespace, k.Pod, k.Container, k.Device, k.Slice, k.Workload.Kind, k.Workload.Name} {
		if err := hygiene("label", name); err != nil {
			return k, err
		}
	}
	if q.owner == "" {
		if k.Pod == "" || (q.gpu && s.opts.Namespaces != nil && !slices.Contains(s.namespaces, k.Namespace)) {
			return usage.Key{}, nil
		}
		k.Workload = s.ownerOf(k.Namespace, k.Pod)
	}
	return k, nil
}

func compareKeys(a, b usage.Key) int {
	return cmp.Or(
		cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.Container, b.Container),
		cmp.Compare(a.Device, b.Device), cmp.Compare(a.Slice, b.Slice),
		cmp.Compare(a.Workload.Kind, b.Workload.Kind), cmp.Compare(a.Workload.Name, b.Workload.Name), cmp.Compare(truth(a.Shared), truth(b.Shared)))
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// merge joins sorted streams of one key: of two samples of one instant the larger counts, as with Clean.
func merge(streams []stream) []stream {
	out := streams[:0]
	for _, st := range streams {
		n := len(out)
		if n == 0 || out[n-1].key != st.key {
			out = append(out, st)
			continue
		}
		both := slices.Concat(out[n-1].samples, st.samples)
		slices.SortStableFunc(both, func(a, b usage.Sample) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(b.Value, a.Value))
		})
		out[n-1].samples = slices.CompactFunc(both, func(a, b usage.Sample) bool { return a.At == b.At })
	}
	return out
}

// share marks the streams of devices that several pods had at one time: what they show is everybody's together. Streams
// that overlap, one with the next, are one time. A device without a name is nobody's twice.
func share(streams []stream) {
	byDevice := map[string][]int{}
	for i, st := range streams {
		if len(st.samples) > 0 && st.key.Device != "" {
			byDevice[st.key.Device] = append(byDevice[st.key.Device], i)
		}
	}
	for _, of := range byDevice {
		slices.SortStableFunc(of, func(a, b int) int { return cmp.Compare(streams[a].samples[0].At, streams[b].samples[0].At) })
		for len(of) > 0 {
			n, until, several := 1, end(streams[of[0]]), false
			for n < len(of) && streams[of[n]].samples[0].At <= until {
				several = several || streams[of[n]].key.Pod != streams[of[0]].key.Pod || streams[of[n]].key.Namespace != streams[of[0]].key.Namespace
				until = max(until, end(streams[of[n]]))
				n++
			}
			for _, i := range of[:n] {
				streams[i].key.Shared = streams[i].key.Shared || several
			}
			of = of[n:]
		}
	}
}

func end(s stream) int64 { return s.samples[len(s.samples)-1].At }

// digest takes down what a stream said.
func (s *server) digest(q query, st stream) {
	fmt.Fprintf(s.sum, "%s %q %t\n", q.metric, st.key.String(), st.key.Shared)
	buf := make([]byte, 0, 16*len(st.samples))
	for _, x := range st.samples {
		buf = binary.LittleEndian.AppendUint64(buf, uint64(x.At))
		buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(x.Value))
	}
	_, _ = s.sum.Write(buf)
}
