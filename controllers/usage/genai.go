package usage

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/controllers/files"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// What the alibaba-genai-v2026 recording measures: its files have the same columns (timestamp_anon, value, container_ip,
// in any order), so that only a file's name, or the size of its values, tells which is which.
type genaiKind struct {
	metric usage.Metric
	factor float64
	limits bool // values are shares of the container's memory limit
	what   string
}

var (
	// The recording says "GPU utilization (percentage)" of the duty cycle: the share of time in which any kernel ran.
	genaiDuty   = genaiKind{usage.GPUUtil, 0.01, false, "pod_gpu_duty_cycle"}
	genaiGPU    = genaiKind{usage.GPUMemory, 1, false, "pod_gpu_memory_used_bytes"}
	genaiMemory = genaiKind{usage.Memory, 1, true, "pod_memory_util"}
)

// genaiContainer is the one container of each of the recording's pods; it has no name there.
const genaiContainer = "container"

// genaiOther are words in the names of the recording's files that hold no usage.
var genaiOther = []string{"qps", "queue", "latency", "model_predict", "pipeline_inference", "lora_request"}

// genaiNamed tells by a file's name what it holds.
func genaiNamed(name string) (k genaiKind, other bool) {
	name = strings.ToLower(path.Base(name))
	switch {
	case slices.ContainsFunc(genaiOther, func(w string) bool { return strings.Contains(name, w) }):
		return k, true
	case strings.Contains(name, "duty"):
		return genaiDuty, false
	case strings.Contains(name, "gpu") && strings.Contains(name, "mem"):
		return genaiGPU, false
	case strings.Contains(name, "mem"):
		return genaiMemory, false
	}
	return k, false
}

// genaiSeen tells by the first values of a file what it holds: bytes are above a million, percent above 1.5, and shares of
// memory between. Idle cards look like shares, so a file whose values are all 0 says nothing.
func genaiSeen(head []byte) genaiKind {
	lines := bytes.Split(head, []byte("\n"))
	column := -1
	for i, name := range bytes.Split(bytes.TrimSpace(lines[0]), []byte(",")) {
		if strings.EqualFold(strings.TrimSpace(string(name)), "value") {
			column = i
		}
	}
	var most, sum float64
	n := 0
	for _, line := range lines[1:max(1, len(lines)-1)] { // the last one may be cut
		fields := bytes.Split(line, []byte(","))
		if column < 0 || column >= len(fields) {
			continue
		}
		if v, ok := number(fields[column]); ok && v >= 0 && v < 1e15 {
			most, sum, n = max(most, v), sum+v, n+1
		}
	}
	switch {
	case most > 1e6:
		return genaiGPU
	case most > 1.5:
		return genaiDuty
	case n >= 20 && sum > 0.05*float64(n):
		return genaiMemory
	}
	return genaiKind{}
}

// genai reads one file of the recording.
func (r *reader) genai(text *bufio.Reader, f *files.File) error {
	kind, other := genaiNamed(f.Name)
	if other && f.InFolder {
		r.g.note(planner.Info, f.Name, "left out: this file of the recording holds no usage of pods")
		return nil
	}
	if other {
		return errors.New("this file of the recording holds no usage of pods; name pod_memory_util, pod_gpu_duty_cycle or pod_gpu_memory_used_bytes")
	}
	if kind.metric == "" {
		head, _ := text.Peek(text.Size())
		if kind = genaiSeen(head); kind.metric == "" {
			return errors.New("its columns are the recording's, and neither its name nor its values say what it measures; name it pod_memory_util…, pod_gpu_duty_cycle… or pod_gpu_memory_used_bytes…")
		}
		r.g.note(planner.Warning, f.Name, "taken for "+kind.what+" by the size of its values: its name does not say")
	}
	t, err := openTable(text, r.g.opts.LineBytes)
	if err != nil {
		return err
	}
	for _, name := range []string{"timestamp_anon", "value", "container_ip"} {
		if !t.has(name) {
			return &placed{t.line, fmt.Errorf("the header lacks %s; the recording's files have timestamp_anon, value and container_ip", name)}
		}
	}
	g := &genaiTable{table: t, g: r.g, file: f.Name, kind: kind, pods: map[string]*genaiPod{}}
	if err := g.all(r); err != nil {
		return err
	}
	return g.summary()
}

// genaiTable reads the lines of one file.
type genaiTable struct {
	*table
	g     *gatherer
	file  string
	kind  genaiKind
	pods  map[string]*genaiPod
	clock clock
	bad   badLines
	blind int64 // samples of pods whose memory limit is not known
}

type genaiPod struct {
	chunk  *chunk
	factor float64 // 0: its memory limit is not known
	err    error
}

func (t *genaiTable) all(r *reader) error {
	for {
		err := t.next()
		if errors.Is(err, io.EOF) {
			return t.bad.verdict(t.g.opts)
		}
		if err == nil {
			err = t.sample()
		}
		if errors.Is(err, errLine) {
			err = t.bad.count(t.g, t.file, t.line, err)
		}
		if err != nil {
			return at(t.line, err)
		}
		t.bad.lines++
		if t.line%4096 == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
	}
}

// sample reads one line's sample.
func (t *genaiTable) sample() error {
	pod, err := t.pod(bytes.TrimSpace(t.fields[t.columns["container_ip"]]))
	if err != nil || pod == nil {
		return err
	}
	if pod.err != nil {
		return pod.err
	}
	at, err := t.clock.read(t.fields[t.columns["timestamp_anon"]])
	if err != nil {
		return err
	}
	v, err := value(t.fields[t.columns["value"]])
	if err != nil {
		return err
	}
	if t.kind.metric != usage.GPUMemory {
		v = t.clip(pod, v)
	}
	if pod.factor == 0 {
		t.blind++
		return nil
	}
	return t.g.put(pod.chunk, usage.Sample{At: at, Value: v * pod.factor}, t.file, t.line)
}

// clip takes the noise off a share, which the recording has (−1.2e-5), before it becomes bytes, of which nobody could
// tell. What is no share stays what it is, for Clean; more than the whole limit cannot be, and is made a sample that Clean drops.
func (t *genaiTable) clip(pod *genaiPod, v float64) float64 {
	share := v
	if t.kind.metric == usage.GPUUtil {
		share = v * t.kind.factor
	}
	clipped, reason := usage.Fraction(share)
	fault := usage.Fault{Key: pod.chunk.Key, Metric: t.kind.metric, Reason: reason, Count: 1, Example: fmt.Sprintf("%g", v), Origin: t.file, Line: t.line}
	switch {
	case reason == usage.Noise:
		t.g.tally.Add(fault)
		return clipped / t.scale()
	case reason == usage.Impossible && t.kind.limits:
		return 2 * usage.Most(usage.Memory) // times the limit: more than any machine has
	}
	return v
}

// scale is what a share is multiplied with by the pod's factor later on, beside the limit.
func (t *genaiTable) scale() float64 {
	if t.kind.limits {
		return 1
	}
	return t.kind.factor
}

// pod finds the series of a container; nil where the line names none.
func (t *genaiTable) pod(ip []byte) (*genaiPod, error) {
	switch string(ip) {
	case "", "NULL", "None":
		t.g.tally.Add(usage.Fault{Metric: t.kind.metric, Reason: usage.BadName, Count: 1, Example: "no container_ip", Origin: t.file, Line: t.line})
		return nil, nil
	}
	if p := t.pods[string(ip)]; p != nil {
		return p, nil
	}
	if len(t.pods) >= t.g.opts.Series {
		return nil, fmt.Errorf("more than %d containers (Options.Series)", t.g.opts.Series)
	}
	name := string(ip)
	p := &genaiPod{factor: t.kind.factor, err: hygiene("container_ip", name)}
	t.pods[name] = p
	if p.err != nil {
		return p, nil
	}
	if t.kind.limits {
		var limit int64
		if t.g.opts.MemoryLimit != nil {
			limit = t.g.opts.MemoryLimit(name)
		}
		if limit <= 0 {
			limit = max(t.g.opts.MemoryLimitBytes, 0)
		}
		p.factor = float64(limit)
	}
	key := usage.Key{Workload: planner.Ref{Kind: "Pod", Name: name}, Pod: name, Container: genaiContainer}
	if p.factor == 0 {
		p.chunk = &chunk{Series: usage.Series{Key: key}} // names it in faults, and takes no samples
		return p, nil
	}
	var err error
	p.chunk, err = t.g.of(key, t.kind.metric, nil)
	return p, err
}

// summary says what the reader must know of a file.
func (t *genaiTable) summary() error {
	if t.kind.limits && t.blind > 0 {
		t.g.note(planner.Warning, t.file, fmt.Sprintf(
			"%d samples are left out: they are shares of memory limits that nobody knows; say what a container's limit is (Options.MemoryLimitBytes)", t.blind))
	}
	if t.kind.limits && t.blind == 0 && t.g.opts.MemoryLimit == nil {
		t.g.note(planner.Warning, t.file, fmt.Sprintf("memory is a share of a limit that is not in the recording: %d bytes are assumed for every container", t.g.opts.MemoryLimitBytes))
	}
	return nil
}
