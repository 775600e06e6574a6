package usage

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const start = 1_760_000_000_000 // 2025-10-09, milliseconds

// at makes samples a minute apart.
func at(values ...float64) []Sample {
	var s []Sample
	for i, v := range values {
		s = append(s, Sample{start + int64(i)*60_000, v})
	}
	return s
}

// counts are the faults by reason.
func counts(faults []Fault) map[Reason]int64 {
	m := map[Reason]int64{}
	for _, f := range faults {
		m[f.Reason] += f.Count
	}
	return m
}

func steady(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

func TestClean(t *testing.T) {
	minute := func(m int64, v float64) Sample { return Sample{start + m*60_000, v} }
	tests := map[string]struct {
		metric Metric
		in     []Sample
		opts   Options
		want   []Sample
		faults map[Reason]int64
	}{
		"what is in order passes": {metric: CPU, in: at(1, 2, 3), want: at(1, 2, 3)},
		"nothing stays nothing":   {metric: CPU},
		"what is no number is dropped": {metric: CPU, in: at(1, math.NaN(), math.Inf(1), math.Inf(-1), -1, 1e9+1, 1e308), want: at(1),
			faults: map[Reason]int64{NotNumber: 1, Infinite: 2, Negative: 1, Impossible: 2}},
		"a million cores and 64 TiB may be": {metric: Memory, in: at(64<<40, 64<<40+1<<20), want: at(64 << 40), faults: map[Reason]int64{Impossible: 1}},
		"a share just outside is noise, further outside it is wrong": {metric: GPUActive, in: at(-1.2e-5, 1.04, 1.06, -0.01, .5), want: []Sample{minute(0, 0), minute(1, 1), minute(4, .5)},
			faults: map[Reason]int64{Noise: 2, Impossible: 1, Negative: 1}},
		"noise below zero is a fault of other metrics": {metric: Memory, in: at(-1e-5), faults: map[Reason]int64{Negative: 1}},
		"minus zero is zero":                           {metric: CPU, in: at(math.Copysign(0, -1)), want: at(0)},
		"percent in place of shares is a wrong unit": {metric: GPUUtil, in: at(50, 60, 70, 80, 1), want: []Sample{minute(4, 1)},
			faults: map[Reason]int64{Impossible: 4}},
		"five of them condemn the series": {metric: GPUUtil, in: at(50, 60, 70, 80, 90, 1), want: []Sample{minute(5, 1)},
			faults: map[Reason]int64{Impossible: 5, Unit: 6}},
		"an unknown metric has no samples": {metric: "bogus", in: at(1, 2), faults: map[Reason]int64{NotKnown: 2}},
		"a little disorder is put in order": {metric: CPU, in: []Sample{minute(0, 1), minute(2, 3), minute(1, 2), minute(3, 4)}, want: at(1, 2, 3, 4),
			faults: map[Reason]int64{Disorder: 1}},
		"what runs backwards is turned around": {metric: CPU, in: []Sample{minute(2, 3), minute(1, 2), minute(0, 1)}, want: at(1, 2, 3),
			faults: map[Reason]int64{Disorder: 2}},
		"much disorder is dropped": {metric: CPU, in: []Sample{minute(3, 4), minute(1, 2), minute(2, 3), minute(4, 5)}, want: []Sample{minute(3, 4), minute(4, 5)},
			faults: map[Reason]int64{Late: 2}},
		"of one instant the larger counts, wherever it stands": {metric: CPU, in: []Sample{minute(0, 1), minute(0, 5), minute(1, 7), minute(1, 2)}, want: []Sample{minute(0, 5), minute(1, 7)},
			faults: map[Reason]int64{Duplicate: 2}},
		"times outside what is asked for are dropped": {metric: CPU, in: at(1, 2, 3), opts: Options{From: start + 60_000, To: start + 60_000}, want: []Sample{minute(1, 2)},
			faults: map[Reason]int64{BadTime: 2}},
		"times before 1970 and after 2099 are none": {metric: CPU, in: []Sample{{-1, 1}, {LatestMillis, 1}, {math.MaxInt64, 1}, {math.MinInt64, 1}},
			faults: map[Reason]int64{BadTime: 4}},
		"microseconds are no milliseconds": {metric: CPU, in: []Sample{{start * 1000, 1}, {(start + 60_000) * 1000, 2}}, want: at(1, 2),
			faults: map[Reason]int64{TimeUnit: 2}},
		"nanoseconds neither": {metric: CPU, in: []Sample{{start * 1e6, 1}}, want: at(1), faults: map[Reason]int64{TimeUnit: 1}},
		"seconds are told by their steps": {metric: CPU, in: []Sample{{start / 1000, 1}, {start/1000 + 60, 2}, {start/1000 + 120, 3}}, want: at(1, 2, 3),
			faults: map[Reason]int64{TimeUnit: 3}},
		"January 1970 is a time too": {metric: CPU, in: []Sample{{1_000_000_000, 1}, {1_000_060_000, 2}, {1_000_120_000, 3}},
			want: []Sample{{1_000_000_000, 1}, {1_000_060_000, 2}, {1_000_120_000, 3}}},
		"one or two samples are too few to tell": {metric: CPU, in: []Sample{{1_000_000_000, 1}, {1_000_000_060, 2}},
			want: []Sample{{1_000_000_000, 1}, {1_000_000_060, 2}}},
		"a mix of units is no time": {metric: CPU, in: []Sample{{start, 1}, {start * 1000, 2}}, want: at(1), faults: map[Reason]int64{BadTime: 1}},
		"a step of 1024 between plateaus is another unit": {metric: Memory, in: at(append(steady(5, 1e9), steady(5, 1e9/1024)...)...),
			want: at(append(steady(5, 1e9), steady(5, 1e9/1024)...)...), faults: map[Reason]int64{Unit: 5}},
		"of CPU a step of 1000": {metric: CPU, in: at(append(steady(4, .25), steady(4, 250)...)...),
			want: at(append(steady(4, .25), steady(4, 250)...)...), faults: map[Reason]int64{Unit: 4}},
		"a step of 700 is a load that begins": {metric: Memory, in: at(append(steady(5, 1e6), steady(5, 7e8)...)...),
			want: at(append(steady(5, 1e6), steady(5, 7e8)...)...)},
		"a step by a unit between values that are not steady is a load": {metric: Memory, in: at(1e6, 2e6, 1e6, 2e6, 2e9, 1e9, 2e9, 1e9),
			want: at(1e6, 2e6, 1e6, 2e6, 2e9, 1e9, 2e9, 1e9)},
		"memory far below what is asked is in another unit": {metric: Memory, in: at(steady(12, 512)...), want: at(steady(12, 512)...),
			opts: Options{Asked: func(Key, Metric) float64 { return 1 << 30 }}, faults: map[Reason]int64{Unit: 12}},
		"so is memory far above": {metric: Memory, in: at(steady(12, 1e12)...), want: at(steady(12, 1e12)...),
			opts: Options{Asked: func(Key, Metric) float64 { return 1e9 }}, faults: map[Reason]int64{Unit: 12}},
		"and CPU": {metric: CPU, in: at(steady(12, 250_000)...), want: at(steady(12, 250_000)...),
			opts: Options{Asked: func(Key, Metric) float64 { return 250 }}, faults: map[Reason]int64{Unit: 12}},
		"a burst of CPU is one": {metric: CPU, in: at(append(steady(11, 5), 250_000)...), want: at(append(steady(11, 5), 250_000)...),
			opts: Options{Asked: func(Key, Metric) float64 { return 250 }}},
		"idle CPU is idle": {metric: CPU, in: at(steady(12, .3)...), want: at(steady(12, .3)...),
			opts: Options{Asked: func(Key, Metric) float64 { return 2000 }}},
		"what is asked may be nonsense too": {metric: Memory, in: at(steady(12, 512)...), want: at(steady(12, 512)...),
			opts: Options{Asked: func(Key, Metric) float64 { return math.NaN() }}},
		"missing samples are counted": {metric: CPU, in: append(at(steady(9, 1)...), minute(18, 1)), want: append(at(steady(9, 1)...), minute(18, 1)),
			faults: map[Reason]int64{Hole: 9}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			in := Series{Key: Key{Namespace: "n", Pod: "p"}, Metric: tc.metric, Samples: slices.Clone(tc.in)}
			for i := range in.Samples {
				in.Lines = append(in.Lines, int64(i+2))
			}
			got, faults := Clean(in, tc.opts)
			if diff := cmp.Diff(tc.want, got.Samples, cmp.Transformer("empty", func(s []Sample) []Sample { return append([]Sample{}, s...) })); diff != "" {
				t.Errorf("samples (-want +got):\n%s", diff)
			}
			if tc.faults == nil {
				tc.faults = map[Reason]int64{}
			}
			if diff := cmp.Diff(tc.faults, counts(faults)); diff != "" {
				t.Errorf("faults (-want +got):\n%s\n%v", diff, faults)
			}
			if !slices.EqualFunc(in.Samples, tc.in, func(a, b Sample) bool { return a.At == b.At && math.Float64bits(a.Value) == math.Float64bits(b.Value) }) {
				t.Error("the input was changed")
			}
		})
	}
}

func TestAFaultNamesItsLine(t *testing.T) {
	s := Series{Key: Key{Namespace: "shop", Pod: "web-0", Container: "app"}, Metric: Memory, Origin: "a.csv",
		Samples: []Sample{{start + 60_000, 1e9}, {start, -3}, {start, -4}}, Lines: []int64{7, 9, 11}}
	got, faults := Clean(s, Options{})
	if len(faults) != 1 {
		t.Fatalf("faults: %v", faults)
	}
	want := "a.csv:9: memory of shop/web-0/app: negative × 2, such as -3 at 2025-10-09T08:53:20Z"
	if got := faults[0].String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if diff := cmp.Diff([]int64{7}, got.Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestACleanerRemembersTheChunkBefore(t *testing.T) {
	c := NewCleaner(Options{})
	chunk := func(samples ...Sample) (int, map[Reason]int64) {
		s, faults := c.Clean(Series{Metric: Memory, Samples: samples})
		return len(s.Samples), counts(faults)
	}
	if kept, _ := chunk(at(steady(10, 1e9)...)...); kept != 10 {
		t.Fatalf("%d kept", kept)
	}
	kept, faults := chunk(at(steady(10, 1e9)...)...)
	if kept != 0 || faults[Late] != 9 || faults[Duplicate] != 1 {
		t.Errorf("the same chunk again: %d kept, %v", kept, faults)
	}
	kept, faults = chunk(Sample{start + 30*60_000, 1e9}, Sample{start + 31*60_000, 1e9 / 1024})
	if kept != 2 || faults[Hole] != 20 {
		t.Errorf("a chunk after a gap: %d kept, %v", kept, faults)
	}
	if _, faults = chunk(Sample{start + 32*60_000, 1e9 / 1024}, Sample{start + 33*60_000, 1e9 / 1024}); len(faults) != 0 {
		t.Errorf("too early to tell: %v", faults)
	}
	if _, faults = chunk(Sample{start + 34*60_000, 1e9 / 1024}); faults[Unit] != 1 {
		t.Errorf("a change of unit across three chunks is not seen: %v", faults)
	}
}

// TestCleanKeepsItsPromises looks at what Clean returns for dice: order, one sample an instant, range, nothing raised, and
// no sample lost that is not counted.
func TestCleanKeepsItsPromises(t *testing.T) {
	dice := rand.New(rand.NewPCG(4, 2))
	strange := []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, -1e-4, 0, 1, 1.01, 1e308, -1e308, math.SmallestNonzeroFloat64, 1e9, 1e12}
	for range 3000 {
		s := Series{Metric: Metrics()[dice.IntN(len(Metrics()))]}
		for range dice.IntN(40) {
			x := Sample{start + int64(dice.IntN(30))*60_000, dice.Float64() * 2}
			if dice.IntN(4) == 0 {
				x.Value = strange[dice.IntN(len(strange))]
			}
			if dice.IntN(20) == 0 {
				x.At = dice.Int64() - dice.Int64()
			}
			s.Samples = append(s.Samples, x)
			s.Lines = append(s.Lines, int64(len(s.Lines)))
		}
		promises(t, s)
	}
}

func promises(t *testing.T, s Series) {
	t.Helper()
	got, faults := Clean(s, Options{})
	var dropped int64
	for _, f := range faults {
		if f.Reason.Effect() == Dropped {
			dropped += f.Count
		}
		if f.Count <= 0 || f.Example == "" || f.Metric != s.Metric {
			t.Errorf("fault %+v", f)
		}
	}
	if int64(len(got.Samples))+dropped != int64(len(s.Samples)) {
		t.Errorf("%d kept and %d dropped of %d", len(got.Samples), dropped, len(s.Samples))
	}
	if s.Lines != nil && len(got.Lines) != len(got.Samples) {
		t.Fatalf("%d lines of %d samples", len(got.Lines), len(got.Samples))
	}
	for i, x := range got.Samples {
		if !(x.Value >= 0 && x.Value <= Most(s.Metric)) || x.At < 0 || x.At >= LatestMillis {
			t.Errorf("%+v is out of range", x)
		}
		if i > 0 && got.Samples[i-1].At >= x.At {
			t.Errorf("%d is not after %d", x.At, got.Samples[i-1].At)
		}
		if s.Lines != nil {
			if was := s.Samples[got.Lines[i]].Value; x.Value > max(was, 0) {
				t.Errorf("%g was raised to %g", was, x.Value)
			}
		}
	}
	// Slow and stupid: of each instant the largest of what is believable, unless times were too wild to be put in order.
	if c := counts(faults); c[Late] == 0 && c[TimeUnit] == 0 {
		most := map[int64]float64{}
		for _, x := range s.Samples {
			if v, r := judge(s.Metric, x.Value); (r == "" || r == Noise) && x.At >= 0 && x.At < LatestMillis {
				most[x.At] = max(most[x.At], v)
			}
		}
		for _, x := range got.Samples {
			if v, ok := most[x.At]; !ok || v != x.Value {
				t.Errorf("at %d it keeps %g where the largest is %g", x.At, x.Value, v)
			}
		}
		if len(most) != len(got.Samples) {
			t.Errorf("%d instants, %d kept", len(most), len(got.Samples))
		}
	}
	again, more := Clean(got, Options{})
	if !cmp.Equal(got.Samples, again.Samples) {
		t.Errorf("cleaned twice it differs: %v", more)
	}
}

func FuzzClean(f *testing.F) {
	f.Add(uint8(0), []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08"))
	f.Fuzz(func(t *testing.T, m uint8, raw []byte) {
		s := Series{Metric: Metrics()[int(m)%len(Metrics())]}
		for ; len(raw) >= 10; raw = raw[10:] {
			var bits uint64
			for _, b := range raw[:8] {
				bits = bits<<8 | uint64(b)
			}
			s.Samples = append(s.Samples, Sample{start + int64(int8(raw[8]))*60_000 + int64(int8(raw[9]))*1_000_000_000, math.Float64frombits(bits)})
			s.Lines = append(s.Lines, int64(len(s.Lines)))
		}
		promises(t, s)
		g, _ := FromCounter(s, Counter{Scale: 1000})
		for _, x := range g.Samples {
			if x.Value < 0 || math.IsNaN(x.Value) {
				t.Errorf("a rate of %g", x.Value)
			}
		}
	})
}

func TestFromCounter(t *testing.T) {
	tests := map[string]struct {
		in     []Sample
		c      Counter
		want   []float64
		faults map[Reason]int64
	}{
		"seconds of CPU become milli-CPU":                       {in: at(0, 60, 90), c: Counter{Scale: 1000}, want: []float64{1000, 500}},
		"a chunk goes on where the one before ended":            {in: at(60), c: Counter{Scale: 1000, Before: &Sample{start - 60_000, 30}}, want: []float64{500}},
		"over a reset there is no rate":                         {in: at(100, 160, 10, 70), c: Counter{Scale: 1000}, want: []float64{1000, 1000}, faults: map[Reason]int64{Reset: 1}},
		"one low reading gives no rate on either side":          {in: at(100, 160, 10, 220, 280), c: Counter{Scale: 1000}, want: []float64{1000, 1000}, faults: map[Reason]int64{Reset: 2}},
		"events after a reset are at least what is there":       {in: at(3, 5, 1, 2), c: Counter{Scale: 1, Events: true}, want: []float64{2, 1, 1}, faults: map[Reason]int64{Reset: 1}},
		"events over one low reading are those above the old":   {in: at(5, 0, 7), c: Counter{Scale: 1, Events: true}, want: []float64{0, 2}, faults: map[Reason]int64{Reset: 2}},
		"what is no reading is left out":                        {in: at(0, math.NaN(), math.Inf(1), -4, 240), c: Counter{Scale: 1000}, want: []float64{1000}, faults: map[Reason]int64{NotNumber: 1, Infinite: 1, Negative: 1}},
		"the mean over more than an hour says nothing of peaks": {in: []Sample{{start, 0}, {start + 2*hourMillis, 7200}}, c: Counter{Scale: 1000}, faults: map[Reason]int64{Hole: 1}},
		"time must pass": {in: []Sample{{start, 0}, {start, 7200}, {start - 1, 8000}}, c: Counter{Scale: 1000}, faults: map[Reason]int64{Duplicate: 1, Late: 1}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, faults := FromCounter(Series{Metric: CPU, Samples: tc.in}, tc.c)
			var values []float64
			for _, x := range got.Samples {
				values = append(values, x.Value)
			}
			if diff := cmp.Diff(tc.want, values); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			if tc.faults == nil {
				tc.faults = map[Reason]int64{}
			}
			if diff := cmp.Diff(tc.faults, counts(faults)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInstant(t *testing.T) {
	for name, tc := range map[string]struct {
		x     float64
		scale Scale
		ms    int64
	}{
		"seconds":                   {1662858720, Seconds, 1662858720000},
		"seconds with a fraction":   {1662858720.5, Seconds, 1662858720500},
		"milliseconds":              {1662858720123, Millis, 1662858720123},
		"microseconds":              {1662858720123456, Micros, 1662858720123},
		"nanoseconds":               {1662858720123456789, Nanos, 1662858720123},
		"a number of none":          {60, NoScale, 0},
		"between seconds and ms":    {5e10, NoScale, 0},
		"below zero":                {-1662858720, NoScale, 0},
		"infinity":                  {math.Inf(1), NoScale, 0},
		"what is no number":         {math.NaN(), NoScale, 0},
		"the next century":          {4102444800, NoScale, 0},
		"the first second of 2000":  {946684800, Seconds, 946684800000},
		"the last second of before": {946684799, NoScale, 0},
	} {
		t.Run(name, func(t *testing.T) {
			scale := ScaleOf(tc.x)
			ms, ok := Instant(tc.x, scale)
			if scale != tc.scale || ms != tc.ms || ok != (tc.scale != NoScale) {
				t.Errorf("got %s, %d, %t, want %s, %d", scale, ms, ok, tc.scale, tc.ms)
			}
		})
	}
}

func TestDoubt(t *testing.T) {
	for name, tc := range map[string]struct {
		kept   int64
		faults []Fault
		want   string
	}{
		"nothing is wrong":                {100, nil, ""},
		"one in twenty is too few":        {95, []Fault{{Reason: Negative, Count: 5}}, ""},
		"more are too many":               {94, []Fault{{Reason: Negative, Count: 3}, {Reason: NotNumber, Count: 3}}, "6 of 100 samples cannot be true, more than 5 %"},
		"all of them":                     {0, []Fault{{Reason: Late, Count: 1}}, "1 of 1 samples cannot be true, more than 5 %"},
		"duplicates are no reason":        {50, []Fault{{Reason: Duplicate, Count: 50}}, ""},
		"nor is what was changed or lost": {50, []Fault{{Reason: Hole, Count: 50}, {Reason: Noise, Count: 50}}, ""},
		"a unit is one":                   {50, []Fault{{Reason: Unit, Metric: Memory, Key: Key{Namespace: "a", Pod: "b"}, Count: 1, Example: "x"}}, "memory of a/b: unit × 1, such as x"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Doubt(tc.kept, tc.faults); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestATallyStaysSmall(t *testing.T) {
	var tally Tally
	for i := range 1000 {
		tally.Add(Fault{Metric: Metric(rune('a' + i%26)), Reason: NotKnown, Count: 2, Example: "x"}, Fault{Metric: CPU, Reason: Negative, Count: 1}, Fault{Metric: CPU, Reason: Hole, Count: 7})
	}
	got := tally.Faults()
	if len(got) != 3 || got[0].Count != 2000 || got[0].Example != "x" || tally.Count(Dropped) != 3000 || tally.Count(Noted) != 7000 {
		t.Errorf("%v, %d dropped", got, tally.Count(Dropped))
	}
}

func BenchmarkClean(b *testing.B) {
	s := Series{Key: Key{Namespace: "n", Pod: "p"}, Metric: Memory}
	for i := range 512 {
		s.Samples = append(s.Samples, Sample{start + int64(i)*60_000, 1e9 + float64(i%7)})
	}
	for b.Loop() {
		Clean(s, Options{})
	}
	b.ReportMetric(float64(b.N)*512/b.Elapsed().Seconds(), "samples/s")
}
