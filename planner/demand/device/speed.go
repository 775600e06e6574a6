package device

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/planner/gpu"
)

//go:generate go run ./gen

//go:embed speeds.csv
var speedsText string

const (
	// sliceEfficiency is the least that a measured MIG slice reached of its card's speed for its share of the SMs, in
	// thousandths: recommendation on a 1g.10gb of an A100-80GB reached 0.1095 of the card with 14 of 98 SMs (MLPerf Inference
	// v1.1, Offline; speeds.csv). Others reach up to 0.92.
	sliceEfficiency = 766
	// driftMost is by how much, in thousandths, the figure of one card may differ between two rounds that are joined over
	// it. Chosen: BERT and ResNet on an H100 moved by 9 and 10 % from v2.1 to v4.1, RetinaNet by 89 %, which says that the
	// software changed and not the card.
	driftMost = 150
)

// measured is one row of the table.
type measured struct {
	work, round, card, slice string
	speed                    int64
}

// table is speeds.csv. It is compiled in, so that it does not parse is a bug of ours.
var table = func() []measured {
	var out []measured
	for line := range strings.SplitSeq(strings.TrimSpace(speedsText), "\n") {
		f := strings.Split(line, ",")
		if strings.HasPrefix(line, "#") || f[0] == "work" {
			continue
		}
		n, err := strconv.ParseInt(f[4], 10, 64)
		if err != nil || len(f) != 5 {
			panic("device: speeds.csv: " + line)
		}
		out = append(out, measured{f[0], f[1], f[2], f[3], n})
	}
	return out
}()

// Works lists the classes of work that speeds are known for, sorted.
func Works() []string {
	var out []string
	for _, m := range table {
		out = append(out, m.work)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// unit is a card, or a slice of one.
type unit struct {
	model   gpu.Model
	profile int // in model.Profiles; -1: the whole card
}

// name is "A100-80GB" or "A100-80GB/1g.10gb".
func (u unit) name() string {
	if u.profile < 0 {
		return u.model.Key
	}
	return u.model.Key + "/" + u.model.Profiles[u.profile].Name
}

// ratio is a speed in thousandths of another, and where it comes from.
type ratio struct {
	milli  int64
	source string
}

// speed returns how fast `to` does what `from` does. ok is false where nobody knows.
func speed(from, to unit, work string, own map[string]int64) (r ratio, ok bool) {
	if from.name() == to.name() {
		return ratio{1000, "the same"}, true
	}
	if a, b := own[from.name()], own[to.name()]; a > 0 && b > 0 {
		return ratio{b * 1000 / a, "the policy's own speeds"}, true
	}
	card, ok := cards(from.model.Key, to.model.Key, work, own)
	if !ok {
		return ratio{}, false
	}
	f, fOK := fraction(from, work)
	t, tOK := fraction(to, work)
	if !fOK || !tOK || f.milli == 0 {
		return ratio{}, false
	}
	var sources []string
	for _, s := range []string{card.source, f.source, t.source} {
		if s != "" && !slices.Contains(sources, s) {
			sources = append(sources, s)
		}
	}
	return ratio{card.milli * t.milli / f.milli, strings.Join(sources, "; ")}, true
}

// fraction returns the speed of a slice for its card's: measured for the work, or the least that any measured slice of its share of
// the SMs would have.
func fraction(u unit, work string) (ratio, bool) {
	if u.profile < 0 {
		return ratio{1000, ""}, true
	}
	p := &u.model.Profiles[u.profile]
	for i := len(table) - 1; i >= 0; i-- {
		whole, ok := find(work, table[i].round, u.model.Key)
		if m := &table[i]; ok && m.work == work && m.card == u.model.Key && m.slice == p.Name {
			return ratio{m.speed * 1000 / whole, "MLPerf Inference " + m.round + ", " + work}, true
		}
	}
	if p.SMs == 0 || u.model.SMs == 0 {
		return ratio{}, false
	}
	return ratio{p.SMs * sliceEfficiency / u.model.SMs, fmt.Sprintf("%d of %d SMs at %d.%d %%: the least that measured slices reach", p.SMs, u.model.SMs, sliceEfficiency/10, sliceEfficiency%10)}, true
}

// cards returns the speed of one whole card for another's.
func cards(from, to, work string, own map[string]int64) (ratio, bool) {
	if from == to {
		return ratio{1000, ""}, true
	}
	if a, b := own[from], own[to]; a > 0 && b > 0 {
		return ratio{b * 1000 / a, "the policy's own speeds"}, true
	}
	rounds := rounds(work)
	for _, r := range rounds { // the newest first
		a, aOK := find(work, r, from)
		b, bOK := find(work, r, to)
		if aOK && bOK {
			return ratio{b * 1000 / a, "MLPerf Inference " + r + ", " + work}, true
		}
	}
	for _, r := range rounds {
		for _, q := range rounds {
			if out, ok := join(work, [2]string{r, q}, from, to); ok {
				return out, true
			}
		}
	}
	return ratio{}, false
}

// join compares a card of one round with one of another over a third that is in both.
func join(work string, round [2]string, from, to string) (ratio, bool) {
	a, aOK := find(work, round[0], from)
	b, bOK := find(work, round[1], to)
	if !aOK || !bOK {
		return ratio{}, false
	}
	for i := range table {
		m := &table[i]
		if m.work != work || m.round != round[0] || m.slice != "" {
			continue
		}
		then, ok := find(work, round[1], m.card)
		if drift := then*1000/m.speed - 1000; !ok || max(drift, -drift) > driftMost {
			continue
		}
		return ratio{b * m.speed / then * 1000 / a, fmt.Sprintf("MLPerf Inference %s and %s over %s, %s", round[0], round[1], m.card, work)}, true
	}
	return ratio{}, false
}

// rounds lists the rounds that a work was measured in, the newest first.
func rounds(work string) []string {
	var out []string
	for _, m := range table {
		if m.work == work && !slices.Contains(out, m.round) {
			out = append(out, m.round)
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out
}

// find returns the speed of a whole card in a round.
func find(work, round, card string) (int64, bool) {
	for _, m := range table {
		if m.work == work && m.round == round && m.card == card && m.slice == "" {
			return m.speed, m.speed > 0
		}
	}
	return 0, false
}
