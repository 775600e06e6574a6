package raise

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// NodesMax bounds the nodes of one plan. The largest cluster that Kubernetes is tested with has 5,000.
const NodesMax = 1 << 20

// ErrPacking marks a packing that does not belong to the problem; a checked one never does.
var ErrPacking = errors.New("the packing does not belong to the problem")

// node is one machine of the plan.
type node struct {
	packed int // entry of Packing.Bins; -1: a held node without planned pods
	bin    int
	offer  int
	name   string         // today's name; "" for one to be made
	shares [][]lower.Part // by item of the entry: whose pods they are
}

// dealer deals bins, items and cards out to offers, workloads and names.
type dealer struct {
	s     *planner.Snapshot
	low   *lower.Lowered
	k     *model.Packing
	nodes []node
	first []int                   // by entry of Packing.Bins: its first node
	today map[string][]lower.Part // pods of today by node name
	left  []int64                 // by workload: pods not dealt yet
}

func newDealer(s *planner.Snapshot, low *lower.Lowered, k *model.Packing) (*dealer, error) {
	d := &dealer{s: s, low: low, k: k, today: map[string][]lower.Part{}, left: make([]int64, len(s.Workloads))}
	for i := range s.Workloads {
		for _, l := range s.Workloads[i].Today {
			d.today[l.Node] = append(d.today[l.Node], lower.Part{Workload: i, Pods: l.Pods})
		}
	}
	for _, it := range low.Index.Items {
		for _, p := range it.Parts {
			d.left[p.Workload] = p.Pods
		}
	}
	total := int64(0)
	for at, b := range k.Bins {
		if b.Bin < 0 || b.Bin >= len(low.Problem.Bins) || b.Count < 1 || b.Count > NodesMax || total+b.Count > NodesMax {
			return nil, fmt.Errorf("%w: %d nodes of kind %d", ErrPacking, b.Count, b.Bin)
		}
		total += b.Count
		d.first = append(d.first, len(d.nodes))
		for range b.Count {
			d.nodes = append(d.nodes, node{packed: at, bin: b.Bin, offer: -1, shares: make([][]lower.Part, len(b.Items))})
		}
	}
	for bin := range low.Problem.Bins {
		if low.Index.Bins[bin].Stage == lower.New {
			continue
		}
		if err := d.name(bin); err != nil {
			return nil, err
		}
	}
	if err := d.place(); err != nil {
		return nil, err
	}
	d.stay()
	return d, d.rest()
}

// seat is a node that exists.
type seat struct {
	offer int
	name  string
}

// seats lists the existing nodes of a bin kind.
func (d *dealer) seats(bin int) []seat {
	var out []seat
	for _, offer := range d.low.Index.Bins[bin].Offers {
		o := &d.s.Offers[offer]
		for _, name := range o.Nodes {
			out = append(out, seat{offer, name})
		}
		for n := int64(len(o.Nodes)); n < lower.Number(o) && len(out) <= NodesMax; n++ {
			out = append(out, seat{offer, ""})
		}
	}
	return out
}

// match is how many pods can stay if a node of one entry is the seat.
type match struct {
	pods  int64
	entry int
	seat  int
}

// name gives the existing nodes of one kind to the entries of the packing that use it, the best matches first.
func (d *dealer) name(bin int) error {
	seats := d.seats(bin)
	var entries []int
	for at := range d.k.Bins {
		if d.k.Bins[at].Bin == bin {
			entries = append(entries, at)
		}
	}
	var matches []match
	for n, x := range seats {
		if len(d.today[x.name]) == 0 {
			continue
		}
		byItem := d.todayByItem(x.name)
		for _, at := range entries {
			if pods := d.common(at, byItem); pods > 0 {
				matches = append(matches, match{pods, at, n})
			}
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.pods, a.pods), cmp.Compare(a.entry, b.entry), cmp.Compare(a.seat, b.seat))
	})
	taken := make([]bool, len(seats))
	given := map[int]int64{}
	give := func(at, n int) {
		x := &d.nodes[d.first[at]+int(given[at])]
		x.offer, x.name = seats[n].offer, seats[n].name
		taken[n] = true
		given[at]++
	}
	for _, m := range matches {
		if !taken[m.seat] && given[m.entry] < d.k.Bins[m.entry].Count {
			give(m.entry, m.seat)
		}
	}
	next := 0
	for _, at := range entries {
		for given[at] < d.k.Bins[at].Count {
			for next < len(seats) && taken[next] {
				next++
			}
			if next == len(seats) {
				return fmt.Errorf("%w: more nodes of kind %d than exist", ErrPacking, bin)
			}
			give(at, next)
		}
	}
	if d.low.Index.Bins[bin].Stage == lower.Held {
		for n, x := range seats {
			if !taken[n] && len(d.nodes) < NodesMax {
				d.nodes = append(d.nodes, node{packed: -1, bin: bin, offer: x.offer, name: x.name})
			}
		}
	}
	return nil
}

// todayByItem counts the pods of today on a node by the item that they are.
func (d *dealer) todayByItem(name string) map[int][]lower.Part {
	out := map[int][]lower.Part{}
	for _, p := range d.today[name] {
		if item := d.low.Index.ItemOf[p.Workload]; item >= 0 {
			out[item] = append(out[item], p)
		}
	}
	return out
}

// common counts the pods that an entry's content has in common with a node of today.
func (d *dealer) common(at int, byItem map[int][]lower.Part) int64 {
	var sum int64
	for _, l := range d.k.Bins[at].Items {
		var here int64
		for _, p := range byItem[l.Item] {
			here += p.Pods
		}
		sum += min(here, d.low.Index.Items[l.Item].Pods(l.Count))
	}
	return sum
}

// place gives new nodes to offers: the preferred ones first, evenly over the zones.
func (d *dealer) place() error {
	used := make([]int64, len(d.s.Offers))
	for at, b := range d.k.Bins {
		if d.low.Index.Bins[b.Bin].Stage != lower.New {
			continue
		}
		get := map[int]int64{}
		for range b.Count {
			offer := d.nextOffer(b.Bin, used)
			if offer < 0 {
				return fmt.Errorf("%w: more nodes of kind %d than there can be", ErrPacking, b.Bin)
			}
			get[offer]++
			used[offer]++
		}
		next := d.first[at]
		for _, offer := range slices.Sorted(maps.Keys(get)) {
			for range get[offer] {
				d.nodes[next].offer = offer
				next++
			}
		}
	}
	return nil
}

// nextOffer is the least used of the offers that differ from the most preferred one that is left only by zone.
func (d *dealer) nextOffer(bin int, used []int64) int {
	best := -1
	for _, offer := range d.low.Index.Bins[bin].Offers {
		o := &d.s.Offers[offer]
		if o.Max > 0 && used[offer] >= o.Max {
			continue
		}
		switch {
		case best < 0:
			best = offer
		case alike(o, &d.s.Offers[best]) && used[offer] < used[best]:
			best = offer
		}
	}
	return best
}

func alike(a, b *planner.Offer) bool {
	return a.Pool == b.Pool && a.InstanceType == b.InstanceType && a.CapacityType == b.CapacityType && a.Arch == b.Arch
}

// stay deals pods to the workloads that run on the same node today.
func (d *dealer) stay() {
	for n := range d.nodes {
		x := &d.nodes[n]
		if x.packed < 0 {
			continue
		}
		byItem := map[int][]lower.Part{}
		if x.name != "" {
			byItem = d.todayByItem(x.name)
		}
		for j, l := range d.k.Bins[x.packed].Items {
			it := &d.low.Index.Items[l.Item]
			if it.Together {
				x.shares[j] = slices.Clone(it.Parts)
				for _, p := range it.Parts {
					d.left[p.Workload] = 0
				}
				continue
			}
			room := l.Count
			for _, p := range byItem[l.Item] {
				if n := min(p.Pods, room, d.left[p.Workload]); n > 0 {
					x.shares[j] = append(x.shares[j], lower.Part{Workload: p.Workload, Pods: n})
					d.left[p.Workload] -= n
					room -= n
				}
			}
		}
	}
}

// rest deals all other pods, node after node and workload after workload.
func (d *dealer) rest() error {
	at := make([]int, len(d.low.Index.Items)) // the part of each item that is dealt from
	for n := range d.nodes {
		x := &d.nodes[n]
		if x.packed < 0 {
			continue
		}
		for j, l := range d.k.Bins[x.packed].Items {
			it := &d.low.Index.Items[l.Item]
			if it.Together {
				continue
			}
			room := l.Count
			for _, p := range x.shares[j] {
				room -= p.Pods
			}
			for room > 0 && at[l.Item] < len(it.Parts) {
				w := it.Parts[at[l.Item]].Workload
				if d.left[w] == 0 {
					at[l.Item]++
					continue
				}
				n := min(room, d.left[w])
				x.shares[j] = addPart(x.shares[j], lower.Part{Workload: w, Pods: n})
				d.left[w] -= n
				room -= n
			}
			if room > 0 {
				return fmt.Errorf("%w: more pods of item %d than there are", ErrPacking, l.Item)
			}
		}
	}
	return nil
}

// addPart adds pods to a list that stays sorted by workload.
func addPart(list []lower.Part, p lower.Part) []lower.Part {
	at, ok := slices.BinarySearchFunc(list, p.Workload, func(a lower.Part, w int) int { return cmp.Compare(a.Workload, w) })
	if ok {
		list[at].Pods += p.Pods
		return list
	}
	return slices.Insert(list, at, p)
}
