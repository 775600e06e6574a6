package walk_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/simulations/loads"
	"github.com/tenon-sh/tenon/simulations/walk"
)

const gib = 1 << 30

// load is one pod in steps of half an hour.
func load(askedCPU, askedMemory int64, cpu, memory []int64) loads.Workload {
	return loads.Workload{
		Ref: planner.Ref{Namespace: "n", Kind: "Deployment", Name: "w"}, Family: "hand", Container: "c", Asked: walk.Amounts{CPU: askedCPU, Memory: askedMemory},
		Start: loads.Monday, Step: 30 * 60_000, Pods: []loads.Pod{{Name: "p", CPU: cpu, Memory: memory}},
	}
}

// scripted answers from a list and writes down what it was shown.
type scripted struct {
	answers []walk.Amounts
	seen    []walk.Chunk
	asked   []int64
}

func (s *scripted) Observe(_ int, c walk.Chunk) { s.seen = append(s.seen, c) }

func (s *scripted) Recommend(_ int, at int64, now walk.Amounts) walk.Amounts {
	s.asked = append(s.asked, (at-loads.Monday)/(30*60_000))
	if len(s.answers) == 0 {
		return now
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a
}

func method(r walk.Recommender) walk.Method {
	return walk.Method{Name: "scripted", New: func(walk.Fleet) walk.Recommender { return r }}
}

var hourly = walk.Options{Warm: time.Hour, Every: 2 * time.Hour}

// TestByHand walks over ten steps: two of warm-up and two periods of four. In the first period memory crosses the limit in its
// second step, is raised too little, and crosses again in each step after; within an hour nothing counts.
func TestByHand(t *testing.T) {
	l := load(1000, 4*gib, []int64{100, 100, 100, 300, 100, 200, 50, 50, 50, 50}, []int64{gib, gib, gib, 3 * gib, 4 * gib, 4 * gib, gib, gib, gib, gib})
	s := &scripted{answers: []walk.Amounts{{CPU: 200, Memory: 2 * gib}, {CPU: 999, Memory: 5 * gib / 2}, {CPU: 100, Memory: 2 * gib}}}
	r := walk.Run([]loads.Workload{l}, method(s), hourly)
	got := r.Of[0]
	want := walk.Tally{
		Step: 30 * 60_000, Days: 8.0 / 48, Weeks: 8.0 / (48 * 7), CPUSteps: 8, MemorySteps: 8,
		CPUUnder: 1,                                  // 300 above 200
		CPUSlack: 0.5 + 0 + 0.5 + 0 + 4*0.5,          // of 200, then of 100
		CPUUsed:  0.45, CPUAbove: 0.05, CPUIdle: 0.2, // (100+0+100+0+4·50)m · ½ h
		MemorySlack: 0.5 + 0 + 0 + 0 + 4*0.5,
		MemoryIdle:  (1 + 4*1) * 0.5,
		Kills:       1, // the third step lies within the hour after it, and so does the fourth
		Changes:     2, Flips: 1,
		Decisions: []walk.Decision{{Step: 2, Amounts: walk.Amounts{CPU: 200, Memory: 2 * gib}}, {Step: 4, Amounts: walk.Amounts{CPU: 200, Memory: 5 * gib / 2}}, {Step: 6, Amounts: walk.Amounts{CPU: 100, Memory: 2 * gib}}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(walk.Tally{}), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{2, 4, 6}, s.asked); diff != "" {
		t.Errorf("steps at which it was asked (-want +got):\n%s", diff)
	}
	var memory [][]int64
	for _, c := range s.seen {
		memory = append(memory, c.Pods[0].Memory)
	}
	if diff := cmp.Diff([][]int64{{gib, gib}, {gib, 2 * gib}, {5 * gib / 2, 5 * gib / 2}, {gib, gib, gib, gib}}, memory); diff != "" {
		t.Errorf("memory that was seen is cut off at the limit (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1}, s.seen[1].Pods[0].Kills); diff != "" {
		t.Errorf("kills in the second chunk (-want +got):\n%s", diff)
	}
}

func TestKillsAreCountedOnceAnHour(t *testing.T) {
	high := []int64{1, 1, 9, 9, 9, 9, 9, 9, 9, 9}
	r := walk.Run([]loads.Workload{load(10, 5, high, high)}, walk.Asked(), hourly)
	if got := r.Of[0].Kills; got != 3 { // steps 2, 5 and 8: each is followed by two that do not count
		t.Errorf("%d kills in four hours above the limit, want 3", got)
	}
}

func TestNobodyLooksAhead(t *testing.T) {
	all, err := loads.Make(loads.Options{Seed: 1, Workloads: 1, Days: 18})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range walk.Names() {
		if name == "oracle" {
			continue
		}
		methods, err := walk.Settings(name, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range methods {
			first := func(change bool) (decisions []walk.Decision) {
				now := cloned(all)
				if change {
					for n := range now {
						for p := range now[n].Pods {
							for i := 15 * 288; i < now[n].Len(); i++ {
								now[n].Pods[p].CPU[i] *= 7
								now[n].Pods[p].Memory[i] /= 3
							}
						}
					}
				}
				for _, tally := range walk.Run(now, m, walk.Options{}).Of {
					for _, d := range tally.Decisions {
						if d.Step <= 15*288 {
							decisions = append(decisions, d)
						}
					}
				}
				return decisions
			}
			if diff := cmp.Diff(first(false), first(true)); diff != "" {
				t.Errorf("%s decides otherwise when the future is another:\n%s", m.Name, diff)
			}
		}
	}
}

func cloned(all []loads.Workload) []loads.Workload {
	out := append([]loads.Workload(nil), all...)
	for n := range out {
		out[n].Pods = append([]loads.Pod(nil), out[n].Pods...)
		for p := range out[n].Pods {
			out[n].Pods[p].CPU = append([]int64(nil), out[n].Pods[p].CPU...)
			out[n].Pods[p].Memory = append([]int64(nil), out[n].Pods[p].Memory...)
		}
	}
	return out
}

// TestFamilies holds over all families: the oracle never has a kill, underruns no more than its share and has the least slack of
// memory; as asked nothing changes; and the same run gives the same twice.
func TestFamilies(t *testing.T) {
	all, err := loads.Make(loads.Options{Seed: 4, Workloads: 2, Days: 21, Step: 15})
	if err != nil {
		t.Fatal(err)
	}
	least := walk.Run(all, walk.Oracle(1, 1), walk.Options{}).Sum(nil)
	for _, name := range walk.Names() {
		methods, err := walk.Settings(name, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range methods {
			r := walk.Run(all, m, walk.Options{})
			s := r.Sum(nil)
			if diff := cmp.Diff(r, walk.Run(all, m, walk.Options{}), cmpopts.IgnoreUnexported(walk.Tally{})); diff != "" {
				t.Errorf("%s, %s, twice:\n%s", name, m.Knob, diff)
			}
			if s.CPUSteps != least.CPUSteps || math.Abs(s.Days-least.Days) > 1e-6 {
				t.Errorf("%s, %s: %d steps in %g days, the oracle %d in %g", name, m.Knob, s.CPUSteps, s.Days, least.CPUSteps, least.Days)
			}
			if name == "oracle" && strings.Contains(m.Knob, "P100 of") && s.Kills != 0 {
				t.Errorf("the oracle has %d kills", s.Kills)
			}
			if s.Kills == 0 && s.SlackMemory() < least.SlackMemory() {
				t.Errorf("%s, %s: slack %g without a kill, less than the oracle's %g", name, m.Knob, s.SlackMemory(), least.SlackMemory())
			}
			if name == "asis" && (s.Changes != 0 || s.Kills != 0) {
				t.Errorf("as asked: %d changes, %d kills", s.Changes, s.Kills)
			}
		}
	}
	if least.CPUUnder != 0 {
		t.Errorf("the oracle at 100 %% underruns in %d steps", least.CPUUnder)
	}
}

func TestRulesByHand(t *testing.T) {
	cpu, memory := make([]int64, 120), make([]int64, 120)
	for i := range cpu {
		cpu[i], memory[i] = int64(i+1), 1000
	}
	memory[50] = 2000
	request := func(m walk.Method) walk.Amounts {
		r := walk.Run([]loads.Workload{load(1e6, 1e6, cpu, memory)}, m, walk.Options{Warm: 50 * time.Hour, Every: 5 * time.Hour})
		return r.Of[0].Decisions[0].Amounts
	}
	tests := map[string]struct {
		method walk.Method
		want   walk.Amounts
	}{
		"KRR: the 95th of 100 samples, and the most + 15 %":    {walk.KRR(0.95, 0.15), walk.Amounts{CPU: 95, Memory: 2300}},
		"max + 15 %: of both":                                  {walk.Most(0.15), walk.Amounts{CPU: 115, Memory: 2300}},
		"as asked":                                             {walk.Asked(), walk.Amounts{CPU: 1e6, Memory: 1e6}},
		"the oracle: the most of the next ten samples":         {walk.Oracle(1, 1), walk.Amounts{CPU: 110, Memory: 1000}},
		"the oracle: a share of memory, too":                   {walk.Oracle(1, 0.1), walk.Amounts{CPU: 110, Memory: 1000}},
		"the oracle: a share of them":                          {walk.Oracle(0.5, 1), walk.Amounts{CPU: 105, Memory: 1000}},
		"VPA: its bucket of the 90th percentile, its minimum ": {walk.VPA(0.9, 0.15), walk.Amounts{CPU: 109, Memory: 250 << 20}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, request(tc.method)); diff != "" {
				t.Errorf("first request (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("KRR says nothing below 100 points", func(t *testing.T) {
		r := walk.Run([]loads.Workload{load(1e6, 1e6, cpu, memory)}, walk.KRR(0.95, 0.15), walk.Options{Warm: 49 * time.Hour, Every: 30 * time.Minute})
		if got := r.Of[0].Decisions; got[0].CPU != 1e6 || got[1].Step != 100 {
			t.Errorf("decisions %v", got)
		}
	})
}

// TestGaps: what was not measured (below 0) is neither usage nor slack nor time.
func TestGaps(t *testing.T) {
	gap := []int64{5, 5, -1, -1, 5, 5}
	for _, name := range walk.Names() {
		methods, err := walk.Settings(name, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range methods {
			s := walk.Run([]loads.Workload{load(10, 10, gap, gap)}, m, hourly).Sum(nil)
			if s.CPUSteps != 2 || s.MemorySteps != 2 || s.Days != 2.0/48 {
				t.Errorf("%s: %d and %d steps in %g days", name, s.CPUSteps, s.MemorySteps, s.Days)
			}
		}
	}
}

// TestUnasked: where nobody said what is asked for, twice the warm-up's most stands until somebody says something.
func TestUnasked(t *testing.T) {
	r := walk.Run([]loads.Workload{load(0, 0, []int64{5, 7, 9, 9, 9}, []int64{50, 70, 90, 90, 90})}, walk.Asked(), hourly)
	if diff := cmp.Diff([]walk.Decision{{Step: 2, Amounts: walk.Amounts{CPU: 14, Memory: 140}}}, r.Of[0].Decisions); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
}

func TestHold(t *testing.T) {
	l := load(1000, 1000, []int64{1, 1, 3, 1, 1, 1, 1, 9}, []int64{1, 1, 1, 1, 1, 5, 1, 9})
	s := &scripted{answers: []walk.Amounts{{CPU: 2, Memory: 1}, {CPU: 2, Memory: 4}, {CPU: 0, Memory: 0}}}
	got := walk.Hold([]loads.Workload{l}, method(s), walk.Options{Warm: time.Hour, Every: time.Hour}, time.Hour+time.Hour/2)
	want := []walk.Kept{{Promises: 2, Broken: 1, Steps: 6, Under: 1, Told: []walk.Told{ // the third horizon ends after the recording
		{Memory: math.NaN(), CPU: math.NaN(), Promises: 1, Steps: 3, Under: 1}, {Memory: math.NaN(), CPU: math.NaN(), Promises: 1, Broken: 1, Steps: 3},
	}}}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

// TestReliability: what was told is weighed by what it was told of, falls in the band of its risk, and what told nothing does not count.
func TestReliability(t *testing.T) {
	kept := []walk.Kept{
		{Told: []walk.Told{{Memory: 0.01, CPU: 0.5, Promises: 2, Broken: 1, Steps: 10}, {Memory: 0.02, CPU: math.NaN(), Promises: 1, Steps: 10, Under: 10}}},
		{Told: []walk.Told{{Memory: 0.3, CPU: 0.1, Promises: 1, Broken: 1, Steps: 30, Under: 4}}},
	}
	near := func(name string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) < 1e-12) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	all, bands := walk.Reliability(kept, []string{"a", "a"}, false)
	near("told", all.Told.Value, (0.01*2+0.02+0.3)/4)
	near("came", all.Came.Value, 2.0/4)
	near("over", all.Over.Value, all.Told.Value-all.Came.Value)
	for i, want := range []struct{ told, came float64 }{{math.NaN(), math.NaN()}, {0.01, 0.5}, {0.02, 0}, {0.3, 1}} {
		near(fmt.Sprintf("told in band %d", i), bands[i].Told.Value, want.told)
		near(fmt.Sprintf("came in band %d", i), bands[i].Came.Value, want.came)
	}
	cpu, _ := walk.Reliability(kept, []string{"a", "a"}, true)
	near("told of CPU", cpu.Told.Value, (0.5*10+0.1*30)/40)
	near("came of CPU", cpu.Came.Value, 4.0/40)
}

// TestOursTellsItsRisk: what Hold has been told is the curve's, of what was asked for.
func TestOursTellsItsRisk(t *testing.T) {
	all, err := loads.Make(loads.Options{Seed: 3, Workloads: 1, Days: 17, Families: []string{"daily"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range walk.Hold(all, *walk.OursPromising(10_000, 1), walk.Options{}, 24*time.Hour)[0].Told {
		if !(x.Memory > 0.001 && x.Memory < 0.05) || !(x.CPU > 0.001 && x.CPU < 0.05) {
			t.Errorf("1 %% was asked for, and told: memory %v, CPU %v", x.Memory, x.CPU)
		}
	}
}

func TestAdapted(t *testing.T) {
	cpu := make([]int64, 12*48)
	for i := range cpu {
		cpu[i] = 10
		if i >= 3*48+10 {
			cpu[i] = 100
		}
		if i >= 8*48 {
			cpu[i] = 20
		}
	}
	l := load(1000, 1000, cpu, cpu)
	l.Changes = []loads.Change{{Step: 3*48 + 10, Factor: 10}, {Step: 8 * 48, Factor: 0.2}}
	r := walk.Result{Of: []walk.Tally{{Decisions: []walk.Decision{
		{Step: 48, Amounts: walk.Amounts{CPU: 15}}, {Step: 4 * 48, Amounts: walk.Amounts{CPU: 60}}, {Step: 5 * 48, Amounts: walk.Amounts{CPU: 110}}, {Step: 9 * 48, Amounts: walk.Amounts{CPU: 40}},
	}}}}
	up, down := walk.Adapted([]loads.Workload{l}, r)
	if diff := cmp.Diff([][]float64{{43}, {24}}, [][]float64{up, down}); diff != "" { // 2 days less 10 half hours; a day
		t.Errorf("hours up and down (-want +got):\n%s", diff)
	}
}

func TestFrontier(t *testing.T) {
	hull := walk.Hull([]walk.Point{{10, 0.1}, {0, 0.9}, {5, 0.5}, {2, 0.4}, {3, 0.8}, {12, 0.1}})
	if diff := cmp.Diff([]walk.Point{{0, 0.9}, {2, 0.4}, {10, 0.1}}, hull); diff != "" {
		t.Fatalf("hull (-want +got):\n%s", diff)
	}
	tests := map[string][2]float64{
		"between two settings":                {walk.SlackAt(hull, 6), 0.25},
		"at a setting":                        {walk.SlackAt(hull, 2), 0.4},
		"past the end it is the end's":        {walk.SlackAt(hull, 99), 0.1},
		"risk between two settings":           {walk.RiskAt(hull, 0.25), 6},
		"risk at more slack than anybody has": {walk.RiskAt(hull, 0.95), 0},
	}
	for name, tc := range tests {
		if math.Abs(tc[0]-tc[1]) > 1e-12 {
			t.Errorf("%s: %g, want %g", name, tc[0], tc[1])
		}
	}
	if v := walk.SlackAt(hull[1:], 1); !math.IsNaN(v) {
		t.Errorf("less risk than any setting has: %g", v)
	}
	if v := walk.RiskAt(hull, 0.05); !math.IsNaN(v) {
		t.Errorf("less slack than any setting has: %g", v)
	}
}

// TestBootstrap: the mean of 100 coins has a standard error of 0.05, and a group of equals has none.
func TestBootstrap(t *testing.T) {
	groups := make([]string, 100)
	mean := func(times []int) float64 {
		sum := 0
		for n, k := range times {
			sum += k * (n % 2)
		}
		return float64(sum) / 100
	}
	e := walk.Bootstrap(groups, mean)
	if e.Value != 0.5 || e.Low < 0.37 || e.Low > 0.43 || e.High < 0.57 || e.High > 0.63 {
		t.Errorf("interval of coins: %+v", e)
	}
	for n := range groups {
		groups[n] = []string{"tails", "heads"}[n%2]
	}
	if e := walk.Bootstrap(groups, mean); e != (walk.Estimate{Value: 0.5, Low: 0.5, High: 0.5}) {
		t.Errorf("interval within groups of equals: %+v", e)
	}
}

// TestCompare: half the slack at the same kills, and kills at the same slack between two settings.
func TestCompare(t *testing.T) {
	result := func(slack float64, kills int64) walk.Result {
		return walk.Result{Of: []walk.Tally{{Days: 1, MemorySteps: 1, MemorySlack: slack, Kills: kills}}}
	}
	v := walk.Compare([]walk.Result{result(0.2, 4), result(0.6, 0)}, result(0.4, 4), []string{"g"}, walk.OfMemory())
	want := walk.Versus{Slack: walk.Estimate{Value: 0.5, Low: 0.5, High: 0.5}, Risk: walk.Estimate{Value: 0.5, Low: 0.5, High: 0.5}}
	if diff := cmp.Diff(want, v, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("comparison (-want +got):\n%s", diff)
	}
}
