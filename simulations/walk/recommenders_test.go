package walk_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/simulations/loads"
	"github.com/tenon-sh/tenon/simulations/walk"
)

// one makes a recommender for one workload.
func one(m walk.Method) walk.Recommender {
	return m.New(walk.Fleet{Subjects: make([]walk.Subject, 1), Every: (24 * time.Hour).Milliseconds()})
}

const minute = int64(60_000)

// flat is a chunk of one pod in which nothing changes; below 0 nothing is measured.
func flat(from, step int64, steps int, cpu, memory int64) walk.Chunk {
	s := walk.Seen{Name: "p", CPU: make([]int64, steps), Memory: make([]int64, steps)}
	for i := range steps {
		s.CPU[i], s.Memory[i] = cpu, memory
	}
	return walk.Chunk{From: from, Step: step, Pods: []walk.Seen{s}}
}

var now = walk.Amounts{CPU: 5000, Memory: 50 * gib}

// TestNothingMeasured: of a resource without measurements a recommender says nothing, and the request stays.
func TestNothingMeasured(t *testing.T) {
	for _, m := range []walk.Method{walk.KRR(0.95, 0.15), walk.Most(0.15), walk.VPA(0.9, 0.15), walk.Autopilot(0.95, 0.98, 0.15)} {
		for name, c := range map[string]walk.Chunk{"CPU": flat(loads.Monday, 5*minute, 300, -1, gib), "memory": flat(loads.Monday, 5*minute, 300, 100, -1)} {
			r := one(m)
			r.Observe(0, c)
			got := r.Recommend(0, loads.Monday+1500*minute, now)
			if name == "CPU" && (got.CPU != now.CPU || got.Memory == now.Memory) || name == "memory" && (got.Memory != now.Memory || got.CPU == now.CPU) {
				t.Errorf("%s without %s asks for %+v", m.Name, name, got)
			}
		}
	}
}

func TestKRRWantsThreeHours(t *testing.T) {
	r := one(walk.KRR(0.95, 0.15))
	r.Observe(0, flat(loads.Monday, minute, 179, 100, gib))
	if got := r.Recommend(0, loads.Monday+179*minute, now); got != now {
		t.Errorf("after 179 minutes it asks for %+v", got)
	}
	r.Observe(0, flat(loads.Monday+179*minute, minute, 1, 100, gib))
	if got := r.Recommend(0, loads.Monday+180*minute, now); got.CPU != 100 {
		t.Errorf("after three hours it asks for %+v", got)
	}
}

func TestTheWindowForgets(t *testing.T) {
	r := one(walk.Most(0))
	r.Observe(0, flat(loads.Monday, 60*minute, 1, 900, 9*gib))
	r.Observe(0, flat(loads.Monday+60*minute, 60*minute, 14*24-1, 100, gib))
	if got := r.Recommend(0, 0, now); got != (walk.Amounts{CPU: 900, Memory: 9 * gib}) {
		t.Errorf("after 14 days: %+v", got)
	}
	r.Observe(0, flat(loads.Monday+14*1440*minute, 60*minute, 1, 100, gib))
	if got := r.Recommend(0, 0, now); got != (walk.Amounts{CPU: 100, Memory: gib}) {
		t.Errorf("an hour later: %+v", got)
	}
}

// TestVPAActsByItsUpdater: a pod that was changed an hour ago is left alone within the bounds, which after a day of samples are twice
// as wide as after many, and not outside of them.
func TestVPAActsByItsUpdater(t *testing.T) {
	r := one(walk.VPA(0.9, 0.15))
	r.Observe(0, flat(loads.Monday, 5*minute, 288, 1000, 10*gib))
	at := loads.Monday + 1440*minute
	target := r.Recommend(0, at, now)
	if target.CPU < 1150 || target.CPU > 1210 {
		t.Fatalf("target %+v", target)
	}
	more := walk.Amounts{CPU: target.CPU * 3 / 2, Memory: target.Memory}
	if got := r.Recommend(0, at+60*minute, more); got != more {
		t.Errorf("half more than the target, changed an hour ago: %+v, want it left", got)
	}
	if got := r.Recommend(0, at+14*60*minute, more); got != target {
		t.Errorf("half more than the target, changed 13 hours ago: %+v, want %+v", got, target)
	}
	r.Recommend(0, at+15*60*minute, target)
	more.CPU = 3 * target.CPU
	if got := r.Recommend(0, at+16*60*minute, more); got != target {
		t.Errorf("three times the target is outside of the bounds: %+v, want %+v", got, target)
	}
}

func TestVPALearnsFromKills(t *testing.T) {
	r := one(walk.VPA(0.9, 0.15))
	c := flat(loads.Monday, 5*minute, 288, 1000, gib)
	c.Limit, c.Pods[0].Kills = gib, []int{287}
	r.Observe(0, c)
	if got := r.Recommend(0, loads.Monday+1440*minute, now).Memory; float64(got) < 1.2*1.15*gib {
		t.Errorf("after a kill at 1 GiB it asks for %.2f GiB, want 20 %% and 15 %% more", float64(got)/gib)
	}
}

// TestAutopilotLooksAtTheLastHour: a peak of five minutes is above every percentile of four days, and counts for an hour or two.
func TestAutopilotLooksAtTheLastHour(t *testing.T) {
	r := one(walk.Autopilot(0.95, 0.98, 0))
	r.Observe(0, flat(loads.Monday, 5*minute, 4*288, 100, gib))
	peak := loads.Monday + 4*1440*minute
	r.Observe(0, flat(peak, 5*minute, 1, 100, 4*gib))
	r.Observe(0, flat(peak+5*minute, 5*minute, 3*12, 100, gib))
	if got := r.Recommend(0, peak+185*minute, now).Memory; got >= 4*gib {
		t.Errorf("three hours after a peak of 4 GiB it asks for %.2f GiB", float64(got)/gib)
	}
	r.Observe(0, flat(peak+185*minute, 5*minute, 1, 100, 4*gib))
	if got := r.Recommend(0, peak+190*minute, now).Memory; got < 4*gib {
		t.Errorf("five minutes after a peak of 4 GiB it asks for %.2f GiB", float64(got)/gib)
	}
}

// mornings counts how often it is called.
type mornings struct {
	scripted
	at []int64
}

func (m *mornings) Morning(at int64) { m.at = append(m.at, (at-loads.Monday)/(30*minute)) }

// TestAfterAKillOnlyMoreCounts: less memory, and other CPU, wait for the next decision; nothing below 1 is asked for; and
// mornings come before decisions.
func TestAfterAKillOnlyMoreCounts(t *testing.T) {
	m := &mornings{scripted: scripted{answers: []walk.Amounts{{CPU: 0, Memory: 5}, {CPU: 7, Memory: 4}, {CPU: -3, Memory: 0}}}}
	r := walk.Run([]loads.Workload{load(10, 10, []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, []int64{1, 1, 9, 1, 1, 1, 1, 1, 1, 1})}, method(m), hourly)
	want := []walk.Decision{{Step: 2, Amounts: walk.Amounts{CPU: 1, Memory: 5}}, {Step: 6, Amounts: walk.Amounts{CPU: 1, Memory: 1}}}
	if diff := cmp.Diff(want, r.Of[0].Decisions); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{2, 6}, m.at); diff != "" {
		t.Errorf("mornings (-want +got):\n%s", diff)
	}
}

// TestLateChangesAreNotJudged: two days after a change are not enough to say whether it was followed.
func TestLateChangesAreNotJudged(t *testing.T) {
	l := load(10, 10, make([]int64, 6*48), make([]int64, 6*48))
	l.Changes = []loads.Change{{Step: 10, Factor: 2}, {Step: 4 * 48, Factor: 2}}
	up, down := walk.Adapted([]loads.Workload{l}, walk.Result{Of: []walk.Tally{{Decisions: []walk.Decision{{Step: 48}}}}})
	if len(up)+len(down) > 0 {
		t.Errorf("judged: %v, %v", up, down)
	}
}

// TestOursLastsUntilItIsAskedAgain: who is asked each day asks for less of what leaks than who is asked each month.
func TestOursLastsUntilItIsAskedAgain(t *testing.T) {
	ask := func(every time.Duration) walk.Amounts {
		r := walk.Ours(10_000, 10_000, 0).New(walk.Fleet{Subjects: make([]walk.Subject, 1), Every: every.Milliseconds()})
		c := flat(loads.Monday, 60*minute, 14*24, 100, gib)
		for i := range c.Pods[0].Memory {
			c.Pods[0].Memory[i] += int64(i) * gib / 200
		}
		r.Observe(0, c)
		return r.Recommend(0, loads.Monday+14*24*60*minute, now)
	}
	hour, day, month := ask(time.Hour), ask(24*time.Hour), ask(28*24*time.Hour)
	if hour != day || 2*day.Memory > month.Memory {
		t.Errorf("asked each hour %+v, each day %+v, each month %+v", hour, day, month)
	}
}

// TestOursChangesNothingForLittle: see demand.Settle.
func TestOursChangesNothingForLittle(t *testing.T) {
	r := one(walk.Ours(10_000, 10_000, 0))
	r.Observe(0, flat(loads.Monday, 5*minute, 14*24*12, 1000, gib))
	at := loads.Monday + 14*24*60*minute
	first := r.Recommend(0, at, now)
	more := walk.Amounts{CPU: first.CPU + first.CPU/20, Memory: first.Memory + first.Memory/20}
	if got := r.Recommend(0, at, more); got != more {
		t.Errorf("%+v is asked for in place of %+v", got, more)
	}
	if got := r.Recommend(0, at, walk.Amounts{CPU: first.CPU - 1, Memory: first.Memory - 1<<20}); got != first {
		t.Errorf("%+v is asked for, not %+v", got, first)
	}
}
