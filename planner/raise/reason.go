package raise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// reason says what kept the rest of an item out: the limits that are used up, the nodes that are full, or the rules.
func (d *dealer) reason(item int) string {
	opened := make([]int64, len(d.low.Problem.Bins))
	spent := make([]int64, len(d.low.Problem.Budgets))
	for _, b := range d.k.Bins {
		opened[b.Bin] += b.Count
		for _, u := range d.low.Problem.Bins[b.Bin].Uses {
			spent[u.Budget] += u.Amount * b.Count
		}
	}
	full, none, open := false, false, false
	limits := map[int]int64{} // by budget: what one more node takes of it, at least
	for bin := range d.low.Problem.Bins {
		b := &d.low.Problem.Bins[bin]
		if !slices.Contains(d.low.Problem.Items[item].Classes, b.Class) || !d.low.Fits(item, bin) {
			continue
		}
		if b.Max > 0 && opened[bin] >= b.Max {
			isNew := d.low.Index.Bins[bin].Stage == lower.New
			full, none = full || !isNew, none || isNew
			continue
		}
		blocked := false
		for _, u := range b.Uses {
			if spent[u.Budget]+u.Amount > d.low.Problem.Budgets[u.Budget] {
				blocked = true
				if least, ok := limits[u.Budget]; !ok || u.Amount < least {
					limits[u.Budget] = u.Amount
				}
			}
		}
		open = open || !blocked
	}
	var words []string
	for n := range d.low.Problem.Budgets {
		if more, ok := limits[n]; ok {
			words = append(words, d.limit(n, spent[n], more))
		}
	}
	if full {
		words = append(words, "the nodes of today that it may use are full")
	}
	if none {
		words = append(words, "no more nodes can be had of the kinds of which there is a finite number")
	}
	if rules := d.rules(item); len(rules) > 0 && (open || len(words) == 0) {
		words = append(words, "rules leave no room for it: "+strings.Join(rules, "; "))
	}
	if len(words) == 0 {
		return "no room was found for it"
	}
	return strings.Join(words, "; ")
}

// limit says how much of a NodePool limit is used, and that one more node would be too much.
func (d *dealer) limit(n int, spent, more int64) string {
	if at := n - len(d.low.Index.Budgets); at >= 0 {
		pool := d.s.SpotPools[at]
		return fmt.Sprintf("spot share: %s in %s has as many nodes as one interruption pool may", pool.InstanceType, pool.Zone)
	}
	l := d.low.Index.Budgets[n]
	held := l.Max - d.low.Problem.Budgets[n]
	return fmt.Sprintf("NodePool limit: %s of %q is %s, %s of it is planned, and one more node takes %s",
		l.Resource, l.Pool, limitText(l, l.Max), limitText(l, held+spent), limitText(l, more))
}

func limitText(l planner.Limit, n int64) string {
	switch l.Resource {
	case lower.CPU:
		return fmt.Sprintf("%d.%03d", n/1000, n%1000)
	case lower.Memory, lower.Ephemeral:
		return fmt.Sprintf("%d MiB", n)
	default:
		return fmt.Sprint(n)
	}
}

// rules lists the rules that name a workload of an item.
func (d *dealer) rules(item int) []string {
	var out []string
	for _, r := range d.s.Rules {
		for _, p := range d.low.Index.Items[item].Parts {
			if slices.Contains(r.Members, p.Workload) || slices.Contains(r.Others, p.Workload) {
				out = append(out, r.Text)
				break
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
