package gpu

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// model returns a known model or ends the test.
func model(t testing.TB, key string) Model {
	t.Helper()
	m, ok := ByKey(key)
	if !ok {
		t.Fatalf("no model %q", key)
	}
	return m
}

// index returns a profile of m by name or ends the test.
func index(t testing.TB, m Model, name string) int {
	t.Helper()
	i, ok := m.Profile(name)
	if !ok {
		t.Fatalf("%s has no profile %q", m.Key, name)
	}
	return i
}

// indices returns several profiles of m by name.
func indices(t testing.TB, m Model, names ...string) []int {
	t.Helper()
	var out []int
	for _, name := range names {
		out = append(out, index(t, m, name))
	}
	return out
}

// every returns all profiles of m.
func every(m Model) []int {
	out := make([]int, len(m.Profiles))
	for i := range out {
		out[i] = i
	}
	return out
}

// parse reads a layout written as "3g.40gb@4 1g.10gb@0".
func parse(t testing.TB, m Model, text string) Layout {
	t.Helper()
	var l Layout
	for _, field := range strings.Fields(text) {
		name, at, ok := strings.Cut(field, "@")
		start, err := strconv.Atoi(at)
		if !ok || err != nil {
			t.Fatalf("layout %q: want profile@start", field)
		}
		l = append(l, Placement{Profile: index(t, m, name), Start: start})
	}
	return l
}

// text is the inverse of parse.
func text(m Model, l Layout) string {
	var out []string
	for _, pl := range l {
		out = append(out, fmt.Sprintf("%s@%d", m.Profiles[pl.Profile].Name, pl.Start))
	}
	return strings.Join(out, " ")
}

// counts reads a demand written as "3g.40gb:1 1g.10gb:2".
func counts(t testing.TB, m Model, text string) []int {
	t.Helper()
	out := make([]int, len(m.Profiles))
	for _, field := range strings.Fields(text) {
		name, number, ok := strings.Cut(field, ":")
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			t.Fatalf("demand %q: want profile:count", field)
		}
		out[index(t, m, name)] = n
	}
	return out
}

// slowLegal is the rule said the long way: paint every slice with the instance that has it, and count every engine.
func slowLegal(m Model, l Layout) bool {
	painted := map[int]bool{}
	perProfile := map[int]int{}
	engines := make([]int64, len(m.Counters))
	for _, pl := range l {
		if pl.Profile < 0 || pl.Profile >= len(m.Profiles) {
			return false
		}
		p := m.Profiles[pl.Profile]
		if !slices.Contains(p.Starts, pl.Start) {
			return false
		}
		for s := pl.Start; s < pl.Start+p.MemorySlices; s++ {
			if painted[s] || s >= m.MemorySlices {
				return false
			}
			painted[s] = true
		}
		if perProfile[pl.Profile]++; perProfile[pl.Profile] > p.Max {
			return false
		}
		for c := range engines {
			if engines[c] += p.Uses[c]; engines[c] > m.Counters[c] {
				return false
			}
		}
	}
	return true
}

// slowLayouts tries every subset of placements of the given profiles; at most 22 placements, or it takes for ever.
func slowLayouts(t testing.TB, m Model, profiles []int) []Layout {
	t.Helper()
	var all []Placement
	for _, i := range profiles {
		for _, s := range m.Profiles[i].Starts {
			all = append(all, Placement{Profile: i, Start: s})
		}
	}
	if len(all) > 22 {
		t.Fatalf("%d placements are too many for the slow way", len(all))
	}
	var out []Layout
	for set := range 1 << len(all) {
		var l Layout
		for k, pl := range all {
			if set>>k&1 == 1 {
				l = append(l, pl)
			}
		}
		if slowLegal(m, l) {
			out = append(out, l)
		}
	}
	return out
}

// vector is a map key for counts.
func vector(c []int) string { return fmt.Sprint(c) }

// cardVectors are the counts of all legal layouts of one card.
func cardVectors(m Model, profiles []int) map[string][]int {
	out := map[string][]int{}
	m.Layouts(profiles, func(l Layout) bool {
		c := m.Counts(l)
		out[vector(c)] = c
		return true
	})
	return out
}

// sums are all sums of a vector of a and one of b: what two sets of cards hold together.
func sums(a, b map[string][]int) map[string][]int {
	out := map[string][]int{}
	for _, x := range a {
		for _, y := range b {
			z := slices.Clone(x)
			for i := range z {
				z[i] += y[i]
			}
			out[vector(z)] = z
		}
	}
	return out
}

// box calls f with every vector that has 0 to n·Max of each given profile, and nothing of the others. The slice is reused.
func box(m Model, n int, profiles []int, f func([]int)) (visited int) {
	v := make([]int, len(m.Profiles))
	var fill func(k int)
	fill = func(k int) {
		if k == len(profiles) {
			visited++
			f(v)
			return
		}
		for c := 0; c <= n*m.Profiles[profiles[k]].Max; c++ {
			v[profiles[k]] = c
			fill(k + 1)
		}
		v[profiles[k]] = 0
	}
	fill(0)
	return visited
}
