package demand

import (
	"fmt"
	"math"
	"math/rand/v2"
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
		return shaped(r, n, func(int) float64 { return 1 }, 0.02)
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
		return shaped(r, n, func(int) float64 {
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
		return shaped(r, n, func(int) float64 {
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
	for d := range day {
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
	for b := range 176 {
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

func (s *score) String() string {
	return fmt.Sprintf("%5.1f%%/%5.2f%%", 100*s.slack/s.n, 100*s.ooms/s.n)
}

var knobs = []float64{0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001, 0.0001}

// walk asks every recommender once a day, and tells what came.
type walk struct {
	streams []stream
	in      *Intake
	day     int
}

const days, warm, seeds = 28, 14, 16

func walking(metric usage.Metric) *walk {
	w := &walk{in: NewIntake(Options{})}
	for f, name := range familyNames {
		for seed := range uint64(seeds) {
			s := families[name](rand.New(rand.NewPCG(seed, uint64(f))), days*perDay)
			s.family = name
			w.streams = append(w.streams, s)
		}
	}
	w.day = warm
	w.feed(metric, 0, warm)
	return w
}

func (w *walk) feed(metric usage.Metric, from, to int) {
	for i, s := range w.streams {
		x := s.mem
		if metric == usage.CPU {
			x = s.cpu
		}
		c := sampled(metric, x, from*perDay, to*perDay)
		c.Key.Pod = fmt.Sprintf("%04d", i)
		w.in.Add(c)
	}
}

type table struct {
	families []string // nil: familyNames
	names    []string
	rows     map[string]map[string]*score
}

func (t *table) at(family, who string) *score {
	if t.rows == nil {
		t.rows = map[string]map[string]*score{}
	}
	if t.rows[family] == nil {
		t.rows[family] = map[string]*score{}
	}
	if t.rows[family][who] == nil {
		t.rows[family][who] = &score{}
	}
	if !slices.Contains(t.names, who) {
		t.names = append(t.names, who)
	}
	return t.rows[family][who]
}

func (t *table) print(test *testing.T) {
	line := fmt.Sprintf("%-9s", "")
	for _, who := range t.names {
		line += fmt.Sprintf(" %13s", who)
	}
	test.Log(line)
	if t.families == nil {
		t.families = familyNames
	}
	for _, f := range append(slices.Clone(t.families), "all") {
		line := fmt.Sprintf("%-9s", f)
		for _, who := range t.names {
			line += fmt.Sprintf(" %13s", t.rows[f][who])
		}
		test.Log(line)
	}
}

// TestPromisesOfMemory asks once a day for the next day. What was promised must hold on what came to within a point, and the days on
// which somebody would have been killed must be fewer than with VPA at the same slack, to which the knob that is nearest is taken.
func TestPromisesOfMemory(t *testing.T) {
	var out table
	w := walking(usage.Memory)
	for ; w.day < days; w.day++ {
		states := w.in.States()
		for i, s := range w.streams {
			next := s.mem[w.day*perDay : (w.day+1)*perDay]
			both := func(who string, request float64) {
				out.at(s.family, who).add(request, next)
				out.at("all", who).add(request, next)
			}
			both("oracle", slices.Max(next))
			both("vpa", vpaMemory(s.mem, w.day))
			m := states[i].memoryNeed(start + int64(w.day)*86_400_000)
			for _, risk := range knobs {
				both(fmt.Sprint(risk), m.least(risk, 24)*mib)
			}
		}
		w.feed(usage.Memory, w.day, w.day+1)
	}
	out.print(t)
	out.promised(t, "all", 0.01, "0.05", "0.02", "0.01")
	// Measured: VPA 47.5 % of slack with 4.4 % of days; ours 39.5 % with 5.2 % (knob 0.05), and 47.4 % with 0.64 % (0.003), most of
	// which are steps that nobody can foresee.
	vpa := out.at("all", "vpa")
	if o := out.at("all", "0.003"); o.rate() > vpa.rate()/6 || o.over() > vpa.over()+0.01 {
		t.Errorf("at VPA's slack: ours %v, VPA %v", o, vpa)
	}
	if o := out.at("all", "0.05"); o.over() > vpa.over()-0.07 {
		t.Errorf("at VPA's rate of kills: ours %v, VPA %v", o, vpa)
	}
}

// TestPromisesOfCPU does so with the share of time.
func TestPromisesOfCPU(t *testing.T) {
	var out table
	w := walking(usage.CPU)
	for ; w.day < days; w.day++ {
		states := w.in.States()
		for i, s := range w.streams {
			next := s.cpu[w.day*perDay : (w.day+1)*perDay]
			both := func(who string, request float64) {
				out.at(s.family, who).under(request, next)
				out.at("all", who).under(request, next)
			}
			both("oracle 99 %", sorted(next)[perDay*99/100])
			both("vpa", vpaCPU(s.cpu, w.day))
			m := states[i].cpuNeed(start+int64(w.day)*86_400_000, 24)
			for _, risk := range knobs {
				both(fmt.Sprint(risk), m.least(risk))
			}
		}
		w.feed(usage.CPU, w.day, w.day+1)
	}
	out.print(t)
	out.promised(t, "all", 0.01, "0.05", "0.02", "0.01")
	for _, f := range []string{"steady", "daily", "peaks", "weekend", "bursty", "spiking"} {
		out.promised(t, f, 0.02, "0.05", "0.02", "0.01")
	}
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

// TestPromisesForFourWeeks asks once, for four weeks. Steps that come in those weeks are nobody's to foresee; without them
// promises hold to within three of the forty.
func TestPromisesForFourWeeks(t *testing.T) {
	const seeds = 40
	var out table
	in := NewIntake(Options{})
	var streams []stream
	for f, name := range familyNames {
		for seed := range uint64(seeds) {
			s := families[name](rand.New(rand.NewPCG(seed, uint64(f))), 42*perDay)
			s.family = name
			c := sampled(usage.Memory, s.mem, 0, 14*perDay)
			c.Key.Pod = fmt.Sprintf("%04d", len(streams))
			in.Add(c)
			streams = append(streams, s)
		}
	}
	states := in.States()
	for i, s := range streams {
		m := states[i].memoryNeed(start + 14*86_400_000)
		for _, risk := range knobs {
			r := m.least(risk, 28*24) * mib
			out.at(s.family, fmt.Sprint(risk)).add(r, s.mem[14*perDay:])
			out.at("all", fmt.Sprint(risk)).add(r, s.mem[14*perDay:])
		}
	}
	out.print(t)
	for _, f := range familyNames {
		if f != "stepping" {
			for _, who := range []string{"0.05", "0.02", "0.01"} {
				var promise float64
				if _, err := fmt.Sscan(who, &promise); err != nil {
					t.Fatal(err)
				}
				if o := out.at(f, who); o.rate() > promise+0.076 { // three of forty
					t.Errorf("%s, promised %s: %v", f, who, o)
				}
			}
		}
	}
}

func (s *score) rate() float64 { return s.ooms / s.n }
func (s *score) over() float64 { return s.slack / s.n }

// promised compares rates with the risks that were asked for.
func (t *table) promised(test *testing.T, family string, within float64, knobs ...string) {
	test.Helper()
	for _, who := range knobs {
		var promise float64
		if _, err := fmt.Sscan(who, &promise); err != nil {
			test.Fatal(err)
		}
		if o := t.at(family, who); math.Abs(o.rate()-promise) > within {
			test.Errorf("%s, promised %s: %v", family, who, o)
		}
	}
}
