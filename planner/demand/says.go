package demand

import (
	"fmt"
	"math"
	"time"

	"github.com/tenon-sh/tenon/planner"
)

// After a container was killed for memory. The ratio and the step are VPA's (v1.8.1: oomBumpUpRatio, oomMinBumpUp), on what it was seen
// to have; the others are chosen, and tried in simulations/walk. What is asked for now takes part for some hours only, and is raised only
// where usage came near it, or where kills go on though it did not: whoever asks often would otherwise raise it each time for one kill.
const (
	killRatio    = 1.2
	killStepMiB  = 100
	killRecent   = 24   // hours in which kills go on
	killHeld     = 0.9  // of what is asked for now: usage was near it
	killAgain    = 3    // hours with kills, recently, though usage was not near it
	killSeen     = 2.2  // times what it had: more is asked for now than a kill explains
	killLift     = 0.05 // of what it had: least that it wanted more
	killExpected = 1e-3 // risk of a day, at least, that the past gave what it had: no change of level
	killUsual    = 0.9  // and at most: else it was killed at what it has every day, and samples do not show why
	killDay      = 24   // hours of that risk
	killOver     = 6    // hours after which an excess that was expected is over
	killBeyond   = 0.3  // share of the excesses that got as far, which go beyond what is then asked for; of the next kill that of those
	killFresh    = 24   // hours in which a kill that was not expected counts: a change of level is then known as one
	killJump     = 2    // times what is asked for, after such a kill
)

// A plateau: memory that rose to a level and stays there without ever falling. Chosen.
const (
	plateauWithin = 0.97 // of the peak, for the later half of the time
	plateauFrom   = 0.8  // of the peak: where it rose from, at most
)

func (n *need) say(format string, args ...any) { n.says = append(n.says, fmt.Sprintf(format, args...)) }

// evidence fills in what was measured, before anything is concluded.
func (n *need) evidence() planner.Evidence {
	s, of := n.state, ofCPU
	if n.resource == Memory {
		of = ofMemory
	}
	e := planner.Evidence{
		Samples: int64(s.samples[of]), Pods: int64(s.pods), OOMKills: int64(s.kills), Faults: int64(s.faults),
		Expected: max(int64(s.expected[of]), 0),
	}
	if len(n.hours) == 0 {
		return e
	}
	e.From, e.To = hourStart(n.when[0]), hourEnd(n.when[len(n.when)-1])
	if first := time.UnixMilli(s.first).UTC(); first.After(e.From) {
		e.From = first
	}
	if last := time.UnixMilli(s.last).UTC(); last.Before(e.To) {
		e.To = last
	}
	e.Typical = int64(math.Ceil(median(n.hours)))
	for i, v := range n.most {
		if c := int64(math.Ceil(v)); c > e.Peak {
			e.Peak, e.PeakAt = c, hourStart(n.when[i])
		}
	}
	n.shape = n.pattern()
	e.Pattern = n.shape
	return e
}

// told looks at what usage alone does not show, sets the floor, and says so.
func (n *need) told() {
	n.say("%d hours with samples in the two weeks before, of %d pods", len(n.hours), n.state.pods)
	switch r := n.regime; {
	case r.fell:
		n.say("step down on %s, confirmed after %d h: what came before no longer counts", hourStart(n.when[r.start]).Format("2006-01-02 15h"), len(n.hours)-r.start)
	case r.rose:
		n.say("step up on %s: what came before is brought to the new level", hourStart(n.when[r.start]).Format("2006-01-02 15h"))
	}
	x, when := n.hours[n.regime.start:], n.when[n.regime.start:]
	period := map[string]int32{"daily": 24, "weekly": 168}[n.shape]
	if period > 0 {
		if at := busy(x, when, period); at != "" {
			n.say("%s pattern: highest %s", n.shape, at)
		}
	}
	if n.ahead != "" {
		n.say("%s", n.ahead)
	}
	if n.tail.apart > 0 {
		n.say("%d of %d blocks of time stand apart as peaks of their own", n.tail.apart, len(n.tail.sorted))
	}
	if n.resource == Memory {
		n.toldMemory()
		return
	}
	if s := n.state.startup; s != 0 {
		n.say("the first %d minutes of pods do not count: they took up to %.0f m", n.state.quiet, decode(s, cpuBits))
	}
	if asked, took := n.class.StartupMinute, int64(n.state.quiet); asked > 0 && asked != took {
		n.say("the policy leaves out the first %d minutes of pods, and samples were taken in with %d", asked, took)
	}
	held := 0
	for _, h := range n.when {
		held += n.state.bit(&n.state.throttles, h)
	}
	if share := 1e6 * float64(held) / float64(len(n.when)); held > 0 && int64(share) > n.accepted.Target {
		n.floor = n.peak
		n.say("CPU was held back at its limit in %d of %d hours: what it would take is not known, and no less than its peak", held, len(n.when))
	}
}

func (s *State) bit(bits *[bitsKept]uint8, hour int32) int {
	if hour <= s.newest-hoursKept || hour > s.newest {
		return 0
	}
	i := hour % hoursKept
	return int(bits[i/8] >> (i % 8) & 1)
}

func (n *need) toldMemory() {
	if n.leak > 0 {
		n.say("it grows by %.1f MiB a day since it last fell: taken on to the horizon of %d days", n.leak*24, horizonDays(n.class))
	}
	if n.plateau() {
		n.floor = n.peak
		n.say("it rose to %.0f MiB and has stayed: a heap that is never given back says nothing of what it needs, so no less is asked for", n.peak)
	}
	n.killed()
}

// plateau reports a level that was risen to and never left.
func (n *need) plateau() bool {
	x := n.most[n.regime.start:]
	if len(x) < 12 || x[0] > plateauFrom*n.peak {
		return false
	}
	for _, v := range x[len(x)/2:] {
		if v < plateauWithin*n.peak {
			return false
		}
	}
	return true
}

// killed lifts the floor above what a container had when it was killed a short time ago. What kills before that say is in the
// hours of memory, as peaks that were cut off (see censored), and the
// accepted risk decides how much of such a peak counts. A kill before the last fall no longer does.
func (n *need) killed() {
	newest, recent := int32(0), 0
	now := hourOf(n.at.UnixMilli())
	for _, k := range n.state.killHours { // newest first
		if k == 0 || k > now || k < n.when[0] || n.regime.fell && k < n.when[n.regime.start] {
			continue
		}
		newest = max(newest, k)
		if now-k < killRecent {
			recent++
		}
	}
	if newest == 0 {
		return
	}
	asked := float64(n.now)
	had := 0.0
	for i, h := range n.when {
		if h == newest || h == newest-1 {
			had = max(had, n.most[i])
		}
	}
	if asked > killSeen*had {
		n.floor = max(n.floor, asked)
		n.say("samples do not show what it was killed at: no less is asked for than now")
	}
	n.raise(now, newest, recent, had)
	n.say("killed for memory %d times, last on %s: what it had was cut off, and it is taken to have wanted more", n.state.kills, hourStart(newest).Format("2006-01-02 15h"))
	if n.floor > 0 {
		n.say("and as that was not long ago, no less than %.0f MiB", n.floor)
	}
}

// judge fills in what the target stands for and what it would have done.
func (n *need) judge(t *planner.Target, plain planner.Curve) {
	e, target := &t.Evidence, float64(t.Target)
	above, runs, high := 0.0, int64(0), false
	for _, v := range n.most {
		if v > target {
			above++
			if !high {
				runs++
			}
		}
		high = v > target
	}
	if n.resource == Memory {
		e.WouldHaveKilled = runs
		e.Percentile = 100 * (1 - above/float64(len(n.most)))
		e.Headroom = 100 * (target/max(quantile(n.most, e.Percentile/100), 1) - 1)
	} else {
		e.WouldHaveUnder = n.state.underrun(n.at.UnixMilli(), target)
		e.Percentile = 100 - float64(plain.At(t.Target))/1e4
		e.Headroom = 100 * (target/max(n.solve(n.risk, float64(max(n.accepted.Target, 1))/1e6), 1) - 1)
	}
	total := float64(t.Curve.At(t.Target)) / 1e6
	without := min(float64(plain.At(t.Target))/1e6, n.expected(target))
	e.LevelRisk = int64(math.Round(1e6 * max(total-without, 0)))
	n.decided(t)
	e.Says = n.says
}

func (n *need) decided(t *planner.Target) {
	risk := float64(t.Curve.At(t.Target)) / 1e4
	if float64(t.Target) >= n.far*(1-1e-3) && t.Target > int64(math.Ceil(n.floor)) {
		n.say("the accepted risk would take more: no more is asked for than what was seen can vouch for")
	}
	if n.resource == Memory {
		n.say("%d MiB: a pod goes above it within %d days with a probability of %.3g %%", t.Target, horizonDays(n.class), risk)
	} else {
		n.say("%d m: usage is above it in %.3g %% of the time", t.Target, risk)
	}
	if t.Evidence.LevelRisk == 0 {
		return
	}
	n.say("%.3g points of that are changes of level, which nobody foresees: %s", float64(t.Evidence.LevelRisk)/1e4, n.levels.says())
	if accepted := float64(n.accepted.Target) / 1e4; risk > accepted && n.class.Cover != planner.CoverLevels && risk-float64(t.Evidence.LevelRisk)/1e4 <= accepted {
		n.say("so more is risked than the %.3g %% that are accepted, which are kept while the level is: cover: levels in the policy asks for more", accepted)
	}
}

func quantile(x []float64, q float64) float64 {
	s := sorted(x)
	return s[min(max(int(math.Ceil(q*float64(len(s))))-1, 0), len(s)-1)]
}

// raise answers a kill that what is asked for now has not answered yet. One that the past gave a risk of is an excess like others: what
// is asked for is what few of those that got so far went beyond, until it is over. One that it gave none is a change of level, and how
// far it goes is not known.
func (n *need) raise(now, newest int32, recent int, had float64) {
	asked := float64(n.now)
	near := had >= killHeld*asked || recent >= killAgain
	before := n.before(newest)
	expected := false
	if before != nil {
		u := before.believed(had, killDay)
		expected = u >= killExpected && u <= killUsual
	}
	switch {
	case expected && now-newest < killOver:
		n.floor = max(n.floor, float64(had*(1+killLift)))
		if now-newest <= 1 {
			n.floor = max(n.floor, asked)
		}
		if near {
			further := before.beyond(had, math.Pow(killBeyond, float64(recent)))
			n.floor = max(n.floor, float64(asked*(1+killLift)), min(further, n.far))
		}
	case !expected && now-newest < killFresh:
		n.floor = max(n.floor, killRatio*had, had+killStepMiB, asked)
		if near {
			n.floor = max(n.floor, asked*killJump)
		}
	}
}
