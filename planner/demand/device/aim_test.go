package device_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand/device"
	"github.com/tenon-sh/tenon/planner/usage"
)

const gib = 1 << 30

// cluster has one workload with a whole H100-80GB, and offers with that model, an A100-80GB, an L4 and an A10G.
func cluster(change ...func(*planner.Snapshot)) *planner.Snapshot {
	s := &planner.Snapshot{
		Nodes: []planner.Node{{Name: "n1", GPU: "H100-80GB", GPUs: 8}, {Name: "n2", GPU: "L4-24GB", GPUs: 1}},
		Workloads: []planner.Workload{{
			Ref: planner.Ref{Namespace: "ml", Kind: "Deployment", Name: "llm"}, Replicas: 1, GPU: planner.GPUNeed{Whole: 1},
			Today: []planner.Location{{Node: "n1", Pods: 1}},
		}},
	}
	for _, key := range []string{"H100-80GB", "A100-80GB", "L4-24GB", "A10G-24GB"} {
		s.Offers = append(s.Offers, planner.Offer{Cards: planner.Cards{Model: key, Count: 1, Partitionable: true, Shareable: true}})
	}
	for _, f := range change {
		f(s)
	}
	return s
}

// load is a day of samples of one device: the active share, and bytes of memory.
func load(active, bytes float64, change ...func(*usage.Series)) []*device.State {
	var in device.Intake
	for _, m := range []usage.Metric{usage.GPUActive, usage.GPUMemory} {
		s := usage.Series{Key: usage.Key{Workload: planner.Ref{Namespace: "ml", Kind: "Deployment", Name: "llm"}, Namespace: "ml", Pod: "llm-0", Container: "c", Device: "0"}, Metric: m}
		for i := range int64(1440) {
			v := bytes
			if m == usage.GPUActive {
				v = active
			}
			s.Samples = append(s.Samples, usage.Sample{At: i * 60_000, Value: v})
		}
		for _, f := range change {
			f(&s)
		}
		in.Add(s)
	}
	return in.States()
}

func policy(g planner.GPUPolicy) planner.Class {
	c := planner.DefaultPolicy().Classes[0]
	c.GPU = g
	return c
}

// brief prints an aim: its choices but the standing one, and why others are refused.
func brief(a planner.GPUAim) string {
	if a.Unknown != "" {
		return "unknown: " + a.Unknown
	}
	var out []string
	for _, c := range a.Choices {
		if c.Why == "as it is" {
			continue
		}
		text := fmt.Sprintf("%s %d", c.Model, c.Need.Whole)
		for name := range c.Need.Slices {
			text = c.Model + " " + name
		}
		if c.Need.ShareMilli > 0 {
			text = fmt.Sprintf("%s %d/1000", c.Model, c.Need.ShareMilli)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestAim(t *testing.T) {
	slicesOnly := planner.GPUPolicy{Slices: true}
	only := func(keep func(s *usage.Series) bool) func(*usage.Series) {
		return func(s *usage.Series) {
			if !keep(s) {
				s.Samples = nil
			}
		}
	}
	tests := map[string]struct {
		s      *planner.Snapshot
		states []*device.State
		class  planner.Class
		want   string // start of brief
	}{
		"9 GiB and a twentieth of the engine are a 1g.10gb, not quite: headroom takes 1g.20gb": {cluster(), load(0.05, 9*gib), policy(slicesOnly), "H100-80GB 1g.20gb"},
		"8 GiB and a twentieth are a 1g.10gb":                                                  {cluster(), load(0.05, 8*gib), policy(slicesOnly), "H100-80GB 1g.10gb"},
		"8 GiB and a fifth of the engine need more SMs":                                        {cluster(), load(0.20, 8*gib), policy(slicesOnly), "H100-80GB 3g.40gb"},
		"half the engine fits no slice":                                                        {cluster(), load(0.5, 8*gib), policy(slicesOnly), ""},
		"50 GiB fit no slice but the whole":                                                    {cluster(), load(0.01, 50*gib), policy(slicesOnly), ""},
		"a policy that changes nothing":                                                        {cluster(), load(0.01, gib), policy(planner.GPUPolicy{}), ""},
		"cards that nobody may cut":                                                            {cluster(func(s *planner.Snapshot) { s.Offers[0].Cards.Partitionable = false }), load(0.01, gib), policy(slicesOnly), ""},
		"cards that are cut already": {cluster(func(s *planner.Snapshot) {
			s.Offers[0].Cards.Partitionable, s.Offers[0].Cards.Fixed = false, map[string]int64{"2g.20gb": 3}
		}), load(0.01, gib), policy(slicesOnly), "H100-80GB 2g.20gb"},
		"several cards are not one slice":               {cluster(func(s *planner.Snapshot) { s.Workloads[0].GPU.Whole = 2 }), load(0.01, gib), policy(slicesOnly), ""},
		"another model only with a class of work":       {cluster(), load(0.01, 4*gib), policy(planner.GPUPolicy{Models: true}), ""},
		"models that the table knows for the work":      {cluster(), load(0.05, 4*gib), policy(planner.GPUPolicy{Models: true, Work: "nlp"}), "A100-80GB 1, L4-24GB 1"},
		"one that would be too busy is refused":         {cluster(), load(0.2, 4*gib), policy(planner.GPUPolicy{Models: true, Work: "nlp"}), "A100-80GB 1"},
		"one that is too slow for the owner is refused": {cluster(), load(0.05, 4*gib), policy(planner.GPUPolicy{Models: true, Work: "nlp", SlowerMost: 60}), "A100-80GB 1"},
		"the owner's own speeds come first":             {cluster(), load(0.05, 4*gib), policy(planner.GPUPolicy{Models: true, Speeds: map[string]int64{"H100-80GB": 100, "A10G-24GB": 20}}), "A10G-24GB 1"},
		"a slice of another model":                      {cluster(), load(0.01, 4*gib), policy(planner.GPUPolicy{Models: true, Slices: true, Work: "nlp"}), "A100-80GB 1g.10gb, H100-80GB 1g.10gb, L4-24GB 1"},
		"a share where the policy says so":              {cluster(), load(0.07, 8*gib), policy(planner.GPUPolicy{Shares: true}), "H100-80GB 112/1000"},
		"more than half a card is no share":             {cluster(), load(0.4, 8*gib), policy(planner.GPUPolicy{Shares: true}), ""},
		"constraints leave models out": {cluster(func(s *planner.Snapshot) {
			s.Workloads[0].Constraints = []planner.Constraint{{Offers: planner.NewSet(1)}}
		}), load(0.01, 4*gib), policy(planner.GPUPolicy{Models: true, Work: "nlp"}), ""},

		"nothing measured":                  {cluster(), nil, policy(slicesOnly), "unknown: nothing was measured"},
		"no memory":                         {cluster(), load(0.1, gib, only(func(s *usage.Series) bool { return s.Metric != usage.GPUMemory })), policy(slicesOnly), "unknown: its device memory"},
		"no duty":                           {cluster(), load(0.1, gib, only(func(s *usage.Series) bool { return s.Metric == usage.GPUMemory })), policy(slicesOnly), "unknown: the active share of its GPU"},
		"GPU_UTIL is an upper bound of it":  {cluster(), load(0.05, gib, func(s *usage.Series) { s.Metric = coarse(s.Metric) }), policy(slicesOnly), "H100-80GB 1g.10gb"},
		"GPU_UTIL means nothing on a slice": {cluster(sliced), load(0.05, gib, func(s *usage.Series) { s.Metric = coarse(s.Metric) }), policy(slicesOnly), "unknown: the active share of its slice"},
		"a slice may become a smaller one":  {cluster(sliced), load(0.05, gib), policy(slicesOnly), "H100-80GB 1g.10gb"},
		"a busy slice stays":                {cluster(sliced), load(0.9, gib), policy(slicesOnly), "H100-80GB 1"},
		"a shared device is nobody's":       {cluster(), load(0.1, gib, func(s *usage.Series) { s.Key.Shared = true }), policy(slicesOnly), "unknown: its device is shared"},
		"too little":                        {cluster(), load(0.1, gib, func(s *usage.Series) { s.Samples = s.Samples[:99] }), policy(slicesOnly), "unknown: too little was measured: 99 samples"},
		"too short":                         {cluster(), load(0.1, gib, func(s *usage.Series) { s.Samples = s.Samples[:120] }), policy(slicesOnly), "unknown: too little was measured: 120 samples over 2.0 h"},
		"pods on two models": {cluster(func(s *planner.Snapshot) {
			s.Workloads[0].Today = append(s.Workloads[0].Today, planner.Location{Node: "n2", Pods: 1})
		}), load(0.1, gib), policy(slicesOnly), "unknown: its pods run on 2 models"},
		"a share of today": {cluster(func(s *planner.Snapshot) { s.Workloads[0].GPU = planner.GPUNeed{ShareMilli: 500} }), load(0.1, gib), policy(slicesOnly), "unknown: it asks for a share"},
		"nonsense is left out": {cluster(), load(0.05, 8*gib, func(s *usage.Series) {
			s.Samples = append(s.Samples, usage.Sample{At: 1, Value: math.NaN()}, usage.Sample{At: 1, Value: math.Inf(1)}, usage.Sample{At: 2, Value: -1})
		}), policy(slicesOnly), "H100-80GB 1g.10gb"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := device.Aim(tc.s, &tc.s.Workloads[0], tc.states, tc.class)
			if text := brief(got); !strings.HasPrefix(text, tc.want) || tc.want == "" && text != "" {
				t.Errorf("got  %s\nwant %s\nrefused %+v", text, tc.want, got.Refused)
			}
			if got.Unknown == "" && !slices.ContainsFunc(got.Choices, func(c planner.GPUChoice) bool { return c.Why == "as it is" }) {
				t.Errorf("nobody may stay as it is: %+v", got.Choices)
			}
		})
	}
}

func sliced(s *planner.Snapshot) {
	s.Workloads[0].GPU = planner.GPUNeed{Slices: map[string]int64{"3g.40gb": 1}}
}

// coarse gives a duty series the name that GPU_UTIL has.
func coarse(m usage.Metric) usage.Metric {
	if m == usage.GPUActive {
		return usage.GPUUtil
	}
	return m
}

// The busiest of several pods counts, never their mean.
func TestTheBusiestPodCounts(t *testing.T) {
	states := append(load(0.01, gib), load(0.3, 30*gib, func(s *usage.Series) { s.Key.Pod = "llm-1" })...)
	s := cluster()
	if got := brief(device.Aim(s, &s.Workloads[0], states, policy(planner.GPUPolicy{Slices: true}))); got != "" {
		t.Errorf("got %q: 30 GiB and 30 %% fit no slice at 70 %% duty", got)
	}
}

// A short peak counts, though it is one sample in a hundred and fifty.
func TestAnHourADayCounts(t *testing.T) {
	states := load(0.01, gib, func(s *usage.Series) {
		for i := range 60 {
			s.Samples[600+i].Value *= 40
		}
	})
	s := cluster()
	if got := brief(device.Aim(s, &s.Workloads[0], states, policy(planner.GPUPolicy{Slices: true}))); got != "" {
		t.Errorf("got %q: an hour at 40 %% of the engine and 40 GiB", got)
	}
}

// More use never gives a smaller answer.
func TestMoreUseNeverGivesASmallerAnswer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := cluster()
	size := func(active, bytes float64) int64 {
		a := device.Aim(s, &s.Workloads[0], load(active, bytes), policy(planner.GPUPolicy{Slices: true}))
		least := int64(math.MaxInt64)
		for _, c := range a.Choices {
			least = min(least, c.MemoryMiB)
		}
		return least
	}
	for range 40 {
		active, bytes := rng.Float64()*0.6, rng.Float64()*60*gib
		if a, b := size(active, bytes), size(active*(1+rng.Float64()*0.5), bytes*(1+rng.Float64()*0.3)); b < a {
			t.Fatalf("%.2f of the engine and %.0f bytes: %d MiB, and with more %d", active, bytes, a, b)
		}
	}
}

// Risk falls with room and with days, and what does not fit is certain to fail.
func TestRiskFalls(t *testing.T) {
	s := cluster()
	risk := func(bytes float64, days int) int64 {
		states := load(0.01, bytes, func(s *usage.Series) {
			all := s.Samples
			for d := 1; d < days; d++ {
				for i := 0; i < 1440; i += 60 {
					all = append(all, usage.Sample{At: int64(d)*86_400_000 + int64(i)*60_000, Value: all[i].Value})
				}
			}
			s.Samples = all
		})
		for _, c := range device.Aim(s, &s.Workloads[0], states, policy(planner.GPUPolicy{Slices: true})).Choices {
			if c.Why == "as it is" {
				return c.RiskMicro
			}
		}
		return -1
	}
	a, b, c, d := risk(79*gib, 1), risk(78*gib, 1), risk(78*gib, 14), risk(81*gib, 14)
	if a <= b || b <= c || d != 1_000_000 {
		t.Errorf("risks %d, %d, %d, %d: want the first three to fall and the last to be certain", a, b, c, d)
	}
}

func TestAllGoesByWorkload(t *testing.T) {
	s := cluster(func(s *planner.Snapshot) {
		s.Workloads = append(s.Workloads, planner.Workload{Ref: planner.Ref{Kind: "Deployment", Name: "cpu"}},
			planner.Workload{Ref: planner.Ref{Kind: "Deployment", Name: "other"}, GPU: planner.GPUNeed{Whole: 1}})
	})
	got := device.All(s, load(0.05, 8*gib), planner.DefaultPolicy())
	if len(got) != 2 || brief(got[0]) != "H100-80GB 1g.10gb" || got[1].Unknown == "" {
		t.Errorf("got %+v", got)
	}
	if held := device.All(s, nil, planner.Policy{}); held[0].Held == "" {
		t.Errorf("without a class: %+v", held[0])
	}
	if diff := cmp.Diff(got, device.All(s, load(0.05, 8*gib), planner.DefaultPolicy())); diff != "" {
		t.Errorf("twice is not the same:\n%s", diff)
	}
}
