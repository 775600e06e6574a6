package demand

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/planner/usage"
)

// stream is the usage of one container at five-minute steps: milli-CPU and bytes.
type stream struct {
	family   string
	cpu, mem []float64
}

const perDay = 288

// families are small copies of the loads that a recommender meets, each by a seed.
var families = map[string]func(*rand.Rand, int) stream{
	"steady": func(r *rand.Rand, n int) stream {
		return shaped(r, n, func(i int) float64 { return 1 }, 0.02)
	},
	"daily": func(r *rand.Rand, n int) stream {
		amp, phase := 0.2+0.6*r.Float64(), r.Float64()
		return shaped(r, n, func(i int) float64 {
			return 1 + amp*math.Sin(2*math.Pi*(float64(i)/perDay+phase))
		}, 0.04)
	},
	"peaks": func(r *rand.Rand, n int) stream { // an hour a day
		high, at := 2+2*r.Float64(), r.IntN(23)
		return shaped(r, n, func(i int) float64 {
			if i%perDay/12 == at {
				return high
			}
			return 1
		}, 0.03)
	},
	"weekly": func(r *rand.Rand, n int) stream { // eight hours a week
		high, at := 2+2*r.Float64(), r.IntN(160)
		return shaped(r, n, func(i int) float64 {
			if h := i / 12 % 168; h >= at && h < at+8 {
				return high
			}
			return 1
		}, 0.03)
	},
	"weekend": func(r *rand.Rand, n int) stream {
		low, at := 0.3+0.3*r.Float64(), r.IntN(7)
		return shaped(r, n, func(i int) float64 {
			if d := (i/perDay + at) % 7; d < 2 {
				return low
			}
			return 1 + 0.3*math.Sin(2*math.Pi*float64(i)/perDay)
		}, 0.03)
	},
	"bursty": func(r *rand.Rand, n int) stream {
		left, level := 0, 1.0
		return shaped(r, n, func(i int) float64 {
			if left > 0 {
				left--
				return level
			}
			if r.Float64() < 0.01 {
				left, level = 1+r.IntN(8), 1.5+1.5*r.ExpFloat64()
				level = min(level, 8)
			}
			return 1
		}, 0.1)
	},
	"leaking": func(r *rand.Rand, n int) stream { // restarted now and then
		rate, life, age := 0.05+0.15*r.Float64(), perDay*(2+r.IntN(6)), 0
		return shaped(r, n, func(i int) float64 {
			if age++; age > life {
				age = 0
			}
			return 1 + rate*float64(age)/perDay
		}, 0.01)
	},
	"stepping": func(r *rand.Rand, n int) stream {
		level := 1.0
		next := perDay*5 + r.IntN(perDay*10)
		return shaped(r, n, func(i int) float64 {
			if i == next {
				level *= []float64{0.3, 0.5, 1.6, 2.5}[r.IntN(4)]
				next = i + perDay*7 + r.IntN(perDay*10)
			}
			return level
		}, 0.03)
	},
	"spiking": func(r *rand.Rand, n int) stream { // one short peak in some days
		high, gap := 2+2*r.Float64(), 1+4*r.Float64()
		next := r.IntN(perDay * 3)
		return shaped(r, n, func(i int) float64 {
			if i == next {
				next = i + int(gap*perDay*(0.3+1.4*r.Float64()))
				return high * (0.9 + 0.2*r.Float64())
			}
			return 1
		}, 0.03)
	},
}

var familyNames = []string{"steady", "daily", "peaks", "weekly", "weekend", "bursty", "leaking", "stepping", "spiking"}

func shaped(r *rand.Rand, n int, shape func(int) float64, noise float64) stream {
	scale, mem := 100*math.Exp(2*r.Float64()), 200*mib*math.Exp(2.5*r.Float64())
	noise *= 0.5 + r.Float64()
	s := stream{cpu: make([]float64, n), mem: make([]float64, n)}
	drift := 0.0
	for i := range n {
		v := shape(i)
		drift = 0.98*drift + 0.2*noise*r.NormFloat64()
		s.cpu[i] = scale * v * math.Exp(drift+3*noise*r.NormFloat64())
		s.mem[i] = mem * v * math.Exp(drift+0.3*noise*r.NormFloat64())
	}
	return s
}

// start is a Monday.
const start = int64(1_790_000_000_000/604_800_000*604_800_000 + 4*86_400_000)

func sampled(metric usage.Metric, x []float64, from, to int) usage.Series {
	s := usage.Series{Key: usage.Key{Namespace: "n", Pod: "p", Container: "c"}, Metric: metric}
	for i := from; i < to; i++ {
		s.Samples = append(s.Samples, usage.Sample{At: start + int64(i+1)*300_000, Value: x[i]})
	}
	return s
}

// vpaMemory is what VPA v1.8.1 would ask for: the 90th percentile of daily peaks that fade by half in a day, in buckets that
// grow by 5 %, and 15 % more.
func vpaMemory(x []float64, day int) float64 {
	weights := map[int]float64{}
	total := 0.0
	for d := 0; d < day; d++ {
		if day-d > 8 {
			continue
		}
		peak := 0.0
		for _, v := range x[d*perDay : (d+1)*perDay] {
			peak = max(peak, v)
		}
		w := math.Exp2(float64(d - day))
		weights[bucket(peak, 1e7)] += w
		total += w
	}
	return 1.15 * percentile(weights, total, 1e7)
}

func vpaCPU(x []float64, day int) float64 {
	weights := map[int]float64{}
	total := 0.0
	for i := max(0, (day-8)*perDay); i < day*perDay; i++ {
		w := math.Exp2(float64(i-day*perDay) / perDay)
		weights[bucket(x[i], 10)] += w
		total += w
	}
	return 1.15 * percentile(weights, total, 10)
}

func bucket(v, first float64) int {
	if v < first {
		return 0
	}
	return int(math.Log(v*0.05/first+1) / math.Log(1.05))
}

func percentile(weights map[int]float64, total, first float64) float64 {
	sum := 0.0
	for b := 0; b < 176; b++ {
		if sum += weights[b]; sum >= 0.9*total {
			return first * (math.Pow(1.05, float64(b+1)) - 1) / 0.05
		}
	}
	return 0
}

// score is what one knob of one recommender reached.
type score struct {
	slack, ooms, n float64
}

func (s *score) add(request float64, x []float64) {
	over := 0.0
	used := 0.0
	for _, v := range x {
		used += v
		over = max(over, v)
	}
	s.n++
	s.slack += (request - used/float64(len(x))) / request
	if over > request {
		s.ooms++
	}
}

func (s score) String() string {
	return fmt.Sprintf("%5.1f%%/%5.2f%%", 100*s.slack/s.n, 100*s.ooms/s.n)
}

var knobs = []float64{0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001, 0.0001}

func TestWalkMemory(t *testing.T) {
	if os.Getenv("WALK") == "" {
		t.Skip("WALK is not set")
	}
	const days, warm = 28, 14
	hours := 24.0
	if os.Getenv("WALK") == "28" {
		hours = 24 * 28
	}
	ours, vpa := make([]score, len(knobs)), score{}
	for f, name := range familyNames {
		mine, theirs, best := make([]score, len(knobs)), score{}, score{}
		for seed := range uint64(24) {
			r := rand.New(rand.NewPCG(seed, uint64(f)))
			s := families[name](r, days*perDay)
			in := NewIntake(Options{})
			in.Add(sampled(usage.Memory, s.mem, 0, warm*perDay))
			for day := warm; day < days; day++ {
				st := in.States()[0]
				m := st.memoryNeed(start + int64(day)*86_400_000)
				next := s.mem[day*perDay : (day+1)*perDay]
				for k, risk := range knobs {
					mine[k].add(m.least(risk, hours)*mib, next)
				}
				theirs.add(vpaMemory(s.mem, day), next)
				best.add(slices.Max(next), next)
				in.Add(sampled(usage.Memory, s.mem, day*perDay, (day+1)*perDay))
			}
		}
		for k := range knobs {
			ours[k] = ours[k].plus(mine[k])
		}
		vpa = vpa.plus(theirs)
		t.Logf("%-9s oracle %v vpa %v  ours %v", name, best, theirs, mine)
	}
	t.Logf("%-9s vpa %v  ours %v", "all", vpa, ours)
}

func (s score) plus(o score) score { return score{s.slack + o.slack, s.ooms + o.ooms, s.n + o.n} }

func TestWalkCPU(t *testing.T) {
	if os.Getenv("WALK") == "" {
		t.Skip("WALK is not set")
	}
	const days, warm = 28, 14
	ours, vpa := make([]score, len(knobs)), score{}
	for f, name := range familyNames {
		mine, theirs, best := make([]score, len(knobs)), score{}, score{}
		for seed := range uint64(24) {
			r := rand.New(rand.NewPCG(seed, uint64(f)))
			s := families[name](r, days*perDay)
			in := NewIntake(Options{})
			in.Add(sampled(usage.CPU, s.cpu, 0, warm*perDay))
			for day := warm; day < days; day++ {
				st := in.States()[0]
				m := st.cpuNeed(start + int64(day)*86_400_000)
				next := s.cpu[day*perDay : (day+1)*perDay]
				for k, risk := range knobs {
					mine[k].under(m.least(risk), next)
				}
				theirs.under(vpaCPU(s.cpu, day), next)
				best.under(sorted(next)[perDay*99/100], next)
				in.Add(sampled(usage.CPU, s.cpu, day*perDay, (day+1)*perDay))
			}
		}
		for k := range knobs {
			ours[k] = ours[k].plus(mine[k])
		}
		vpa = vpa.plus(theirs)
		t.Logf("%-9s oracle99 %v vpa %v  ours %v", name, best, theirs, mine)
	}
	t.Logf("%-9s vpa %v  ours %v", "all", vpa, ours)
}

func (s *score) under(request float64, x []float64) {
	over, used := 0.0, 0.0
	for _, v := range x {
		used += v
		if v > request {
			over++
		}
	}
	s.n++
	s.slack += (request - used/float64(len(x))) / request
	s.ooms += over / float64(len(x))
}
