package targets

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand"
	"github.com/tenon-sh/tenon/planner/demand/vpa"
	"github.com/tenon-sh/tenon/planner/usage"
)

// staleMost is how old a checkpoint may be: VPA itself forgets what is older (v1.8.1, eight days).
const staleMost = 8 * 24 * time.Hour

// warm holds what VPA's recommender remembers, for containers of which nothing else is known.
type warm struct {
	at    time.Time
	of    map[place]*usage.Checkpoint
	notes []planner.Note
}

// newWarm finds the container of each checkpoint: by what its VPA is about, where that is known, else by the one workload
// of the namespace that has such a container and whose name the VPA's name holds.
func newWarm(in *Input) *warm {
	w := &warm{at: in.At, of: map[place]*usage.Checkpoint{}}
	for i := range in.Checkpoints {
		c := &in.Checkpoints[i]
		ref, why := ownerOf(in.Snapshot, c)
		if why == "" {
			w.of[place{ref, c.Container}] = c
			continue
		}
		w.notes = append(w.notes, planner.Note{Severity: planner.Info, Object: c.Namespace + "/VerticalPodAutoscalerCheckpoint/" + c.VPA + "-" + c.Container, Text: "is of no use: " + why})
	}
	return w
}

func ownerOf(s *planner.Snapshot, c *usage.Checkpoint) (planner.Ref, string) {
	var fit []planner.Ref
	for i := range s.Workloads {
		ref := s.Workloads[i].Ref
		if len(fit) > 0 && fit[len(fit)-1] == ref {
			continue // another shape
		}
		named := ref == c.Target || c.Target == (planner.Ref{}) && ref.Namespace == c.Namespace && strings.Contains(c.VPA, ref.Name)
		for _, k := range s.Workloads[i].Containers {
			if named && k.Name == c.Container {
				fit = append(fit, ref)
				break
			}
		}
	}
	switch len(fit) {
	case 0:
		return planner.Ref{}, "no workload of the cluster is what it is about"
	case 1:
		return fit[0], ""
	}
	return planner.Ref{}, fmt.Sprintf("it may be about %s or %s; give the VerticalPodAutoscaler too", fit[0], fit[1])
}

// start makes a target of a checkpoint. CPU may fall to what VPA would ask for, or more where less risk is accepted;
// memory may only rise: eight daily peaks do not say what happens in a month.
func (w *warm) start(t *planner.Target, of place, containers int, class planner.Class) {
	c := w.of[of]
	if c == nil || t.Unknown == "" {
		return
	}
	last := time.UnixMilli(c.Last).UTC()
	if age := w.at.Sub(last); age > staleMost {
		t.Unknown += fmt.Sprintf("; VPA's checkpoint ends on %s", last.Format("2006-01-02"))
		return
	}
	a, err := vpa.Load(plain(c), vpa.DefaultAggregation())
	if err != nil || c.Samples == 0 {
		t.Unknown += "; VPA's checkpoint cannot be used"
		if err != nil {
			t.Unknown += ": " + err.Error()
		}
		return
	}
	asked := vpa.DefaultFlags().Recommend(a, containers).Target
	says := "from VPA's checkpoint alone: "
	if t.Resource == demand.CPU {
		t.Target = max(asked.CPU, int64(math.Ceil(1000*a.CPU.Percentile(1-float64(class.CPU.Target)/1e6))))
		t.Curve = cpuCurve(a)
		says += fmt.Sprintf("VPA would ask for %dm", asked.CPU)
	} else {
		t.Target = max(t.Now, (asked.Memory+1<<20-1)>>20)
		says += fmt.Sprintf("VPA would ask for %dMi; memory is never lowered on a checkpoint", (asked.Memory+1<<20-1)>>20)
	}
	t.Unknown, t.Floor, t.Ceiling = "", t.Target, t.Target
	t.Evidence = planner.Evidence{
		From: time.UnixMilli(c.First).UTC(), To: last, Samples: c.Samples, Expected: c.Samples, Percentile: 90, Headroom: 15,
		Pattern: "remembered", Says: []string{says, fmt.Sprintf("%d samples until %s", c.Samples, last.Format("2006-01-02 15:04"))},
	}
}

// cpuCurve tells the share of time above each amount, as VPA remembers it. Percentile gives the end of a bucket, so no
// risk is understated.
func cpuCurve(a *vpa.Aggregate) planner.Curve {
	var curve planner.Curve
	for _, risk := range []int64{500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 1_000} {
		request := int64(math.Ceil(1000 * a.CPU.Percentile(1-float64(risk)/1e6)))
		if n := len(curve); n > 0 && curve[n-1].Request == request {
			curve[n-1].Risk = risk
			continue
		}
		curve = append(curve, planner.CurvePoint{Request: request, Risk: risk})
	}
	return curve
}

// plain is a checkpoint as VPA writes it.
func plain(c *usage.Checkpoint) vpa.Checkpoint {
	of := func(h *usage.Histogram) vpa.HistogramCheckpoint {
		out := vpa.HistogramCheckpoint{ReferenceTimestamp: time.UnixMilli(h.Reference).UTC(), BucketWeights: map[int]uint32{}, TotalWeight: h.Total}
		for _, b := range h.Buckets {
			out.BucketWeights[b.Index] = uint32(min(max(b.Weight, 0), math.MaxUint32))
		}
		return out
	}
	return vpa.Checkpoint{
		Version: c.Version, CPUHistogram: of(&c.CPU), MemoryHistogram: of(&c.Memory),
		FirstSampleStart: time.UnixMilli(c.First).UTC(), LastSampleStart: time.UnixMilli(c.Last).UTC(), TotalSamplesCount: c.Samples,
	}
}
