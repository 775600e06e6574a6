package lower

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
)

// homes tells nodes of today apart by the pods that run there. Only where moves have a price does that matter.
type homes map[string]string

func newHomes(s *planner.Snapshot) homes {
	if s.Terms.MovePriceMicro == 0 {
		return nil
	}
	h := homes{}
	for i := range s.Workloads {
		for _, l := range s.Workloads[i].Today {
			h[l.Node] += fmt.Sprint(i, "×", l.Pods, " ")
		}
	}
	return h
}

// split makes an offer for each set of nodes on which the same pods run today.
func (h homes) split(o planner.Offer) []planner.Offer {
	if h == nil || len(o.Nodes) < 2 {
		return []planner.Offer{o}
	}
	at := map[string]int{}
	var out []planner.Offer
	for _, name := range o.Nodes {
		n, ok := at[h[name]]
		if !ok {
			n = len(out)
			at[h[name]] = n
			part := o
			part.Nodes = nil
			out = append(out, part)
		}
		out[n].Nodes = append(out[n].Nodes, name)
	}
	return out
}

// stays says for each offer of today what its pods save by not moving. All nodes of such an offer run the same pods, or
// moves cost nothing. Pods that may not stay, or of which there are fewer now than run today, save nothing.
func (l *lowering) stays() {
	price := int64(l.s.Terms.MovePriceMicro)
	if price == 0 {
		return
	}
	today := map[string]map[int]int64{}
	left := make([]int64, len(l.s.Workloads))
	for i := range l.s.Workloads {
		left[i] = l.s.Workloads[i].Replicas
		for _, t := range l.s.Workloads[i].Today {
			if today[t.Node] == nil {
				today[t.Node] = map[int]int64{}
			}
			today[t.Node][i] += t.Pods
		}
	}
	for i := range l.s.Offers {
		nodes := l.s.Offers[i].Nodes
		if len(nodes) == 0 {
			continue
		}
		for _, w := range sortedKeys(today[nodes[0]]) {
			u := &l.units[l.unitOf[w]]
			pods := left[w] / int64(len(nodes))
			for _, name := range nodes {
				pods = min(pods, today[name][w])
			}
			if u.item < 0 || pods <= 0 || !u.allowed.Has(i) {
				continue
			}
			left[w] -= pods * int64(len(nodes))
			l.stay(&l.spec[i].bin, u, pods, price)
		}
	}
}

// stay adds pods of a unit to what lies in a bin.
func (l *lowering) stay(b *model.Bin, u *unit, pods, price int64) {
	s := model.Stay{Item: u.item, Count: pods, Saves: price}
	if u.together { // they stay all at once, or not at all
		s.Count, s.Saves = 1, satMul(pods, price)
	}
	at, ok := slices.BinarySearchFunc(b.Stays, u.item, func(x model.Stay, item int) int { return cmp.Compare(x.Item, item) })
	switch {
	case !ok:
		b.Stays = slices.Insert(b.Stays, at, s)
	case u.together:
		b.Stays[at].Saves = satAdd(b.Stays[at].Saves, s.Saves)
	default:
		b.Stays[at].Count = satAdd(b.Stays[at].Count, s.Count)
	}
}

// paid lists the nodes of today that stay because the terms say that they are paid for.
func (c *canon) paid() map[string]bool {
	out := map[string]bool{}
	for i := range c.in.Offers {
		if o := &c.in.Offers[i]; c.out.Terms.Sunk.Covers(o) && !o.Held {
			for _, name := range o.Nodes {
				out[name] = true
			}
		}
	}
	return out
}
