package vpa

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender/logic"
	"k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender/model"

	"github.com/google/go-cmp/cmp"
	ours "github.com/tenon-sh/tenon/planner/demand/vpa"
)

// pair is one container's aggregate and its pods, of both recommenders.
type pair struct {
	theirs     *model.AggregateContainerState
	their      []*model.ContainerState
	ours       *ours.Aggregate
	our        []*ours.Container
	lastSample int64
}

func newPair(pods int) *pair {
	p := &pair{theirs: model.NewAggregateContainerState(), ours: ours.NewAggregate(ours.DefaultAggregation())}
	for range pods {
		p.addPod()
	}
	return p
}

func (p *pair) addPod() {
	p.their = append(p.their, model.NewContainerState(nil, p.theirs))
	p.our = append(p.our, ours.NewContainer(p.ours))
}

// feed gives both the same event and says whether they answered alike.
func (p *pair) feed(dice *rand.Rand, pod int, at int64) error {
	when := time.UnixMilli(at).UTC()
	var their, our bool
	var what string
	switch kind := dice.IntN(20); {
	case kind == 0:
		request := amount(dice, 34)
		what, their, our = "OOM", p.their[pod].RecordOOM(when, model.ResourceAmount(request)) == nil, p.our[pod].AddOOM(at, request)
	case kind < 11:
		milli := amount(dice, 16)
		what = "CPU"
		their = p.their[pod].AddSample(&model.ContainerUsageSample{MeasureStart: when, Usage: model.ResourceAmount(milli), Resource: model.ResourceCPU})
		our = p.our[pod].AddCPU(at, milli)
	default:
		bytes := amount(dice, 36)
		what = "memory"
		their = p.their[pod].AddSample(&model.ContainerUsageSample{MeasureStart: when, Usage: model.ResourceAmount(bytes), Resource: model.ResourceMemory})
		our = p.our[pod].AddMemory(at, bytes)
	}
	if their != our {
		return fmt.Errorf("%s at %d: VPA took it: %t, ours: %t", what, at, their, our)
	}
	return nil
}

// amount is 0, negative, log-uniform up to 2^bits, or enormous.
func amount(dice *rand.Rand, bits int) int64 {
	switch dice.IntN(60) {
	case 0:
		return 0
	case 1:
		return -1 - dice.Int64N(1000)
	case 2:
		return dice.Int64()
	}
	return dice.Int64N(1<<dice.IntN(bits) + 1)
}

// step is the time to the next event: mostly a minute or five, at times hours, a jump back, months, or centuries.
func step(dice *rand.Rand) int64 {
	minute := time.Minute.Milliseconds()
	switch dice.IntN(400) {
	case 0:
		return dice.Int64N(200 * 24 * 60 * minute)
	case 1:
		return -dice.Int64N(36 * 60 * minute)
	case 2, 3, 4, 5:
		return dice.Int64N(40 * 60 * minute)
	case 6:
		return 0
	case 7:
		return dice.Int64N(5000) // no whole minute
	}
	return minute * (1 + 4*dice.Int64N(2))
}

func flags(dice *rand.Rand) (logic.RecommendationConfig, ours.Flags) {
	f := ours.DefaultFlags()
	if dice.IntN(2) == 0 {
		f.Margin, f.PodMinCPU, f.PodMinMemory = dice.Float64(), 100*dice.Float64(), 500*dice.Float64()
		f.CPU = ours.Percentiles{Lower: dice.Float64(), Target: dice.Float64(), Upper: dice.Float64()}
		f.Memory = ours.Percentiles{Lower: dice.Float64(), Target: 1, Upper: dice.Float64()}
		f.CPUHistory, f.MemoryHistory = time.Duration(1+dice.IntN(100))*time.Hour, time.Duration(1+dice.IntN(100))*time.Hour
	}
	return logic.RecommendationConfig{
		SafetyMarginFraction: f.Margin, PodMinCPUMillicores: f.PodMinCPU, PodMinMemoryMb: f.PodMinMemory,
		TargetCPUPercentile: f.CPU.Target, LowerBoundCPUPercentile: f.CPU.Lower, UpperBoundCPUPercentile: f.CPU.Upper, ConfidenceIntervalCPU: f.CPUHistory,
		TargetMemoryPercentile: f.Memory.Target, LowerBoundMemoryPercentile: f.Memory.Lower, UpperBoundMemoryPercentile: f.Memory.Upper, ConfidenceIntervalMemory: f.MemoryHistory,
	}, f
}

// compare asks both for a recommendation, as one of several containers of a pod, and for a checkpoint.
func (p *pair) compare(t *testing.T, dice *rand.Rand) {
	t.Helper()
	their, our := flags(dice)
	containers := 1 + dice.IntN(3)
	states := model.ContainerNameToAggregateStateMap{"main": p.theirs}
	for n := range containers - 1 {
		states[fmt.Sprint(n)] = model.NewAggregateContainerState()
	}
	want := logic.CreatePodResourceRecommender(their).GetRecommendedPodResources(states)["main"]
	amounts := func(r model.Resources) ours.Amounts {
		return ours.Amounts{CPU: int64(r[model.ResourceCPU]), Memory: int64(r[model.ResourceMemory])}
	}
	got := our.Recommend(p.ours, containers)
	if diff := cmp.Diff(ours.Recommendation{Lower: amounts(want.LowerBound), Target: amounts(want.Target), Upper: amounts(want.UpperBound), Uncapped: amounts(want.Target)}, got); diff != "" {
		t.Fatalf("recommendation (-VPA +ours):\n%s", diff)
	}
	for _, q := range []float64{0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
		if want, got := p.theirs.AggregateCPUUsage.Percentile(q), p.ours.CPU.Percentile(q); want != got {
			t.Fatalf("percentile %g of CPU: VPA %v, ours %v", q, want, got)
		}
		if want, got := p.theirs.AggregateMemoryPeaks.Percentile(q), p.ours.Memory.Percentile(q); want != got {
			t.Fatalf("percentile %g of memory: VPA %v, ours %v", q, want, got)
		}
	}
	if diff := cmp.Diff(theirCheckpoint(t, p.theirs), p.ours.Checkpoint(time.Time{})); diff != "" {
		t.Fatalf("checkpoint (-VPA +ours):\n%s", diff)
	}
}
