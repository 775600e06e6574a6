package vpa_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner/demand/vpa"
)

const (
	minute = int64(60_000)
	day    = 24 * 60 * minute
	start  = int64(1_700_000_000_000)
)

// steady is an aggregate of one pod that used the same for so many days, a sample a minute.
func steady(days, milli, bytes int64) (*vpa.Aggregate, *vpa.Container) {
	a := vpa.NewAggregate(vpa.DefaultAggregation())
	c := vpa.NewContainer(a)
	for at := start; at < start+days*day; at += minute {
		c.AddCPU(at, milli)
		c.AddMemory(at, bytes)
	}
	return a, c
}

// TestFacts holds what was measured on VPA's own code (facts/rightsizing-trust-cost.md 1.2, 2026-11), so that the main module
// notices without the nested one when the recommender changes.
func TestFacts(t *testing.T) {
	target := func(a *vpa.Aggregate) vpa.Amounts { return vpa.DefaultFlags().Recommend(a, 1).Target }
	t.Run("eight flat days at one core give a bucket's end + 15 %", func(t *testing.T) {
		a, _ := steady(8, 1000, 1<<30)
		want := vpa.Recommendation{
			Lower: vpa.Amounts{CPU: 1167, Memory: 1238350141}, Target: vpa.Amounts{CPU: 1168, Memory: 1238659775},
			Upper: vpa.Amounts{CPU: 1314, Memory: 1393505688}, Uncapped: vpa.Amounts{CPU: 1168, Memory: 1238659775},
		}
		if diff := cmp.Diff(want, vpa.DefaultFlags().Recommend(a, 1)); diff != "" {
			t.Errorf("recommendation (-want +got):\n%s", diff)
		}
	})
	t.Run("a step from 1 to 4 cores is followed after 240 minutes", func(t *testing.T) {
		a, c := steady(8, 1000, 1<<30)
		n := int64(0)
		for ; target(a).CPU < 4000 && n < 1000; n++ {
			c.AddCPU(start+8*day+n*minute, 4000)
		}
		if n < 210 || n > 245 { // 24 h · log2(1/0.9) = 219 min, and what the first samples weigh
			t.Errorf("followed after %d minutes", n)
		}
	})
	t.Run("an hour a day at four cores is never seen", func(t *testing.T) {
		a := vpa.NewAggregate(vpa.DefaultAggregation())
		c := vpa.NewContainer(a)
		for at := start; at < start+8*day; at += minute {
			milli := int64(1000)
			if (at-start)%day < 60*minute {
				milli = 4000
			}
			c.AddCPU(at, milli)
		}
		if got := target(a).CPU; got != 1168 {
			t.Errorf("target %d", got)
		}
	})
	t.Run("a peak of memory is forgotten on the third day", func(t *testing.T) {
		a := vpa.NewAggregate(vpa.DefaultAggregation())
		c := vpa.NewContainer(a)
		var seen []bool
		for n := range int64(8) {
			bytes := int64(1e9)
			if n == 3 {
				bytes = 4e9
			}
			c.AddMemory(start+n*day, bytes)
			seen = append(seen, target(a).Memory > 4e9)
		}
		if diff := cmp.Diff([]bool{false, false, false, true, true, true, false, false}, seen); diff != "" {
			t.Errorf("days on which the peak is seen (-want +got):\n%s", diff)
		}
	})
}

func TestRefused(t *testing.T) {
	a, c := steady(1, 1000, 1<<30)
	before := a.String()
	tests := map[string]func() bool{
		"a negative amount of CPU":           func() bool { return c.AddCPU(start+2*day, -1) },
		"a negative amount of memory":        func() bool { return c.AddMemory(start+2*day, -1) },
		"CPU at the instant of the last one": func() bool { return c.AddCPU(start+day-minute, 5) },
		"memory before the last one":         func() bool { return c.AddMemory(start, 5) },
		"a kill older than an interval":      func() bool { return c.AddOOM(start-2*minute, 5) },
		"an instant before year one":         func() bool { return c.AddOOM(math.MinInt64, 5) },
		"an instant after year 9999":         func() bool { return c.AddCPU(math.MaxInt64, 5) },
		"memory after year 9999":             func() bool { return c.AddMemory(math.MaxInt64-1, 5) },
		"NaN":                                func() bool { return a.CPU.Add(math.NaN(), 1, start) },
		"infinite":                           func() bool { return a.CPU.Add(math.Inf(1), 1, start) },
		"a weight of NaN":                    func() bool { return a.CPU.Add(1, math.NaN(), start) },
		"a negative weight":                  func() bool { return a.CPU.Subtract(1, -1, start) },
		"an infinite weight":                 func() bool { return a.CPU.Add(1, math.Inf(1), start) },
	}
	for name, add := range tests {
		t.Run(name, func(t *testing.T) {
			if add() {
				t.Error("it was taken")
			}
		})
	}
	if a.String() != before {
		t.Errorf("what was refused has changed the state from %s to %s", before, a)
	}
}

func TestAmount(t *testing.T) {
	type answer struct {
		Amount int64
		OK     bool
	}
	got := map[string]answer{}
	for name, v := range map[string]float64{"fraction": 1.9, "nan": math.NaN(), "inf": math.Inf(1), "-inf": math.Inf(-1), "negative": -1, "huge": 1e308, "zero": 0} {
		n, ok := vpa.Amount(v)
		got[name] = answer{n, ok}
	}
	want := map[string]answer{"fraction": {1, true}, "nan": {}, "inf": {}, "-inf": {}, "negative": {}, "huge": {vpa.AmountMost, true}, "zero": {0, true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("amounts (-want +got):\n%s", diff)
	}
}

func TestEmptyAndHostileFlagsGiveTheMinimum(t *testing.T) {
	a := vpa.NewAggregate(vpa.Aggregation{})
	f := vpa.DefaultFlags()
	f.CPUHistory, f.MemoryHistory, f.Margin, f.CPU.Target = 0, -1, math.Inf(-1), math.NaN()
	for _, f := range []vpa.Flags{vpa.DefaultFlags(), f} {
		least := vpa.Amounts{CPU: 12, Memory: 125 << 20}
		if diff := cmp.Diff(vpa.Recommendation{Lower: least, Target: least, Upper: least, Uncapped: least}, f.Recommend(a, 2)); diff != "" {
			t.Errorf("recommendation (-want +got):\n%s", diff)
		}
	}
	vpa.NewContainer(a).AddMemory(start, 5) // an interval of nothing
}

func TestExpiry(t *testing.T) {
	a, _ := steady(1, 1, 1)
	if last := start + day - minute; a.Expired(last+8*day-1) || !a.Expired(last+8*day) {
		t.Error("it expires eight days after the last sample")
	}
	if vpa.NewAggregate(vpa.DefaultAggregation()).Expired(math.MaxInt64) {
		t.Error("an aggregate without samples has expired")
	}
}

func TestMergeOfUnlike(t *testing.T) {
	f := vpa.DefaultAggregation()
	f.MemoryHalfLife = time.Hour
	a, b := vpa.NewAggregate(vpa.DefaultAggregation()), vpa.NewAggregate(f)
	if err := a.Merge(b); !errors.Is(err, vpa.ErrUnlike) {
		t.Errorf("other half-lives: %v", err)
	}
	if err := vpa.NewHistogram(vpa.SchemeCPU, 1).Merge(vpa.NewHistogram(vpa.SchemeMemory, 1)); !errors.Is(err, vpa.ErrUnlike) {
		t.Errorf("other buckets: %v", err)
	}
}

func TestCheckpointThroughJSON(t *testing.T) {
	a, _ := steady(3, 250, 1<<29)
	text, err := json.Marshal(a.Checkpoint(time.UnixMilli(start + 3*day)))
	if err != nil {
		t.Fatal(err)
	}
	var c vpa.Checkpoint
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	b, err := vpa.Load(c, vpa.DefaultAggregation())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vpa.DefaultFlags().Recommend(a, 1), vpa.DefaultFlags().Recommend(b, 1)); diff != "" {
		t.Errorf("recommendation (-before +after):\n%s", diff)
	}
	if _, err := vpa.Load(vpa.Checkpoint{Version: "v3"}, vpa.DefaultAggregation()); err != nil {
		t.Errorf("a checkpoint of nothing: %v", err)
	}
}

func TestHostileCheckpoints(t *testing.T) {
	tests := map[string]func(*vpa.Checkpoint){
		"another version":              func(c *vpa.Checkpoint) { c.Version = "v2" },
		"a negative count":             func(c *vpa.Checkpoint) { c.TotalSamplesCount = -1 },
		"samples that end before":      func(c *vpa.Checkpoint) { c.LastSampleStart = c.FirstSampleStart.Add(-1 * time.Second) },
		"samples of no time":           func(c *vpa.Checkpoint) { c.FirstSampleStart = time.Unix(math.MaxInt32*1e3, 0) },
		"a last sample of no time":     func(c *vpa.Checkpoint) { c.LastSampleStart = time.Unix(math.MaxInt32*1e3, 0) },
		"a reference of no time":       func(c *vpa.Checkpoint) { c.CPUHistogram.ReferenceTimestamp = time.Unix(math.MaxInt32*1e3, 0) },
		"a negative bucket":            func(c *vpa.Checkpoint) { c.CPUHistogram.BucketWeights[-1] = 1 },
		"a bucket too many":            func(c *vpa.Checkpoint) { c.MemoryHistogram.BucketWeights[176] = 1 },
		"a total weight of NaN":        func(c *vpa.Checkpoint) { c.CPUHistogram.TotalWeight = math.NaN() },
		"a total weight of 1e308":      func(c *vpa.Checkpoint) { c.MemoryHistogram.TotalWeight = 1e308 },
		"a total weight below nothing": func(c *vpa.Checkpoint) { c.MemoryHistogram.TotalWeight = -1 },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			a, _ := steady(1, 250, 1<<29)
			c := a.Checkpoint(time.UnixMilli(start))
			spoil(&c)
			if _, err := vpa.Load(c, vpa.DefaultAggregation()); !errors.Is(err, vpa.ErrCheckpoint) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUpdater(t *testing.T) {
	amounts := func(cpu, memory int64) vpa.Amounts { return vpa.Amounts{CPU: cpu, Memory: memory} }
	r := vpa.Recommendation{Lower: amounts(50, 500), Target: amounts(100, 1000), Upper: amounts(200, 2000)}
	tests := map[string]struct {
		pod  vpa.Pod
		want bool
	}{
		"within the bounds and young":                       {vpa.Pod{Request: amounts(150, 1000), Age: time.Hour}, false},
		"within the bounds, old, far off":                   {vpa.Pod{Request: amounts(150, 1000), Age: 12 * time.Hour}, true},
		"within the bounds, old, a tenth in sum":            {vpa.Pod{Request: amounts(105, 1053), Age: 12 * time.Hour}, false},
		"below the lower bound":                             {vpa.Pod{Request: amounts(49, 1000)}, true},
		"above the upper bound":                             {vpa.Pod{Request: amounts(100, 2001)}, true},
		"without a request":                                 {vpa.Pod{Request: amounts(0, 1000)}, true},
		"killed soon after its start":                       {vpa.Pod{Request: amounts(100, 990), QuickOOM: true}, true},
		"killed soon after its start, nothing would change": {vpa.Pod{Request: amounts(100, 1000), QuickOOM: true}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := vpa.DefaultUpdater().Acts(tc.pod, r); got != tc.want {
				t.Errorf("acts: %t, want %t", got, tc.want)
			}
		})
	}
}

// FuzzContainer: whatever comes in whatever order, nothing panics, weights stay finite, and what is recommended lies between the
// minimum and VPA's most.
func FuzzContainer(f *testing.F) {
	f.Add(int64(0), int64(0), uint8(0))
	f.Add(start, int64(math.MaxInt64), uint8(2))
	f.Add(int64(-62_135_596_800_000), int64(math.MinInt64), uint8(1))
	f.Add(int64(253_402_300_799_999), int64(1)<<40, uint8(2))
	f.Fuzz(func(t *testing.T, at, amount int64, kind uint8) {
		a, c := steady(1, 100, 1<<28)
		for n := range int64(4) {
			switch (kind + uint8(n)) % 3 {
			case 0:
				c.AddCPU(at+n, amount)
			case 1:
				c.AddMemory(at-n, amount)
			default:
				c.AddOOM(at, amount-n)
			}
		}
		r := vpa.DefaultFlags().Recommend(a, 1)
		for _, v := range []vpa.Amounts{r.Lower, r.Target, r.Upper, r.Uncapped} {
			if v.CPU < 25 || v.Memory < 250<<20 || v.CPU > 2*vpa.AmountMost || v.Memory > 2*vpa.AmountMost {
				t.Errorf("recommendation %+v", r)
			}
		}
		if _, err := vpa.Load(a.Checkpoint(time.UnixMilli(start)), vpa.DefaultAggregation()); err != nil {
			t.Errorf("its own checkpoint: %v", err)
		}
	})
}
