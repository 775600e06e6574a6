package usage

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tenon-sh/tenon/controllers/files"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// apiObject is what is read of an object: a checkpoint, or the VPA that it belongs to. The API's versions v1 and v1beta2
// have the same fields here.
type apiObject struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		VPA       string `json:"vpaObjectName"`
		Container string `json:"containerName"`
		Target    struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"targetRef"`
	} `json:"spec"`
	Status json.RawMessage   `json:"status"`
	Items  []json.RawMessage `json:"items"`
}

type apiStatus struct {
	Version string       `json:"version"`
	First   *time.Time   `json:"firstSampleStart"`
	Last    *time.Time   `json:"lastSampleStart"`
	Samples int64        `json:"totalSamplesCount"`
	CPU     apiHistogram `json:"cpuHistogram"`
	Memory  apiHistogram `json:"memoryHistogram"`
}

type apiHistogram struct {
	Reference *time.Time       `json:"referenceTimestamp"`
	Weights   map[string]int64 `json:"bucketWeights"`
	Total     float64          `json:"totalWeight"`
}

const (
	checkpointKind = "VerticalPodAutoscalerCheckpoint"
	vpaKind        = "VerticalPodAutoscaler"

	// bucketsMost is how many buckets VPA v1.8.1's histograms have, of CPU and of memory alike (exponential, ratio 1.05,
	// from 0.01 to 1000 cores and from 1e7 to 1e12 bytes).
	bucketsMost = 176
	// weightMost is more than any recommender's sum: a sample a minute, each worth 2^100 of the reference's at most.
	weightMost = 1e40
)

// checkpoints reads the objects of a file.
func (r *reader) checkpoints(text *bufio.Reader, f *files.File) error {
	c := &checkpointFile{g: r.g, file: f.Name, targets: map[[2]string]planner.Ref{}, other: map[string]int{}}
	if err := eachObject(text, r.g.opts, c.object); err != nil {
		return err
	}
	return c.finish(f)
}

// checkpointFile gathers the objects of one file.
type checkpointFile struct {
	g       *gatherer
	file    string
	found   []usage.Checkpoint
	targets map[[2]string]planner.Ref // of VPAs, by namespace and name
	other   map[string]int            // objects of other kinds
	objects int
	bad     int
	first   string // what is wrong with the first bad one
}

// object takes one object, or a list of them. What is wrong with one is counted.
func (c *checkpointFile) object(text []byte) error {
	if c.objects++; c.objects > c.g.opts.Series {
		return fmt.Errorf("more than %d objects (Options.Series)", c.g.opts.Series)
	}
	var o apiObject
	if err := json.Unmarshal(text, &o); err != nil {
		return c.refuse(fmt.Sprintf("object %d", c.objects), err)
	}
	name := o.Metadata.Namespace + "/" + o.Metadata.Name
	switch o.Kind {
	case checkpointKind:
		cp, err := checkpointOf(o)
		if err != nil {
			return c.refuse(shorten(name), err)
		}
		cp.Origin = c.file
		c.found = append(c.found, cp)
	case vpaKind:
		c.targets[[2]string{o.Metadata.Namespace, o.Metadata.Name}] = planner.Ref{
			Namespace: o.Metadata.Namespace, Kind: o.Spec.Target.Kind, Name: o.Spec.Target.Name,
		}
	case "List", checkpointKind + "List", vpaKind + "List":
		for _, item := range o.Items {
			if err := c.object(item); err != nil {
				return err
			}
		}
	default:
		if len(c.other) < notesMost {
			c.other[shorten(o.Kind)]++
		}
	}
	return nil
}

// refuse counts an object that cannot be read.
func (c *checkpointFile) refuse(name string, err error) error {
	what := fmt.Sprintf("checkpoint %s: %v", name, err)
	c.g.tally.Add(usage.Fault{Reason: usage.Unreadable, Count: 1, Example: what, Origin: c.file})
	if c.bad++; c.bad == 1 {
		c.first = what
	}
	if int64(c.bad) > c.g.opts.BadLines {
		return fmt.Errorf("%s; %d such objects of %d", c.first, c.bad, c.objects)
	}
	return nil
}

// finish hands the checkpoints on. Of two of one container the one with the later last sample counts.
func (c *checkpointFile) finish(f *files.File) error {
	for _, kind := range slices.Sorted(maps.Keys(c.other)) {
		c.g.note(planner.Info, c.file, fmt.Sprintf("%d objects of kind %q are left out: only checkpoints and VPAs are read as usage", c.other[kind], kind))
	}
	if len(c.found) == 0 {
		if f.InFolder {
			return nil // a folder may hold the cluster's other objects too
		}
		return errors.New("no " + checkpointKind + " in it" + c.reason() + "; write it with kubectl get verticalpodautoscalercheckpoints,verticalpodautoscalers -A -o yaml")
	}
	all := slices.Concat(c.g.report.Checkpoints, c.found)
	slices.SortStableFunc(all, func(a, b usage.Checkpoint) int {
		return cmp.Or(usage.CompareCheckpoints(a, b), cmp.Compare(b.Last, a.Last))
	})
	kept := all[:0]
	for _, cp := range all {
		if n := len(kept); n > 0 && usage.CompareCheckpoints(kept[n-1], cp) == 0 {
			c.g.note(planner.Warning, cp.Namespace+"/"+checkpointKind+"/"+cp.VPA, "there twice for container "+cp.Container+"; the one with the later sample counts")
			continue
		}
		if ref, ok := c.targets[[2]string{cp.Namespace, cp.VPA}]; ok {
			cp.Target = ref
		}
		kept = append(kept, cp)
	}
	c.g.report.Checkpoints = kept
	return nil
}

func (c *checkpointFile) reason() string {
	if c.first != "" {
		return " that can be read (" + c.first + ")"
	}
	return ""
}

// checkpointOf checks a checkpoint and turns it into plain values.
func checkpointOf(o apiObject) (usage.Checkpoint, error) {
	var s apiStatus
	if len(o.Status) == 0 {
		return usage.Checkpoint{}, errors.New("it has no status")
	}
	if err := json.Unmarshal(o.Status, &s); err != nil {
		return usage.Checkpoint{}, err
	}
	cp := usage.Checkpoint{
		Namespace: o.Metadata.Namespace, VPA: o.Spec.VPA, Container: o.Spec.Container,
		Version: s.Version, Samples: s.Samples,
	}
	for _, name := range []string{cp.Namespace, cp.VPA, cp.Container} {
		if name == "" {
			return cp, errors.New("it lacks its namespace, vpaObjectName or containerName")
		}
		if err := hygiene("name", name); err != nil {
			return cp, err
		}
	}
	if s.Samples < 0 {
		return cp, fmt.Errorf("totalSamplesCount is %d", s.Samples)
	}
	var errs [4]error
	cp.First, errs[0] = millis("firstSampleStart", s.First)
	cp.Last, errs[1] = millis("lastSampleStart", s.Last)
	cp.CPU, errs[2] = histogram("cpuHistogram", s.CPU)
	cp.Memory, errs[3] = histogram("memoryHistogram", s.Memory)
	return cp, cmp.Or(errs[:]...)
}

// histogram checks a histogram. One bad bucket makes all of it unusable: nobody knows what else was changed.
func histogram(what string, h apiHistogram) (usage.Histogram, error) {
	at, err := millis(what+".referenceTimestamp", h.Reference)
	if err != nil {
		return usage.Histogram{}, err
	}
	if !(h.Total >= 0 && h.Total <= weightMost) {
		return usage.Histogram{}, fmt.Errorf("%s.totalWeight is %g", what, h.Total)
	}
	out := usage.Histogram{Reference: at, Total: h.Total}
	for key, weight := range h.Weights {
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= bucketsMost || strconv.Itoa(i) != key {
			return usage.Histogram{}, fmt.Errorf("%s has a bucket %q; buckets are 0 to %d", what, shorten(key), bucketsMost-1)
		}
		if weight < 0 || weight > math.MaxUint32 {
			return usage.Histogram{}, fmt.Errorf("%s has weight %d in bucket %d", what, weight, i)
		}
		if weight > 0 {
			out.Buckets = append(out.Buckets, usage.Bucket{Index: i, Weight: weight})
		}
	}
	slices.SortFunc(out.Buckets, func(a, b usage.Bucket) int { return cmp.Compare(a.Index, b.Index) })
	if (out.Total > 0) != (len(out.Buckets) > 0) {
		return usage.Histogram{}, fmt.Errorf("%s has %d buckets and a totalWeight of %g", what, len(out.Buckets), out.Total)
	}
	return out, nil
}

// millis turns an instant into milliseconds; 0 is "not said", also in Go's own way.
func millis(what string, at *time.Time) (int64, error) {
	if at == nil || at.IsZero() {
		return 0, nil
	}
	ms := at.UnixMilli()
	if ms < usage.EarliestMillis || ms >= usage.LatestMillis {
		return 0, fmt.Errorf("%s is %s", what, at.UTC().Format(time.RFC3339))
	}
	return ms, nil
}
