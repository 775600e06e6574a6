package loads_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/simulations/loads"
)

func text(t *testing.T, o loads.Options) []byte {
	t.Helper()
	all, err := loads.Make(o)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := loads.WriteCSV(&b, all); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSameBytes pins the bytes of a seed, so that figures of different days and machines are of the same loads.
func TestSameBytes(t *testing.T) {
	sum := sha256.Sum256(text(t, loads.Options{Seed: 7, Workloads: 2, Days: 15}))
	if got, want := hex.EncodeToString(sum[:8]), "469e503dad3683ee"; got != want {
		t.Errorf("seed 7 gives %s, and gave %s", got, want)
	}
	if bytes.Equal(text(t, loads.Options{Seed: 1, Workloads: 1, Days: 1}), text(t, loads.Options{Seed: 2, Workloads: 1, Days: 1})) {
		t.Error("two seeds give the same")
	}
}

func TestOneFamilyIsTheSameAloneAndAmongOthers(t *testing.T) {
	all, err := loads.Make(loads.Options{Seed: 3, Workloads: 2, Days: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range loads.Families() {
		alone, err := loads.Make(loads.Options{Seed: 3, Workloads: 1, Days: 2, Families: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		n := slices.IndexFunc(all, func(w loads.Workload) bool { return w.Family == name })
		if diff := cmp.Diff(all[n], alone[0]); diff != "" {
			t.Errorf("%s among others (-) and alone (+):\n%s", name, diff)
		}
	}
}

func TestCSV(t *testing.T) {
	lines := strings.Split(string(text(t, loads.Options{Seed: 3, Workloads: 1, Days: 1, Step: 30, Families: []string{"steady"}})), "\n")
	if lines[0] != loads.Header {
		t.Errorf("header %q", lines[0])
	}
	if got, want := lines[1][:strings.LastIndex(lines[1], ",")], "1780273800,loads,Deployment/steady-0,steady-0-0,main,cpu"; got != want {
		t.Errorf("first line %q, want %q and a value", got, want)
	}
}

func TestUnknownFamily(t *testing.T) {
	if _, err := loads.Make(loads.Options{Families: []string{"nice"}}); err == nil {
		t.Error("no error")
	}
}

// peaks are of memory, of each day, ÷ the median over all days.
func peaks(p loads.Pod, perDay int) (most []float64) {
	sorted := slices.Sorted(slices.Values(p.Memory))
	for at := 0; at < len(p.Memory); at += perDay {
		most = append(most, float64(slices.Max(p.Memory[at:at+perDay]))/float64(sorted[len(sorted)/2]))
	}
	return most
}

// TestTraits holds what the package says of each family against what it makes, over 40 workloads.
func TestTraits(t *testing.T) {
	of := func(name string) []loads.Workload {
		all, err := loads.Make(loads.Options{Seed: 11, Workloads: 40, Days: 28, Families: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	count := func(name string, has func(loads.Workload) bool) (n int) {
		for _, w := range of(name) {
			if has(w) {
				n++
			}
		}
		return n
	}
	mean := func(x []int64) float64 {
		sum := 0.0
		for _, v := range x {
			sum += float64(v)
		}
		return sum / float64(len(x))
	}
	const perDay = 288
	tests := map[string]struct {
		family string
		has    func(loads.Workload) bool
		least  int
	}{
		"steady: no day's peak of memory is far from the median": {"steady", func(w loads.Workload) bool { return slices.Max(peaks(w.Pods[0], perDay)) < 1.2 }, 40},
		"daily: CPU's most is 1.4 times its mean or more":        {"daily", func(w loads.Workload) bool { return float64(slices.Max(w.Pods[0].CPU)) > 1.4*mean(w.Pods[0].CPU) }, 38},
		"weekly: some day of the week differs by a third": {"weekly", func(w loads.Workload) bool {
			var days []float64
			for d := range 7 {
				days = append(days, mean(w.Pods[0].CPU[d*perDay:(d+1)*perDay]))
			}
			return slices.Max(days) > 1.33*slices.Min(days)
		}, 34},
		"bursty: CPU's most is twice its mean": {"bursty", func(w loads.Workload) bool { return float64(slices.Max(w.Pods[0].CPU)) > 2*mean(w.Pods[0].CPU) }, 36},
		"leaking: it is restarted":             {"leaking", func(w loads.Workload) bool { return len(w.Pods[0].Restarts) > 0 }, 38},
		"stepping: the level changes":          {"stepping", func(w loads.Workload) bool { return len(w.Changes) > 0 }, 40},
		"spiking: some day has a peak, some not": {"spiking", func(w loads.Workload) bool {
			p := peaks(w.Pods[0], perDay)
			return slices.Max(p) > 1.4 && slices.Min(p) < 1.2
		}, 30},
		"batch: most of the time nothing happens": {"batch", func(w loads.Workload) bool {
			s := slices.Sorted(slices.Values(w.Pods[0].CPU))
			return s[len(s)/2] < s[len(s)-1]/5
		}, 15},
		"jvm: a restart gives memory back": {"jvm", func(w loads.Workload) bool {
			for _, p := range w.Pods {
				for _, r := range p.Restarts {
					if float64(p.Memory[r]) < 0.9*float64(p.Memory[r-1]) {
						return true
					}
				}
			}
			return false
		}, 15},
		"all of them ask for more than their peak": {"spiking", func(w loads.Workload) bool { return w.Asked.Memory > slices.Max(w.Pods[0].Memory) }, 40},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if n := count(tc.family, tc.has); n < tc.least {
				t.Errorf("%d of 40, want %d", n, tc.least)
			}
		})
	}
}

// TestFleet: as the package says, about a tenth of CPU and a fifth of memory of what is asked for is used, and levels spread
// over more than a factor of ten.
func TestFleet(t *testing.T) {
	all, err := loads.Make(loads.Options{Seed: 5, Workloads: 30, Days: 14})
	if err != nil {
		t.Fatal(err)
	}
	var cpu, askedCPU, memory, askedMemory float64
	var levels []float64
	for _, w := range all {
		for _, p := range w.Pods {
			for i := range p.CPU {
				cpu += float64(p.CPU[i])
				memory += float64(p.Memory[i])
			}
			askedCPU += float64(w.Asked.CPU) * float64(len(p.CPU))
			askedMemory += float64(w.Asked.Memory) * float64(len(p.CPU))
		}
		levels = append(levels, math.Log(float64(w.Pods[0].Memory[0])))
	}
	if share := cpu / askedCPU; share < 0.05 || share > 0.2 {
		t.Errorf("CPU in use: %.3f of what is asked for", share)
	}
	if share := memory / askedMemory; share < 0.12 || share > 0.4 {
		t.Errorf("memory in use: %.3f of what is asked for", share)
	}
	if spread := math.Exp(slices.Max(levels) - slices.Min(levels)); spread < 10 {
		t.Errorf("levels of memory spread over a factor of %.1f", spread)
	}
}
