package demand

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/tenon-sh/tenon/planner/usage"
)

const recording = "/work/shared/traces/alibaba-genai-v2026/pod_memory_util_anon.csv.gz"

// recorded reads the memory of the pods of the GenAI recording, as shares of 64 GiB.
func recorded(t *testing.T) map[string][]usage.Sample {
	f, err := os.Open(recording)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(z)
	out := map[string][]usage.Sample{}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		v, err1 := strconv.ParseFloat(row[0], 64)
		at, err2 := strconv.ParseFloat(row[1], 64)
		if err1 != nil || err2 != nil {
			continue
		}
		out[row[2]] = append(out[row[2]], usage.Sample{At: int64(at * 1000), Value: max(v, 0) * (64 << 30)})
	}
	for _, s := range out {
		slices.SortFunc(s, func(a, b usage.Sample) int { return int(a.At - b.At) })
	}
	return out
}

func TestWalkRecording(t *testing.T) {
	if os.Getenv("WALK") == "" {
		t.Skip("WALK is not set")
	}
	all := recorded(t)
	var pods []string
	for p := range all {
		pods = append(pods, p)
	}
	slices.Sort(pods)
	first, last := int64(1662858720000), int64(1662940800000)
	half := (first + last) / 2
	for _, ahead := range []float64{12, 24, 24 * 28} {
		in := NewIntake(Options{})
		for _, p := range pods {
			var train []usage.Sample
			for _, s := range all[p] {
				if s.At < half {
					train = append(train, s)
				}
			}
			in.Add(usage.Series{Key: usage.Key{Namespace: "n", Pod: p, Container: "c"}, Metric: usage.Memory, Samples: train})
		}
		states := in.States()
		Calibrate(states)
		ours, vpa := make([]score, len(knobs)), score{}
		heavy, vpaHeavy := make([]float64, len(knobs)), 0.0
		worst := 0
		for _, s := range states {
			var test []float64
			for _, x := range all[s.name.Pod] {
				if x.At >= half {
					test = append(test, x.Value)
				}
			}
			if s.samples[ofMemory] < 100 || len(test) < 100 {
				continue
			}
			mean := 0.0
			for _, v := range test {
				mean += v / float64(len(test))
			}
			peak := 0.0
			for _, x := range all[s.name.Pod] {
				if x.At < half {
					peak = max(peak, x.Value)
				}
			}
			v := 1.15 * percentile(map[int]float64{bucket(peak, 1e7): 1}, 1, 1e7)
			vpa.add(v, test)
			vpaHeavy += (v - mean) / (1 << 30)
			m := s.memoryNeed(half)
			for k, risk := range knobs {
				r := m.least(risk, ahead) * mib
				ours[k].add(r, test)
				heavy[k] += (r - mean) / (1 << 30)
			}
			if ahead == 12 && os.Getenv("WALK") == "miss" {
				worst++
				rr := m.least(.02, ahead) * mib
				t.Logf("miss %v slack %.3f vpa %.3f oracle %.3f", slices.Max(test) > rr, 1-mean/rr, 1-mean/v, 1-mean/slices.Max(test))
				t.Logf("%s peak %.3f came %.3f vpa %.3f ours 1%% %.3f .1%% %.3f blocks %.3f", s.name.Pod[:6], peak/(64<<30), slices.Max(test)/(64<<30), v/(64<<30), m.least(.01, ahead)/65536, m.least(.001, ahead)/65536, scaleAll(m.tail.sorted, 1./65536))
			}
		}
		t.Logf("pool %+v", states[0].pool)
		line := fmt.Sprintf("%v h: vpa %v %.0f GiB;", ahead, &vpa, vpaHeavy)
		for k := range knobs {
			line += fmt.Sprintf(" %v: %v %.0f;", knobs[k], &ours[k], heavy[k])
		}
		t.Log(line)
	}
}

func scaleAll(x []float64, by float64) (out []float64) {
	for _, v := range x {
		out = append(out, v*by)
	}
	return out
}
