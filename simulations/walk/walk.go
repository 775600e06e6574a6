package walk

import (
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/simulations/loads"
)

// Amounts are of one container: milli-CPU and bytes.
type Amounts = loads.Amounts

// Subject is what is known of a workload before its first sample. Asked of 0 is not known.
type Subject struct {
	Ref       planner.Ref
	Container string
	Step      int64 // milliseconds
	Asked     Amounts
}

// Fleet is what a recommender is made for: its workloads are told by their place.
type Fleet struct {
	Subjects []Subject
	Every    int64 // milliseconds between decisions
	future   []loads.Workload
}

// Chunk is what was seen of a workload since the chunk before: the pods' steps of equal length from an instant on.
type Chunk struct {
	From  int64 // milliseconds since 1970 UTC: the begin of the first step
	Step  int64 // milliseconds
	Limit int64 // of memory, bytes; 0: none
	Pods  []Seen
}

// Seen is one pod's part of a chunk. Values below 0 were not measured. Memory is no more than the limit. Nobody may write into it.
type Seen struct {
	Name     string
	CPU      []int64 // milli-CPU
	Memory   []int64 // bytes
	Kills    []int   // steps of the chunk at whose end the container was killed for memory
	Restarts []int   // steps at whose beginning it started anew for another reason
}

// Recommender says what the workloads of a fleet should request.
type Recommender interface {
	// Observe tells what workload n has used. Chunks of a workload come in order and without gaps.
	Observe(n int, c Chunk)
	// Recommend returns what each container of workload n should request from an instant on; all that was seen before it has
	// been observed. now is what it requests.
	Recommend(n int, at int64, now Amounts) Amounts
}

// Morning is implemented by recommenders that learn from all workloads together: it is called before each round of
// decisions.
type Morning interface{ Morning(at int64) }

// Method makes recommenders at one setting of its knob.
type Method struct {
	Name    string
	Knob    string
	Default bool // the setting that people get who set nothing
	New     func(Fleet) Recommender
}

// Options are the rules of a walk.
type Options struct {
	Warm  time.Duration // before the first decision; 0: 14 days
	Every time.Duration // between decisions; 0: a day
	Calm  time.Duration // after a kill, in which no further one counts; 0: an hour
}

// WithDefaults fills in what zeros stand for.
func (o Options) WithDefaults() Options {
	if o.Warm <= 0 {
		o.Warm = 14 * 24 * time.Hour
	}
	if o.Every <= 0 {
		o.Every = 24 * time.Hour
	}
	if o.Calm <= 0 {
		o.Calm = time.Hour
	}
	return o
}

// Result is how a method did.
type Result struct {
	Method, Knob string
	Default      bool
	Of           []Tally   // of each workload, in their order
	Last         []Amounts // what each asked for in the end
}

// Decision is a request from a step on.
type Decision struct {
	Step int
	Amounts
}

// Run lets one method walk over the loads.
func Run(of []loads.Workload, m Method, o Options) Result {
	w := newWalk(of, m, o.WithDefaults())
	for round := 0; w.morning(round); round++ {
		for n := range w.of {
			w.period(n, round)
		}
	}
	r := Result{Method: m.Name, Knob: m.Knob, Default: m.Default}
	for n := range w.of {
		r.Of = append(r.Of, w.of[n].tally)
		r.Last = append(r.Last, w.of[n].now)
	}
	return r
}

type walker struct {
	o     Options
	loads []loads.Workload
	rec   Recommender
	of    []walked
}

// walked is where a workload stands.
type walked struct {
	now   Amounts
	calm  []int // of each pod: the first step in which a kill counts again
	tally Tally
}

func newWalk(of []loads.Workload, m Method, o Options) *walker {
	w := &walker{o: o, loads: of, of: make([]walked, len(of))}
	f := Fleet{future: of, Every: o.Every.Milliseconds()}
	for n := range of {
		l := &of[n]
		f.Subjects = append(f.Subjects, Subject{Ref: l.Ref, Container: l.Container, Step: l.Step, Asked: l.Asked})
		w.of[n] = walked{now: w.stand(n), calm: make([]int, len(l.Pods)), tally: Tally{Step: l.Step}}
	}
	w.rec = m.New(f)
	for n := range of {
		w.rec.Observe(n, chunk(&of[n], 0, min(w.begin(n, 0), of[n].Len()), of[n].Asked.Memory, nil))
	}
	return w
}

// unknown is how many times the most of the warm-up a workload has where nobody said what it asks for, until a recommender
// says something. Chosen, and wide enough that silence is not punished at once.
const unknown = 2

// stand is what a workload requests before the first decision.
func (w *walker) stand(n int) Amounts {
	l := &w.loads[n]
	a := l.Asked
	for _, p := range l.Pods {
		for i := range min(w.begin(n, 0), l.Len()) {
			if l.Asked.CPU == 0 {
				a.CPU = max(a.CPU, unknown*p.CPU[i])
			}
			if l.Asked.Memory == 0 {
				a.Memory = max(a.Memory, unknown*p.Memory[i])
			}
		}
	}
	return a
}

// begin is the step of a decision.
func (w *walker) begin(n, round int) int {
	return int((w.o.Warm.Milliseconds() + int64(round)*w.o.Every.Milliseconds()) / w.loads[n].Step)
}

// morning reports whether any workload has a decision in this round.
func (w *walker) morning(round int) bool {
	for n := range w.loads {
		l := &w.loads[n]
		if at := w.begin(n, round); at < l.Len() {
			if m, ok := w.rec.(Morning); ok {
				m.Morning(l.Start + int64(at)*l.Step)
			}
			return true
		}
	}
	return false
}

// period decides once and plays what comes until the next decision.
func (w *walker) period(n, round int) {
	l, x := &w.loads[n], &w.of[n]
	from, to := w.begin(n, round), min(w.begin(n, round+1), l.Len())
	if from >= to {
		return
	}
	x.decide(from, w.recommend(n, from))
	for from < to {
		at, killed := x.kill(l, from, to)
		if len(killed) == 0 {
			at = to - 1
		}
		for _, pod := range killed {
			x.calm[pod] = at + 1 + int(w.o.Calm.Milliseconds()/l.Step)
		}
		x.tally.count(l, from, at+1, x.now)
		x.tally.Kills += int64(len(killed))
		w.rec.Observe(n, chunk(l, from, at+1, x.now.Memory, killed))
		if from = at + 1; len(killed) > 0 && from < to {
			if more := w.recommend(n, from).Memory; more > x.now.Memory {
				x.decide(from, Amounts{CPU: x.now.CPU, Memory: more})
			}
		}
	}
}

func (w *walker) recommend(n, step int) Amounts {
	l := &w.loads[n]
	a := w.rec.Recommend(n, l.Start+int64(step)*l.Step, w.of[n].now)
	return Amounts{CPU: max(a.CPU, 1), Memory: max(a.Memory, 1)}
}

func (x *walked) decide(step int, a Amounts) {
	t := &x.tally
	if first := len(t.Decisions) == 0; !first && a != x.now {
		t.Changes++
		up := a.Memory > x.now.Memory || a.Memory == x.now.Memory && a.CPU > x.now.CPU
		if t.moved && up != t.lastUp {
			t.Flips++
		}
		t.moved, t.lastUp = true, up
	} else if !first {
		return
	}
	x.now = a
	t.Decisions = append(t.Decisions, Decision{step, a})
}

// kill finds the first step in which containers are killed, and the pods.
func (x *walked) kill(l *loads.Workload, from, to int) (at int, pods []int) {
	at = to
	for n := range l.Pods {
		memory := l.Pods[n].Memory
		for i := max(from, x.calm[n]); i < to && i <= at; i++ {
			if memory[i] <= x.now.Memory {
				continue
			}
			if i < at {
				at, pods = i, pods[:0]
			}
			pods = append(pods, n)
			break
		}
	}
	return at, pods
}

// chunk is what is seen of some steps. Killed pods were killed in the last of them.
func chunk(l *loads.Workload, from, to int, limit int64, killed []int) Chunk {
	c := Chunk{From: l.Start + int64(from)*l.Step, Step: l.Step, Limit: limit, Pods: make([]Seen, len(l.Pods))}
	for n := range l.Pods {
		p := &l.Pods[n]
		c.Pods[n] = Seen{Name: p.Name, CPU: p.CPU[from:to], Memory: capped(p.Memory[from:to], limit)}
		for _, r := range p.Restarts {
			if r >= from && r < to {
				c.Pods[n].Restarts = append(c.Pods[n].Restarts, r-from)
			}
		}
	}
	for _, n := range killed {
		c.Pods[n].Kills = []int{to - from - 1}
	}
	return c
}

// capped cuts values off at a limit; without any above it they are the same slice.
func capped(values []int64, limit int64) []int64 {
	if limit <= 0 {
		return values
	}
	for i, v := range values {
		if v > limit {
			out := append([]int64(nil), values...)
			for j := i; j < len(out); j++ {
				out[j] = min(out[j], limit)
			}
			return out
		}
	}
	return values
}
