package lower

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
)

// fits reports whether one unit fits an otherwise empty node of an offer, whatever constraints say.
func (l *lowering) fits(size []int64, needs []model.CardNeed, asks bool, b *model.Bin) bool {
	for d, n := range size {
		if n > b.Cap[d] {
			return false
		}
	}
	return !asks || l.fitsGPU(needs, b)
}

func (l *lowering) fitsGPU(needs []model.CardNeed, b *model.Bin) bool {
	at := slices.IndexFunc(needs, func(n model.CardNeed) bool { return n.Kind == b.Card })
	return at >= 0 && fitsCards(l.out.models[b.Card], &l.out.Index.Cards[b.Card], b, needs[at])
}

// Fits reports whether one item fits an otherwise empty bin, whatever classes say.
func (x *Lowered) Fits(item, bin int) bool {
	it, b := &x.Problem.Items[item], &x.Problem.Bins[bin]
	for d, n := range it.Size {
		if n > b.Cap[d] {
			return false
		}
	}
	if len(it.Needs) == 0 {
		return true
	}
	n, ok := x.Problem.Need(item, bin)
	if !ok {
		return false
	}
	return fitsCards(x.models[b.Card], &x.Index.Cards[b.Card], b, n)
}

// misfit says why a unit fits no offer that it may use; "" if it fits one.
func (l *lowering) misfit(u *unit) string {
	open := u.allowed.Members()
	if len(open) == 0 {
		return l.emptied(u)
	}
	most := make([]int64, len(l.dims))
	cards := false
	for _, i := range open {
		b := &l.spec[i].bin
		if l.fits(u.size, u.needs, u.gpu, b) {
			return ""
		}
		for d, n := range b.Cap {
			most[d] = max(most[d], n)
		}
		cards = cards || !u.gpu || l.fitsGPU(u.needs, b)
	}
	who := "asks for"
	if u.together {
		who = fmt.Sprintf("its %d pods must share one node and together ask for", u.pods)
	}
	if !cards {
		return l.noGPU(u, open)
	}
	for d, n := range u.size {
		if n > most[d] {
			return fmt.Sprintf("%s %s; the largest node that its constraints allow gives %s",
				who, amountText(l.dims[d], n), amountText(l.dims[d], most[d]))
		}
	}
	var all []string
	for d, n := range u.size {
		if n > 0 && l.dims[d] != Pods {
			all = append(all, amountText(l.dims[d], n))
		}
	}
	if u.gpu {
		all = append(all, GPUText(l.s.Workloads[u.parts[0].Workload].GPU))
	}
	return fmt.Sprintf("%s %s; no single node that its constraints allow gives all of it", who, strings.Join(all, " and "))
}

// emptied names the constraints that leave no offer.
func (l *lowering) emptied(u *unit) string {
	if len(l.s.Offers) == 0 {
		return "there is no node and no instance type to plan with"
	}
	set := planner.NewSet(len(l.s.Offers))
	var met []string
	for _, p := range u.parts {
		for _, c := range l.s.Workloads[p.Workload].Constraints {
			if c.Offers.Len() == 0 {
				return "no node and no instance type satisfies " + constraintText(c)
			}
			next := set.And(c.Offers)
			if next.Len() == 0 {
				return "no node and no instance type satisfies " + constraintText(c) + l.together(u, c, met)
			}
			if next.Len() < set.Len() {
				met = append(met, constraintText(c))
			}
			set = next
		}
	}
	return "no node and no instance type satisfies all of its constraints"
}

// together names what stands in the way of constraint c: one other constraint where that suffices, else all before it.
func (l *lowering) together(u *unit, c planner.Constraint, met []string) string {
	for _, p := range u.parts {
		for _, other := range l.s.Workloads[p.Workload].Constraints {
			if other.Offers.And(c.Offers).Len() == 0 {
				return " together with " + constraintText(other)
			}
		}
	}
	return " together with " + strings.Join(met, ", ")
}

func constraintText(c planner.Constraint) string {
	if c.Text == "" {
		return c.Kind
	}
	return c.Kind + ": " + c.Text
}

// noGPU says what the cards of the nodes that a unit may use lack.
func (l *lowering) noGPU(u *unit, open []int) string {
	var asks []string
	whole := true
	for _, p := range u.parts {
		g := l.s.Workloads[p.Workload].GPU
		if g.Zero() {
			continue
		}
		whole = whole && g.Whole > 0
		text := GPUText(g)
		if u.together && u.pods > 1 {
			text += fmt.Sprintf(" (%d of them)", p.Pods)
		}
		asks = append(asks, text)
	}
	text := "asks for " + strings.Join(asks, " and ")
	if u.together && u.pods > 1 {
		text = fmt.Sprintf("its %d pods must share one node and ask for %s", u.pods, strings.Join(asks, " and "))
	}
	var most int64
	models := map[string]bool{}
	for _, i := range open {
		if b := &l.spec[i].bin; b.Card >= 0 {
			models[l.out.Index.Cards[b.Card].Model] = true
			most = max(most, b.Cards)
		}
	}
	switch {
	case len(models) == 0:
		return text + "; no node that its constraints allow has a GPU"
	case whole:
		return fmt.Sprintf("%s; the largest node that its constraints allow has %d free", text, most)
	default:
		return fmt.Sprintf("%s; no node that its constraints allow offers it (they have %s)", text, someOf(sortedKeys(models)))
	}
}

// GPUText says what one pod asks of GPUs: "2 × GPU", "460/1000 of a GPU", "1g.10gb", "2 × 1g.10gb + 3g.40gb"; "" for nothing.
func GPUText(g planner.GPUNeed) string {
	switch {
	case g.Whole > 0:
		return fmt.Sprintf("%d × GPU", g.Whole)
	case g.ShareMilli > 0:
		return fmt.Sprintf("%d/1000 of a card", g.ShareMilli)
	case len(g.Slices) > 0:
		var list []string
		for _, name := range sortedKeys(g.Slices) {
			if n := g.Slices[name]; n != 1 {
				list = append(list, fmt.Sprintf("%d × %s", n, name))
			} else {
				list = append(list, name)
			}
		}
		return strings.Join(list, " + ")
	}
	var list []string
	for _, key := range sortedKeys(g.ByModel) {
		if text := GPUText(g.ByModel[key]); text != "" {
			list = append(list, text+" of "+key)
		}
	}
	return strings.Join(list, " or ")
}
