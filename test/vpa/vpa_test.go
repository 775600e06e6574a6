package vpa

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	types "k8s.io/autoscaler/vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1"
	"k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender/model"
	"k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender/util"

	ours "github.com/tenon-sh/tenon/planner/demand/vpa"
)

const start = 1_700_000_000_000 // November 2023

// theirCheckpoint is VPA's own, without the clock, read through JSON as from a cluster; instants below a second are put back,
// because JSON drops them.
func theirCheckpoint(t *testing.T, a *model.AggregateContainerState) ours.Checkpoint {
	t.Helper()
	c, err := a.SaveToCheckpoint()
	if err != nil {
		t.Fatal(err)
	}
	first, last := c.FirstSampleStart.Time, c.LastSampleStart.Time
	c.LastUpdateTime.Time = time.Time{}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var out ours.Checkpoint
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	out.FirstSampleStart, out.LastSampleStart = first, last
	if out.CPUHistogram.BucketWeights == nil {
		out.CPUHistogram.BucketWeights = map[int]uint32{}
	}
	if out.MemoryHistogram.BucketWeights == nil {
		out.MemoryHistogram.BucketWeights = map[int]uint32{}
	}
	return out
}

// TestStreams runs random streams through both: several pods with restarts and new pods, gaps, samples out of order and twice,
// kills, months between samples so that references move. Results are compared bit by bit, without any tolerance: both do the same
// operations on the same doubles in the same order.
func TestStreams(t *testing.T) {
	streams, events := 60, 3000
	if testing.Short() {
		streams = 10
	}
	for seed := range streams {
		dice := rand.New(rand.NewPCG(uint64(seed), 1))
		p := newPair(1 + dice.IntN(4))
		at := int64(start)
		p.compare(t, dice)
		for n := range events {
			at += step(dice)
			if dice.IntN(200) == 0 {
				p.addPod()
			}
			if err := p.feed(dice, dice.IntN(len(p.our)), at); err != nil {
				t.Fatalf("seed %d, event %d: %v", seed, n, err)
			}
			if n%97 == 0 || n == events-1 {
				p.compare(t, dice)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestMerge merges aggregates whose references are months apart, both ways round, and goes on with each.
func TestMerge(t *testing.T) {
	for seed := range 40 {
		dice := rand.New(rand.NewPCG(uint64(seed), 2))
		a, b := newPair(2), newPair(2)
		for _, p := range []*pair{a, b} {
			at := int64(start) + dice.Int64N(300*24*3600)*1000
			for range dice.IntN(600) {
				at += step(dice)
				if err := p.feed(dice, dice.IntN(2), at); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
			p.lastSample = at
		}
		a.theirs.MergeContainerState(b.theirs)
		if err := a.ours.Merge(b.ours); err != nil {
			t.Fatal(err)
		}
		a.compare(t, dice)
		b.compare(t, dice)
		for range 300 {
			a.lastSample += step(dice)
			if err := a.feed(dice, dice.IntN(2), a.lastSample); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		a.compare(t, dice)
	}
}

// TestCheckpoints loads VPA's checkpoint with ours and ours with VPA, and goes on with both.
func TestCheckpoints(t *testing.T) {
	for seed := range 40 {
		dice := rand.New(rand.NewPCG(uint64(seed), 3))
		p := newPair(2)
		at := int64(start)
		for range dice.IntN(900) {
			at += step(dice)
			if err := p.feed(dice, dice.IntN(2), at/1000*1000); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		loaded, err := ours.Load(theirCheckpoint(t, p.theirs), ours.DefaultAggregation())
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		next := &pair{theirs: loadTheirs(t, p.ours.Checkpoint(time.UnixMilli(at))), ours: loaded}
		next.addPod()
		next.compare(t, dice)
		for range 300 {
			at += step(dice)
			if err := next.feed(dice, 0, at); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		next.compare(t, dice)
	}
}

func loadTheirs(t *testing.T, c ours.Checkpoint) *model.AggregateContainerState {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var status types.VerticalPodAutoscalerCheckpointStatus
	if err := json.Unmarshal(text, &status); err != nil {
		t.Fatalf("VPA cannot read our checkpoint %s: %v", text, err)
	}
	a := model.NewAggregateContainerState()
	if err := a.LoadFromCheckpoint(&status); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestHistograms adds and subtracts real numbers, which containers never do, with weights over many orders.
func TestHistograms(t *testing.T) {
	for seed := range 40 {
		dice := rand.New(rand.NewPCG(uint64(seed), 4))
		scheme, half := ours.SchemeCPU, time.Duration(1+dice.IntN(100))*time.Hour
		if seed%2 == 1 {
			scheme = ours.SchemeMemory
		}
		options, err := util.NewExponentialHistogramOptions(scheme.Most, scheme.First, 1.05, 0.0001)
		if err != nil {
			t.Fatal(err)
		}
		if options.NumBuckets() != scheme.Buckets() {
			t.Fatalf("VPA has %d buckets, ours %d", options.NumBuckets(), scheme.Buckets())
		}
		their, our := util.NewDecayingHistogram(options, half), ours.NewHistogram(scheme, half.Milliseconds())
		at := int64(start)
		for range 2000 {
			at += step(dice)
			value, weight := scheme.First*math.Exp2(30*dice.Float64()-3), math.Exp2(20*dice.Float64()-10)
			if dice.IntN(4) == 0 {
				their.SubtractSample(value, weight, time.UnixMilli(at).UTC())
				our.Subtract(value, weight, at)
			} else {
				their.AddSample(value, weight, time.UnixMilli(at).UTC())
				our.Add(value, weight, at)
			}
			q := dice.Float64()
			if want, got := their.Percentile(q), our.Percentile(q); want != got || their.IsEmpty() != our.Empty() {
				t.Fatalf("seed %d, percentile %g: VPA %v, ours %v", seed, q, want, got)
			}
		}
	}
}

// TestCheckpointOfNearlyNothing has a bucket that is barely not empty beside a heavy one: VPA's issue 7726.
func TestCheckpointOfNearlyNothing(t *testing.T) {
	dice := rand.New(rand.NewPCG(5, 5))
	for tenths := range 30 {
		p := newPair(1)
		for n := range int64(20 + tenths) {
			at := start + n*60_000
			if n == 0 {
				at -= 10 * 86_400_000 // ten half-lives ago: about a thousandth of a sample
			}
			milli := 10 + 1000*min(n, 1)
			p.their[0].AddSample(&model.ContainerUsageSample{MeasureStart: time.UnixMilli(at).UTC(), Usage: model.ResourceAmount(milli), Resource: model.ResourceCPU})
			p.our[0].AddCPU(at, milli)
		}
		c := p.ours.Checkpoint(time.Time{})
		c.CPUHistogram.BucketWeights[1] = uint32(tenths) // as rounding could leave it
		c.CPUHistogram.TotalWeight = 1
		loaded, err := ours.Load(c, ours.DefaultAggregation())
		if err != nil {
			t.Fatal(err)
		}
		next := &pair{theirs: loadTheirs(t, c), ours: loaded}
		next.compare(t, dice)
	}
}

// TestReferenceAtNoon: half-way between two multiples of the half-life the reference goes to the later one.
func TestReferenceAtNoon(t *testing.T) {
	noon := int64(start)/86_400_000*86_400_000 + 43_200_000
	for _, at := range []int64{noon - 1, noon, noon + 1} {
		p := newPair(1)
		p.their[0].AddSample(&model.ContainerUsageSample{MeasureStart: time.UnixMilli(at).UTC(), Usage: 1, Resource: model.ResourceCPU})
		p.our[0].AddCPU(at, 1)
		p.compare(t, rand.New(rand.NewPCG(1, 1)))
	}
}
