package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Alternative is a kind of node that was looked at for a workload.
type Alternative struct {
	InstanceType, Zone, CapacityType, Pool string
	// PricePerPod is what one more pod costs there at the plan's shadow prices: the node's price less what the rest of
	// it could carry. At the kind of node that the plan uses it equals PlanWork.PricePerPod.
	PricePerPod  pricing.Micro
	PricePerHour pricing.Micro // of one node; 0: not said
	PodsPerNode  int64         // so many of these pods alone fit one node; 0: not said
	Excluded     string        // the constraint that rules this kind of node out; "" where the pod may run there
}

// Alternatives names the kinds of node that come next for a workload, cheapest first. Only who holds the problem and
// its proof can say; nil is nobody.
type Alternatives func(workload string) []Alternative

// Workload says in sentences where a workload's pods run and why: the nodes, their tight resource, the pods' share of
// the price, what else was looked at, and what each constraint costs. The name may be cut short as long as it is
// unique: see ErrNotFound and ErrAmbiguous.
func Workload(p planner.Plan, name string, more Alternatives) (string, error) {
	v := newView(p)
	names := make([]string, len(v.works))
	for i := range v.works {
		names[i] = v.works[i].Workload
	}
	found, err := match(name, append(names, v.strangers()...))
	if err != nil {
		return "", err
	}
	return v.workload(found, more), nil
}

// strangers are unplaced workloads that the Plan knows nothing else about.
func (v *view) strangers() []string {
	var out []string
	for _, u := range v.Plan.Unplaced {
		if _, ok := v.byName[u.Workload]; !ok {
			out = append(out, u.Workload)
		}
	}
	return out
}

func (v *view) workload(name string, more Alternatives) string {
	var b strings.Builder
	i, ok := v.byName[name]
	if !ok {
		b.WriteString(name + "\n")
		v.whyUnplaced(&b, name)
		return b.String()
	}
	w := &v.works[i]
	head := fmt.Sprintf("%s: %s, each asks for %s", w.Workload, plural(w.Replicas, "pod", "pods"), asks(w.PlanWork))
	if w.Priority != 0 {
		head += fmt.Sprintf("; priority %s", count(int64(w.Priority)))
	}
	b.WriteString(hang("", head+".", textWidth))
	v.whatItNeeds(&b, w.Workload)
	v.whereItRuns(&b, w)
	v.whyUnplaced(&b, w.Workload)
	v.whatElse(&b, w, more)
	v.whatConstraintsCost(&b, w)
	if len(w.Soft) > 0 {
		b.WriteString("\nPreferences, counted and not obeyed\n")
		for _, s := range w.Soft {
			b.WriteString(hang("  ", s, textWidth))
		}
	}
	v.notesOn(&b, w.Workload)
	return b.String()
}

// textWidth is the length of a line of sentences.
const textWidth = 100

// asks lists what one pod asks for.
func asks(w *planner.PlanWork) string {
	words := []string{cores(w.Requests.CPUMilli) + " CPU", gib(w.Requests.MemoryMiB) + " of memory"}
	if w.Requests.EphemeralMiB > 0 {
		words = append(words, gib(w.Requests.EphemeralMiB)+" of disk")
	}
	for _, name := range sortedNames(w.Requests.Extended) {
		words = append(words, count(w.Requests.Extended[name])+" "+name)
	}
	if w.GPU != "" {
		words = append(words, w.GPU)
	}
	return list(words)
}

func (v *view) whereItRuns(b *strings.Builder, w *work) {
	b.WriteString("\nRuns on\n")
	if len(w.homes) == 0 {
		b.WriteString("  no node\n")
		return
	}
	for _, h := range w.homes {
		x := &v.boxes[h.box]
		text := fmt.Sprintf("%s on %s", plural(satMul(h.count, x.Count), "pod", "pods"), v.whichNodes(x))
		if x.Count > 1 {
			text += fmt.Sprintf(", %s on each", count(h.count))
		}
		text += ". " + v.tightSentence(x)
		if h.count > 0 && x.tight >= 0 {
			each := pricing.Micro(int64(h.cost) / h.count)
			switch {
			case h.cost > 0:
				text += fmt.Sprintf(" Its share of the price by %s is %s a pod.", x.gauges[x.tight].name, v.money.both(each))
			case x.PricePerHour > 0:
				text += fmt.Sprintf(" It asks for no %s and rides along for nothing.", x.gauges[x.tight].name)
			}
		}
		if others := x.others(w.Workload); others != "" {
			text += " It shares with " + others + "."
		} else {
			text += " It has the node for itself."
		}
		if on := v.cardsOf(x, w.Workload); on != "" {
			text += " On the GPUs: " + on + "."
		}
		b.WriteString(hang("  ", text, textWidth))
	}
	if w.cost > 0 {
		b.WriteString(hang("  ", fmt.Sprintf("In all it carries %s of the planned cost.", v.money.both(w.cost)), textWidth))
	}
	moves := "No pod of today changes its node."
	if w.Moves > 0 {
		moves = plural(w.Moves, "pod of today changes its node.", "pods of today change their node.")
	}
	b.WriteString(hang("  ", moves, textWidth))
}

// whichNodes is "n3 (2 new c7g.8xlarge, us-east-1a, on-demand, pool general, $1.16 an hour each)".
func (v *view) whichNodes(x *box) string {
	words := filled(x.Zone, x.CapacityType)
	if x.Pool != "" {
		words = append(words, "pool "+x.Pool)
	}
	words = append(words, v.money.hour(x.PricePerHour)+" an hour")
	if x.Count > 1 {
		words[len(words)-1] += " each"
	}
	return fmt.Sprintf("%s (%s x %s, %s, %s)", x.ID, count(x.Count), x.InstanceType, x.state(), strings.Join(words, ", "))
}

// tightSentence says which resource keeps the next pod out, and how full the others are.
func (v *view) tightSentence(x *box) string {
	if x.tight < 0 {
		return "The node's size is not known."
	}
	t := x.gauges[x.tight]
	var others []string
	for i, g := range x.gauges {
		if i != x.tight && (g.name == "CPU" || g.name == "memory" || g.name == "GPU") {
			others = append(others, g.name+" "+wholePercent(share(g.used(), g.total)))
		}
	}
	text := fmt.Sprintf("The tight resource there is %s, %s taken", t.name, wholePercent(share(t.used(), t.total)))
	if len(others) > 0 {
		text += " (" + strings.Join(others, ", ") + ")"
	}
	return text + "."
}

// others lists who else is on a node.
func (b *box) others(workload string) string {
	var list []string
	for _, pods := range b.Pods {
		if pods.Workload != workload {
			list = append(list, count(pods.Count)+" "+pods.Workload)
		}
	}
	if b.Stay.Pods > 0 {
		list = append(list, plural(b.Stay.Pods, "pod that stays", "pods that stay"))
	}
	return atMost(list, 6)
}

// cardsOf says which parts of which cards a workload has on a node.
func (v *view) cardsOf(x *box, workload string) string {
	var list []string
	for _, r := range runs(x.PlanNode) {
		c := cardOf(x.GPUModel, r.gpu)
		for _, p := range c.parts {
			if p.workload != workload {
				continue
			}
			what := p.label
			switch {
			case c.mode == modeMIG || c.mode == modeLive:
				what += fmt.Sprintf(" at memory slice %d", p.start)
			case p.pods > 1:
				what = count(p.pods) + " x " + what
			}
			list = append(list, what+" of card "+r.name())
		}
	}
	return atMost(list, 8)
}

func (v *view) whyUnplaced(b *strings.Builder, name string) {
	for _, u := range v.Plan.Unplaced {
		if u.Workload == name {
			b.WriteString("\nUnplaced\n")
			b.WriteString(hang("  ", plural(u.Count, "pod", "pods")+": "+u.Reason, textWidth))
		}
	}
}

func (v *view) whatElse(b *strings.Builder, w *work, more Alternatives) {
	b.WriteString("\nWhat else was looked at\n")
	text := fmt.Sprintf("%s of %s kinds of node (instance type, zone, capacity type and pool) can carry one of its pods.",
		count(int64(w.Offers)), count(int64(v.Solver.Offers)))
	switch {
	case w.PricePerPod > 0:
		text += fmt.Sprintf(" One more pod would add %s to the lower bound: that is the cheapest way to carry it beside all the others.",
			v.money.both(w.PricePerPod))
	case w.Offers > 0:
		text += " One more pod would add nothing to the lower bound: what is paid for already has room for it."
	}
	b.WriteString(hang("  ", text, textWidth))
	if more == nil {
		return
	}
	alternatives := more(w.Workload)
	if len(alternatives) == 0 {
		return
	}
	g := grid{columns: []column{{head: "  INSTANCE TYPE"}, {head: "ZONE"}, {head: "CAPACITY"}, {head: "POOL"}, {head: "NODE/H", right: true, drop: 1},
		{head: "FIT", right: true, drop: 1}, {head: "POD/H", right: true}, {head: ""}}}
	foot := "POD/H is what one more pod costs there at the plan's shadow prices."
	for _, a := range alternatives {
		each(&a.InstanceType, &a.Zone, &a.CapacityType, &a.Pool, &a.Excluded)
		remark := v.used(w, a)
		if a.Excluded != "" {
			remark = "ruled out by " + a.Excluded
		}
		var node, fit string
		if a.PricePerHour > 0 {
			node = decimal(a.PricePerHour, hourDecimals, nearest)
		}
		if a.PodsPerNode > 0 {
			fit = count(a.PodsPerNode)
		}
		pod := decimal(a.PricePerPod, hourDecimals, nearest)
		if a.PricePerHour > 0 && a.PricePerPod > a.PricePerHour { // the price of having no more of them, which says nothing to people
			pod = "full"
			foot = "POD/H is what one more pod costs there at the plan's shadow prices; full: there are no more nodes of the kind to be had."
		}
		g.add("  "+a.InstanceType, a.Zone, a.CapacityType, a.Pool, node, fit, pod, remark)
	}
	g.dropEmpty()
	b.WriteString(g.render(0, false))
	b.WriteString(hang("  ", foot, textWidth))
}

// used says whether an alternative is what the plan uses.
func (v *view) used(w *work, a Alternative) string {
	here := func(h home) bool {
		x := &v.boxes[h.box]
		return x.InstanceType == a.InstanceType && x.Zone == a.Zone && x.CapacityType == a.CapacityType && x.Pool == a.Pool
	}
	if slices.ContainsFunc(w.homes, here) {
		return "used"
	}
	if over := a.PricePerPod.Plus(-w.PricePerPod); over > 0 {
		return "+" + v.money.hour(over) + " a pod"
	}
	return ""
}

func (v *view) whatConstraintsCost(b *strings.Builder, w *work) {
	b.WriteString("\nWhat its constraints cost\n")
	if len(w.Constraints) == 0 {
		b.WriteString("  It has none of its own: every kind of node that is large enough would do.\n")
		return
	}
	constraints := slices.Clone(w.Constraints)
	slices.SortStableFunc(constraints, func(a, b planner.PlanConstraint) int { return cmp.Compare(b.PerPod, a.PerPod) })
	for _, c := range constraints {
		text := c.Kind + ": " + strings.TrimSuffix(c.Text, ".") + "."
		if c.Excludes > 0 {
			text += fmt.Sprintf(" It alone takes away %s.", plural(int64(c.Excludes), "kind of node", "kinds of node"))
		}
		if c.PerPod == 0 {
			text += " It costs nothing: without it one pod would add as much to the lower bound."
		} else {
			text += fmt.Sprintf(" Without it one pod would add %s an hour less to the lower bound; for %s that is %s.",
				v.money.hour(c.PerPod), plural(w.Replicas, "pod", "pods"), v.money.both(c.PerPod.Times(w.Replicas)))
		}
		b.WriteString(hang("  ", text, textWidth))
	}
}

// notesOn repeats what the Plan notes on one object.
func (v *view) notesOn(b *strings.Builder, object string) {
	object, _, _ = strings.Cut(object, "#") // the number of a workload's shape: notes name the object
	first := true
	for _, n := range v.notes {
		if n.Object != object {
			continue
		}
		if first {
			b.WriteString("\nNotes\n")
			first = false
		}
		b.WriteString(hang("  ", string(n.Severity)+": "+n.Text, textWidth))
	}
}
