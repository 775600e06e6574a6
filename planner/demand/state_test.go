package demand

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

func TestCodesNeverTellLessAndLittleMore(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, tc := range []struct {
		bits uint
		more float64
	}{{memoryBits, 1.001}, {cpuBits, 1.0313}} {
		for range 20_000 {
			v := math.Exp(40 * r.Float64())
			got := decode(encode(v, tc.bits), tc.bits)
			if got < v || got > v*tc.more {
				t.Fatalf("%v bits: %v became %v", tc.bits, v, got)
			}
			if a, b := encode(v, tc.bits), encode(v*(1+0.1*r.Float64()), tc.bits); b < a {
				t.Fatalf("%v bits: codes fall at %v", tc.bits, v)
			}
			if got2 := decode(encode(2*v, tc.bits), tc.bits); got2 != 2*got {
				t.Fatalf("%v bits: twice %v is %v, not %v", tc.bits, v, got2, 2*got)
			}
		}
		for _, v := range []float64{0, -1, math.NaN(), math.Inf(-1), 0.5, 1} {
			if got := encode(v, tc.bits); got != 1 {
				t.Errorf("%v has code %d, want the least", v, got)
			}
		}
		if a, b := encode(math.Inf(1), tc.bits), encode(1e300, tc.bits); a != b {
			t.Errorf("the largest codes differ: %d, %d", a, b)
		}
	}
	if decode(0, cpuBits) != 0 {
		t.Error("no code is an amount")
	}
}

func TestAStateFitsInTwoKiB(t *testing.T) {
	if size := unsafe.Sizeof(State{}); size > 2048 {
		t.Errorf("in memory: %d bytes", size)
	}
	s := full(t)
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 2048 {
		t.Errorf("marshalled: %d bytes", len(b))
	}
}

// full is a state with everything in it.
func full(t *testing.T) *State {
	t.Helper()
	s := families["bursty"](rand.New(rand.NewPCG(1, 1)), 20*perDay)
	in := NewIntake(Options{})
	for _, pod := range []string{"a", "b"} {
		for m, x := range map[usage.Metric][]float64{usage.CPU: s.cpu, usage.Memory: s.mem} {
			c := sampled(m, x, 0, len(x))
			c.Key = usage.Key{Workload: planner.Ref{Namespace: "n", Kind: "Deployment", Name: "web"}, Namespace: "n", Pod: pod, Container: "c"}
			in.Add(c)
		}
	}
	rare := func(m usage.Metric, pod string, v float64) {
		c := sampled(m, []float64{0, 0, v}, 0, 3)
		c.Key = usage.Key{Workload: planner.Ref{Namespace: "n", Kind: "Deployment", Name: "web"}, Namespace: "n", Pod: pod, Container: "c"}
		for i := range c.Samples {
			c.Samples[i].At += 15 * 86_400_000
		}
		if f := in.Add(c); f != nil {
			t.Errorf("%v", f)
		}
	}
	rare(usage.OOMKills, "a", 2)
	rare(usage.Restarts, "a", 2)
	rare(usage.Throttled, "b", 0.5)
	rare(usage.Replicas, "", 2)
	return in.States()[0]
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	s := full(t)
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var got State
	if err := got.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	want := *s
	want.pool = nil
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(State{}, Name{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.OOMKills() != 2 || got.Pods() != 2 || got.Name().Owner() != "n/Deployment/web" {
		t.Errorf("%d kills, %d pods, %s", got.OOMKills(), got.Pods(), got.Name())
	}
	if a, b, c := got.Replicas(); a != 0 || b != 2 || c != 2 {
		t.Errorf("replicas %d %d %d", a, b, c)
	}
	for n := range b {
		var part State
		if err := part.UnmarshalBinary(b[:n]); !errors.Is(err, ErrWire) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
	if err := got.UnmarshalBinary(append(bytes.Clone(b), 0)); !errors.Is(err, ErrWire) {
		t.Errorf("a byte too many: %v", err)
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte{})
	empty, _ := (&State{name: &Name{}}).MarshalBinary()
	f.Add(empty)
	f.Fuzz(func(t *testing.T, data []byte) {
		var s State
		if s.UnmarshalBinary(data) != nil {
			return
		}
		again, err := s.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var second State
		if err := second.UnmarshalBinary(again); err != nil {
			t.Fatal(err)
		}
		aimed(t, &s)
		s.Merge(&second)
		aimed(t, &s)
	})
}

// marshalled are the bytes of all states.
func marshalled(t *testing.T, in *Intake) []byte {
	t.Helper()
	var out []byte
	for _, s := range in.States() {
		b, err := s.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b...)
	}
	return out
}

func TestTheOrderOfPodsAndTheCutOfChunksDoNotShow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var streams []stream
	for pod := range 4 {
		streams = append(streams, families[familyNames[pod]](rand.New(rand.NewPCG(9, uint64(pod))), 16*perDay))
	}
	var want []byte
	for try := range 6 {
		type piece struct {
			pod, from int
			m         usage.Metric
		}
		length := []int{16 * perDay, perDay, 7, 1000, 100, 4 * perDay}[try]
		var order [][]piece // of each pod's metric, in order of time
		for pod := range 4 {
			for _, m := range []usage.Metric{usage.CPU, usage.Memory} {
				var one []piece
				for from := 0; from < 16*perDay; from += length {
					one = append(one, piece{pod, from, m})
				}
				order = append(order, one)
			}
		}
		in := NewIntake(Options{})
		for len(order) > 0 {
			i := r.IntN(len(order))
			p := order[i][0]
			x := streams[p.pod].mem
			if p.m == usage.CPU {
				x = streams[p.pod].cpu
			}
			c := sampled(p.m, x, p.from, min(p.from+length, 16*perDay))
			c.Key.Workload = planner.Ref{Kind: "Deployment", Name: fmt.Sprint(p.pod % 2)}
			c.Key.Pod = fmt.Sprint(p.pod)
			in.Add(c)
			if order[i] = order[i][1:]; len(order[i]) == 0 {
				order = append(order[:i], order[i+1:]...)
			}
		}
		got := marshalled(t, in)
		if again := marshalled(t, in); !bytes.Equal(got, again) {
			t.Fatal("asking twice gives different bytes")
		}
		if want == nil {
			want = got
		} else if !bytes.Equal(want, got) {
			t.Errorf("chunks of %d samples give other bytes", length)
		}
	}
}

func TestTakingInAllocatesNothingPerSample(t *testing.T) {
	s := families["daily"](rand.New(rand.NewPCG(1, 1)), 30*perDay)
	in := NewIntake(Options{})
	for _, m := range []usage.Metric{usage.CPU, usage.Memory} {
		in.Add(sampled(m, s.cpu, 0, perDay))
		c := sampled(m, s.cpu, perDay, 20*perDay)
		if n := testing.AllocsPerRun(1, func() { in.Add(c) }); n > 0 {
			t.Errorf("%s: %v allocations for %d samples", m, n, len(c.Samples))
		}
	}
}

func TestLimitsAreTold(t *testing.T) {
	in := NewIntake(Options{ContainersMost: 2, PodsMost: 3})
	add := func(owner, pod string) []usage.Fault {
		c := sampled(usage.CPU, []float64{1, 2}, 0, 2)
		c.Key.Workload, c.Key.Pod = planner.Ref{Kind: "Deployment", Name: owner}, pod
		return in.Add(c)
	}
	for _, ok := range [][2]string{{"a", "1"}, {"b", "1"}, {"a", "2"}, {"a", "1"}} {
		if f := add(ok[0], ok[1]); f != nil {
			t.Errorf("%v: %v", ok, f)
		}
	}
	if f := add("a", "3"); len(f) != 1 || f[0].Reason != TooMany || f[0].Count != 2 {
		t.Errorf("a fourth pod: %v", f)
	}
	in.options.PodsMost = 100
	if f := add("c", "1"); len(f) != 1 || f[0].Reason != TooMany {
		t.Errorf("a third container: %v", f)
	}
	if n := len(in.States()); n != 2 {
		t.Errorf("%d states", n)
	}
}

func FuzzAdd(f *testing.F) {
	f.Add(uint64(1), 1.0, int64(1), int64(300_000), uint8(0))
	f.Add(uint64(2), math.NaN(), int64(-5), int64(1), uint8(4))
	f.Add(uint64(3), math.Inf(1), int64(math.MaxInt64), int64(-7), uint8(3))
	f.Add(uint64(4), 1e308, int64(1_790_000_000_000), int64(60_000), uint8(1))
	f.Fuzz(func(t *testing.T, seed uint64, value float64, at, step int64, metric uint8) {
		r := rand.New(rand.NewPCG(seed, 0))
		all := usage.Metrics()
		in := NewIntake(Options{})
		for range 3 {
			s := usage.Series{Key: usage.Key{Pod: fmt.Sprint(r.IntN(2)), Container: "c"}, Metric: all[int(metric)%len(all)]}
			for i := range int64(200) {
				v := value
				if r.IntN(3) == 0 {
					v = []float64{0, -1, math.NaN(), math.Inf(-1), 1, 1e9, 1e18, value * r.Float64()}[r.IntN(8)]
				}
				s.Samples = append(s.Samples, usage.Sample{At: at + step*i*int64(r.IntN(3)), Value: v})
			}
			in.Add(s)
			metric++
		}
		for _, s := range in.States() {
			aimed(t, s)
		}
	})
}
