package device

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
)

// What is needed before anything is said.
const (
	samplesLeast   = 100
	spanLeast      = 3 * 60 * 60 * 1000 // milliseconds
	dutyDefault    = 700                // Class.GPU.DutyMost, thousandths. Chosen: a queue at 70 % load is about three times as long as at 40 % (M/M/1)
	headDefault    = 10                 // Class.GPU.MemoryHeadroom, percent. Chosen
	horizonDefault = 28
)

// All returns an aim for each workload of s that asks for GPUs, in the order of s.
func All(s *planner.Snapshot, states []*State, p planner.Policy) []planner.GPUAim {
	by := map[planner.Ref][]*State{}
	for _, st := range states {
		by[st.Key.Workload] = append(by[st.Key.Workload], st)
	}
	var out []planner.GPUAim
	for i := range s.Workloads {
		w := &s.Workloads[i]
		if w.GPU.Zero() {
			continue
		}
		class, ok := p.ClassOf(w)
		if !ok || class.Exclude {
			out = append(out, planner.GPUAim{Workload: w.Ref.String(), Shape: w.Shape, Class: class.Name, Now: need(w.GPU), Held: "the policy excludes it"})
			continue
		}
		out = append(out, Aim(s, w, by[w.Ref], class))
	}
	return out
}

// asked is what one pod asks for today, with what it is known to do there.
type asked struct {
	s     *planner.Snapshot
	w     *planner.Workload
	class planner.Class
	now   unit
	duty  int64 // 99th percentile of the active share of the busiest device, thousandths
	use   memory
	only  string // how duty was measured, where it is an upper bound
}

// memory is what is known of the device memory that one device's pod needs.
type memory struct {
	peak, typical int64 // bytes: the most, and the median of daily peaks
	days          int64 // pod-days
}

// Aim says what would carry a workload's pods; the states are those of its pods' devices.
func Aim(s *planner.Snapshot, w *planner.Workload, states []*State, class planner.Class) planner.GPUAim {
	out := planner.GPUAim{Workload: w.Ref.String(), Shape: w.Shape, Class: class.Name, Now: need(w.GPU), Evidence: evidence(states)}
	a := asked{s: s, w: w, class: class}
	if out.Unknown = a.know(states); out.Unknown != "" {
		return out
	}
	out.Model = a.now.model.Key
	for _, key := range a.models() {
		if key == a.now.model.Key {
			out.Choices = append(out.Choices, a.stay())
		}
		model, ok := gpu.ByKey(key)
		if !ok {
			out.Refused = append(out.Refused, planner.GPURefusal{Model: key, Need: "any", Why: "nothing is known of this card"})
			continue
		}
		choice, refused := a.try(model)
		out.Refused = append(out.Refused, refused...)
		if choice != nil && (key != a.now.model.Key || need(choice.Need) != out.Now) {
			out.Choices = append(out.Choices, *choice)
		}
	}
	return out
}

// know fills in what is measured, or says why nothing can be said.
func (a *asked) know(states []*State) string {
	if len(states) == 0 {
		return "nothing was measured of its GPUs"
	}
	if why := a.standing(); why != "" {
		return why
	}
	var peaks []int64
	samples, from, to := int64(0), int64(math.MaxInt64), int64(0)
	sliced := a.now.profile >= 0
	for _, st := range states {
		if st.Key.Shared {
			return "its device is shared by time-slicing: what was measured is everybody's together"
		}
		h := st.Active
		if h == nil && !sliced {
			if h = st.Util; h != nil {
				a.only = "GPU_UTIL, an upper bound of the active share"
			}
		}
		if h == nil && sliced {
			return "the active share of its slice was not measured (DCGM_FI_PROF_GR_ENGINE_ACTIVE); GPU_UTIL means nothing on a slice"
		}
		if h == nil {
			return "the active share of its GPU was not measured"
		}
		if len(st.Peaks) == 0 {
			return "its device memory was not measured"
		}
		a.duty = max(a.duty, h.quantile(0.99))
		samples += min(h.n, st.Memory)
		from, to = min(from, st.From), max(to, st.To)
		for _, p := range st.Peaks {
			peaks = append(peaks, p.bytes)
		}
	}
	if samples < samplesLeast || to-from < spanLeast {
		return fmt.Sprintf("too little was measured: %d samples over %.1f h, and %d over %d h are the least", samples, float64(max(to-from, 0))/3.6e6, samplesLeast, spanLeast/3_600_000)
	}
	slices.Sort(peaks)
	a.use = memory{peak: peaks[len(peaks)-1], typical: peaks[(len(peaks)-1)/2], days: int64(len(peaks))}
	return ""
}

// standing finds the card or slice that the pods have today.
func (a *asked) standing() string {
	models := map[string]bool{}
	for _, l := range a.w.Today {
		if i, ok := slices.BinarySearchFunc(a.s.Nodes, l.Node, func(n planner.Node, name string) int { return strings.Compare(n.Name, name) }); ok && a.s.Nodes[i].GPU != "" {
			models[a.s.Nodes[i].GPU] = true
		}
	}
	if len(models) == 0 { // not running, or on nodes that nobody described: its constraints may name one model
		for _, key := range a.models() {
			models[key] = true
		}
	}
	if len(models) != 1 {
		return fmt.Sprintf("its pods run on %d models of GPUs, and what was measured does not say on which", len(models))
	}
	for key := range models {
		model, ok := gpu.ByKey(key)
		if !ok {
			return "nothing is known of its card, " + key
		}
		a.now = unit{model, -1}
	}
	switch {
	case a.w.GPU.ShareMilli > 0 || len(a.w.GPU.ByModel) > 0:
		return "it asks for a share of a card: what was measured is not its own"
	case len(a.w.GPU.Slices) > 1:
		return "it asks for slices of several kinds"
	}
	for name, n := range a.w.GPU.Slices {
		i, ok := a.now.model.ProfileByResource("nvidia.com/mig-" + name)
		if !ok || n != 1 {
			return fmt.Sprintf("it asks for %d slices %s of %s", n, name, a.now.model.Key)
		}
		a.now.profile = i
	}
	return ""
}

// models lists the models of the offers that the pods may use, sorted.
func (a *asked) models() []string {
	var out []string
	for i := range a.s.Offers {
		if o := &a.s.Offers[i]; o.Cards.Model != "" && a.allowed(i) {
			out = append(out, o.Cards.Model)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (a *asked) allowed(offer int) bool {
	for _, c := range a.w.Constraints {
		if !c.Offers.Has(offer) {
			return false
		}
	}
	return true
}

// stay is the choice to leave it as it is.
func (a *asked) stay() planner.GPUChoice {
	return planner.GPUChoice{
		Model: a.now.model.Key, Need: a.w.GPU, MemoryMiB: capacity(a.now), MemoryUsed: a.needed(), SpeedMilli: 1000,
		DutyMilli: a.duty, SpeedSource: "measured", RiskMicro: a.risk(capacity(a.now)), Why: "as it is",
	}
}

// try finds the smallest part of a model that carries a pod.
func (a *asked) try(model gpu.Model) (*planner.GPUChoice, []planner.GPURefusal) {
	refuse := func(what, why string) planner.GPURefusal {
		return planner.GPURefusal{Model: model.Key, Need: what, Why: why}
	}
	rule := &a.class.GPU
	if model.Key != a.now.model.Key && !rule.Models {
		return nil, []planner.GPURefusal{refuse("any", "class "+a.class.Name+" keeps the model")}
	}
	if c := a.share(model); c != nil {
		return c, nil
	}
	var refused []planner.GPURefusal
	for _, u := range a.units(model) {
		what := need(a.needOf(u))
		r, ok := speed(a.now, u, rule.Work, rule.Speeds)
		switch {
		case !ok && rule.Work == "":
			return nil, append(refused, refuse(what, "its speed is not known without a class of work in the policy: the model is not changed"))
		case !ok:
			refused = append(refused, refuse(what, fmt.Sprintf("its speed for %q is not known: the model is not changed", rule.Work)))
			continue
		}
		if why := a.refuses(u, r); why != "" {
			refused = append(refused, refuse(what, why))
			continue
		}
		return &planner.GPUChoice{
			Model: model.Key, Need: a.needOf(u), MemoryMiB: capacity(u), MemoryUsed: a.needed(), SpeedMilli: r.milli,
			DutyMilli: a.busy(r), SpeedSource: r.source, RiskMicro: a.risk(capacity(u)),
			Why: fmt.Sprintf("peak of %d MiB with headroom in %d, busy %d.%d %% at the 99th percentile%s", a.needed(), capacity(u), a.busy(r)/10, a.busy(r)%10, a.measured()),
		}, refused
	}
	return nil, refused
}

// share is a part of a time-sliced card, where the policy accepts that nothing keeps its users apart. It is as large as the
// larger of its parts of memory and of time; more than half a card is no share.
func (a *asked) share(model gpu.Model) *planner.GPUChoice {
	rule, card := &a.class.GPU, unit{model, -1}
	shareable := false
	for i := range a.s.Offers {
		c := &a.s.Offers[i].Cards
		shareable = shareable || c.Model == model.Key && c.Shareable && a.allowed(i)
	}
	r, ok := speed(a.now, card, rule.Work, rule.Speeds)
	if !rule.Shares || !shareable || !ok || a.w.GPU.Whole > 1 || capacity(card) == 0 || r.milli <= 0 {
		return nil
	}
	part := func(n, of int64) int64 { return (n*1000 + of - 1) / of }
	milli := max(part(a.needed(), capacity(card)), part(a.busy(r), cmp.Or(rule.DutyMost, int64(dutyDefault))), 1)
	if milli > 500 {
		return nil
	}
	mib := capacity(card) * milli / 1000
	return &planner.GPUChoice{
		Model: model.Key, Need: planner.GPUNeed{ShareMilli: milli}, MemoryMiB: mib, MemoryUsed: a.needed(), SpeedMilli: r.milli,
		DutyMilli: a.busy(r), SpeedSource: r.source, RiskMicro: a.risk(mib),
		Why: fmt.Sprintf("%d/1000 of a card that is time-sliced: nothing keeps its users apart%s", milli, a.measured()),
	}
}

func (a *asked) measured() string {
	if a.only == "" {
		return ""
	}
	return " (" + a.only + ")"
}

// refuses says why a unit does not carry a pod, or "".
func (a *asked) refuses(u unit, r ratio) string {
	most := cmp.Or(a.class.GPU.DutyMost, int64(dutyDefault))
	switch {
	case capacity(u) == 0:
		return "its memory is not known"
	case a.needed() > capacity(u):
		return fmt.Sprintf("%d MiB of memory with headroom, and it has %d", a.needed(), capacity(u))
	case r.milli <= 0 || a.busy(r) > most:
		return fmt.Sprintf("it would be busy %d.%d %% of the time at the 99th percentile, and %d.%d %% is the most", a.busy(r)/10, a.busy(r)%10, most/10, most%10)
	case a.class.GPU.SlowerMost > 0 && r.milli < 1000-10*a.class.GPU.SlowerMost:
		return fmt.Sprintf("it is %d %% slower, and %d %% is the most", 100-r.milli/10, a.class.GPU.SlowerMost)
	}
	return ""
}

// units lists the parts of a model that the pods could have, the smallest first.
func (a *asked) units(model gpu.Model) []unit {
	var out []unit
	if a.class.GPU.Slices && a.w.GPU.Whole <= 1 {
		for i := range model.Profiles {
			if p := &model.Profiles[i]; len(p.Starts) > 0 && p.MemorySlices < model.MemorySlices && !strings.ContainsAny(p.Name, "+-") && a.offered(model.Key, p) {
				out = append(out, unit{model, i})
			}
		}
		slices.SortStableFunc(out, func(x, y unit) int {
			p, q := &model.Profiles[x.profile], &model.Profiles[y.profile]
			return cmp.Or(cmp.Compare(p.MemorySlices, q.MemorySlices), cmp.Compare(p.ComputeSlices, q.ComputeSlices))
		})
	}
	return append(out, unit{model, -1})
}

// offered reports whether some offer that the pods may use has, or can be given, slices of a profile.
func (a *asked) offered(key string, p *gpu.Profile) bool {
	name := strings.TrimPrefix(p.Resource, "nvidia.com/mig-")
	for i := range a.s.Offers {
		c := &a.s.Offers[i].Cards
		if c.Model == key && a.allowed(i) && (c.Partitionable && c.Fixed == nil || c.Fixed[name] > 0) {
			return true
		}
	}
	return false
}

// needOf is what a pod asks for to have a unit.
func (a *asked) needOf(u unit) planner.GPUNeed {
	if u.profile < 0 {
		return planner.GPUNeed{Whole: max(1, a.w.GPU.Whole)}
	}
	return planner.GPUNeed{Slices: map[string]int64{strings.TrimPrefix(u.model.Profiles[u.profile].Resource, "nvidia.com/mig-"): 1}}
}

// needed is the peak of memory with headroom, in MiB, rounded up.
func (a *asked) needed() int64 {
	head := cmp.Or(a.class.GPU.MemoryHeadroom, int64(headDefault))
	return (a.use.peak/100*(100+head) + mebibyte - 1) / mebibyte
}

// busy is the active share at the 99th percentile on something so fast, in thousandths, rounded up.
func (a *asked) busy(r ratio) int64 {
	if r.milli <= 0 {
		return math.MaxInt32
	}
	return (a.duty*1000 + r.milli - 1) / r.milli
}

// risk is the probability, in millionths, that a pod wants more memory than there is at least once within the horizon.
// That a day's peak is a record among n+1 days has probability 1/(n+1) where days are alike; that a record is above the
// capacity falls off exponentially with the room above the highest peak, at the scale of what peaks exceed their median by
// (the tail of the exponential family: Pickands 1975), and at least 2 % of the peak. The scale's floor is chosen.
func (a *asked) risk(capacityMiB int64) int64 {
	room := float64(capacityMiB*mebibyte) - float64(a.use.peak)
	if room < 0 {
		return 1_000_000
	}
	scale := max(float64(a.use.peak-a.use.typical), 0.02*float64(a.use.peak), 1)
	daily := math.Exp(-room/scale) / float64(a.use.days+1)
	days := float64(cmp.Or(a.class.HorizonDays, int64(horizonDefault)))
	return int64(math.Ceil(-math.Expm1(days*math.Log1p(-daily)) * 1e6))
}

// capacity is the memory that one pod has, MiB; 0: not known.
func capacity(u unit) int64 {
	if u.profile < 0 {
		return u.model.MemoryMiB
	}
	return u.model.Profiles[u.profile].MemoryMiB
}

// need writes what a pod asks for as people do.
func need(g planner.GPUNeed) string {
	switch {
	case g.Whole > 0:
		return fmt.Sprintf("%d × GPU", g.Whole)
	case g.ShareMilli > 0:
		return fmt.Sprintf("%d/1000 of a card", g.ShareMilli)
	case len(g.Slices) > 0:
		var names []string
		for name, n := range g.Slices {
			if n > 1 {
				name = fmt.Sprintf("%d × %s", n, name)
			}
			names = append(names, name)
		}
		slices.Sort(names)
		return strings.Join(names, " + ")
	case len(g.ByModel) > 0:
		return "by model"
	}
	return "none"
}

// evidence sums the states up, by metric.
func evidence(states []*State) []planner.GPUEvidence {
	var active, util shares
	var peaks []int64
	samples := int64(0)
	for _, st := range states {
		for _, of := range []struct{ to, from *shares }{{&active, st.Active}, {&util, st.Util}} {
			if of.from != nil {
				for i, c := range of.from.count {
					of.to.count[i] += c
				}
				of.to.n += of.from.n
			}
		}
		samples += st.Memory
		for _, p := range st.Peaks {
			peaks = append(peaks, p.bytes/mebibyte)
		}
	}
	var out []planner.GPUEvidence
	for _, of := range []struct {
		name string
		h    *shares
	}{{"gpu-active", &active}, {"gpu-util", &util}} {
		if of.h.n > 0 {
			out = append(out, planner.GPUEvidence{Metric: of.name, Samples: of.h.n, Median: float64(of.h.quantile(0.5)) / 1000, P99: float64(of.h.quantile(0.99)) / 1000, Peak: float64(of.h.quantile(1)) / 1000})
		}
	}
	if len(peaks) > 0 {
		slices.Sort(peaks)
		at := func(q float64) float64 { return float64(peaks[int(math.Ceil(q*float64(len(peaks))))-1]) }
		out = append(out, planner.GPUEvidence{Metric: "gpu-memory, daily peaks, MiB", Samples: samples, Median: at(0.5), P99: at(0.99), Peak: at(1)})
	}
	return out
}
