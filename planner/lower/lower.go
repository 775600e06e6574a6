package lower

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/pricing"
)

// Lowered is a Snapshot as a packing problem.
type Lowered struct {
	Problem  model.Problem
	Index    Index
	Unplaced []planner.Unplaced // pods that fit no node at all; they are not in the problem

	models []gpu.Model // by card kind; the zero Model where planner/gpu does not know it
}

// Index says what the integers of a Problem stand for. Workloads and offers are indices into the Snapshot.
type Index struct {
	Dims    []string   // resource name of each dimension
	Domains [][]string // zones of each domain, sorted
	Cards   []CardRef
	Items   []ItemRef
	Bins    []BinRef
	Budgets []planner.Limit // Max is what the NodePool's owner wrote, before held nodes are subtracted; Snapshot.SpotPools follow
	ItemOf  []int           // item of each workload; -1: its pods fit nowhere
	BinOf   []int           // bin of each offer
	Allowed []planner.Set   // for each workload, the offers that all its constraints allow
	Like    []int           // for each workload, the first one whose constraints have the same sets in the same order
	Sunk    pricing.Micro   // an hour of the nodes that stay whatever is planned
}

// ItemRef says which pods an item stands for.
type ItemRef struct {
	Parts []Part
	// Together says that the item is all these pods at once, on one node; otherwise it is any one of them.
	Together bool
}

// Part is pods of one workload.
type Part struct {
	Workload int
	Pods     int64
}

// Pods returns how many pods count items stand for.
func (r ItemRef) Pods(count int64) int64 {
	if !r.Together {
		return count
	}
	var sum int64
	for _, p := range r.Parts {
		sum += p.Pods
	}
	return sum * count
}

// BinRef says which offers a bin kind stands for.
type BinRef struct {
	Stage  Stage
	Offers []int // ascending: in the order of preference
}

// Lower translates a canonical Snapshot. It keeps the order of its offers.
func Lower(s planner.Snapshot) (Lowered, error) {
	if err := valid(&s); err != nil {
		return Lowered{}, err
	}
	l := &lowering{s: &s, dims: asked(s.Workloads)}
	l.out.Problem.Items, l.out.Problem.Bins = []model.Item{}, []model.Bin{}
	l.out.Index.Dims = l.dims
	l.out.Problem.Dims = len(l.dims)
	l.allow()
	l.kinds()
	l.group()
	l.budgets()
	l.specs()
	l.feasible()
	l.classes()
	l.domains()
	l.items()
	l.stays()
	l.bins()
	l.bind()
	l.sunk()
	if err := l.out.Problem.Validate(); err != nil {
		return Lowered{}, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	return l.out, nil
}

// lowering is the work of one Lower. Its steps run in the order above and each reads what earlier ones wrote.
type lowering struct {
	s    *planner.Snapshot
	out  Lowered
	dims []string

	spot   SpotShare
	units  []unit
	unitOf []int  // by workload
	spec   []spec // by offer

	columns   []planner.Set // distinct sets of offers that units may use
	columnOf  []int         // by unit
	class     []int         // by offer
	classesOf [][]int       // by column: its classes
	domain    []int         // by offer
	domainOf  map[string]int
}

// unit is what is placed as one: a pod of a workload, or all pods of workloads that are bound to one node.
type unit struct {
	parts    []Part
	together bool
	pods     int64 // of one unit
	count    int64
	size     []int64
	needs    []model.CardNeed
	gpu      bool // it asks for some GPU
	binMax   int64
	priority int32
	allowed  planner.Set
	ruled    bool   // a rule names it, so that it is not joined with others
	reason   string // why it fits nowhere; "" where it fits
	item     int    // in the problem; -1: none
}

// spec is an offer as a bin, before equal ones are joined.
type spec struct {
	bin    model.Bin
	stage  Stage
	number int64
}

// allow intersects the constraints of each workload. Workloads with equal constraints share the answer.
func (l *lowering) allow() {
	ids, first := map[string]int{}, map[string]int{}
	var key []byte
	for i := range l.s.Workloads {
		key = key[:0]
		for _, c := range l.s.Workloads[i].Constraints {
			k := setKey(c.Offers)
			if _, ok := ids[k]; !ok {
				ids[k] = len(ids)
			}
			key = binary.AppendUvarint(key, uint64(ids[k]))
		}
		like, ok := first[string(key)]
		if !ok {
			like = i
			first[string(key)] = i
		}
		l.out.Index.Like = append(l.out.Index.Like, like)
		if like < i {
			l.out.Index.Allowed = append(l.out.Index.Allowed, l.out.Index.Allowed[like])
			continue
		}
		set := planner.NewSet(len(l.s.Offers))
		for _, c := range l.s.Workloads[i].Constraints {
			set = set.And(c.Offers)
		}
		l.out.Index.Allowed = append(l.out.Index.Allowed, set)
	}
}

// budgets translates NodePool limits. What held nodes of the pool take is gone already.
func (l *lowering) budgets() {
	l.out.Index.Budgets = slices.Clone(l.s.Limits)
	for _, limit := range l.s.Limits {
		left := min(limit.Max, model.MaxAmount)
		for i := range l.s.Offers {
			if o := &l.s.Offers[i]; o.Pool == limit.Pool && o.Held {
				left -= min(left, satMul(limitUse(o, limit.Resource), Number(o)))
			}
		}
		l.out.Problem.Budgets = append(l.out.Problem.Budgets, left)
	}
	l.spotBudgets()
}

// limitUse is what one node counts against a limit.
func limitUse(o *planner.Offer, resource string) int64 {
	if resource == Nodes {
		return 1
	}
	return Amount(o.Capacity, resource)
}

// specs translates each offer by itself.
func (l *lowering) specs() {
	for i := range l.s.Offers {
		o := &l.s.Offers[i]
		b := model.Bin{Card: -1, Cap: make([]int64, len(l.dims))}
		for d, name := range l.dims {
			room := Amount(o.Allocatable, name) - Amount(o.Overhead, name) - Amount(o.Used, name)
			b.Cap[d] = min(max(room, 0), model.MaxAmount)
		}
		if k := l.kindOf(&o.Cards); k >= 0 {
			b.Card, b.Cards, b.Live = k, o.Cards.Count-o.Cards.Taken, liveOf(o.Cards)
			if o.Cards.Fixed != nil {
				b.Fixed = l.fixed(k, o.Cards.Fixed)
			}
		}
		if l.spot.TooLarge(o) { // it holds nothing
			clear(b.Cap)
		}
		stage := StageOf(o)
		if stage != Held {
			b.Price = int64(o.PriceMicro)
			for n, limit := range l.s.Limits {
				if amount := limitUse(o, limit.Resource); limit.Pool == o.Pool && amount > 0 {
					b.Uses = append(b.Uses, model.Use{Budget: n, Amount: min(amount, model.MaxAmount)})
				}
			}
			b.Uses = append(b.Uses, l.spotUses(o)...)
		}
		l.spec = append(l.spec, spec{bin: b, stage: stage, number: Number(o)})
	}
}

func (l *lowering) fixed(k int, have map[string]int64) []int64 {
	out := make([]int64, len(l.out.Index.Cards[k].Profiles))
	for name, n := range have {
		p, ok := l.out.models[k].Profile(name)
		if at := slices.Index(l.out.Index.Cards[k].Profiles, p); ok && at >= 0 {
			out[at] += n
		}
	}
	return out
}

// classes joins the offers that the same units may use. Class 0 … are numbered by first offer.
func (l *lowering) classes() {
	number := map[string]int{}
	l.columnOf = make([]int, len(l.units))
	for u := range l.units {
		l.columnOf[u] = -1
		if l.units[u].reason != "" {
			continue
		}
		k := setKey(l.units[u].allowed)
		if _, ok := number[k]; !ok {
			number[k] = len(l.columns)
			l.columns = append(l.columns, l.units[u].allowed)
		}
		l.columnOf[u] = number[k]
	}
	l.class = make([]int, len(l.s.Offers))
	count := 1
	for _, column := range l.columns {
		count = refine(l.class, column, count)
	}
	renumber := map[int]int{}
	for i, c := range l.class {
		if _, ok := renumber[c]; !ok {
			renumber[c] = len(renumber)
		}
		l.class[i] = renumber[c]
	}
	l.out.Problem.Classes = max(len(renumber), 1)
	l.classesOf = make([][]int, len(l.columns))
	for c, column := range l.columns {
		has := map[int]bool{}
		for _, i := range column.Members() {
			has[l.class[i]] = true
		}
		l.classesOf[c] = sortedKeys(has)
	}
}

// refine splits every class into its members inside and outside of set, and returns the new number of classes.
func refine(class []int, set planner.Set, count int) int {
	split := map[int]int{}
	size := make([]int, count)
	for _, c := range class {
		size[c]++
	}
	members := set.Members()
	inside := make([]int, count)
	for _, i := range members {
		inside[class[i]]++
	}
	for _, i := range members {
		c := class[i]
		if inside[c] == size[c] {
			continue
		}
		to, ok := split[c]
		if !ok {
			to = count
			split[c] = to
			count++
		}
		class[i] = to
	}
	return count
}

// bins joins the offers that nothing tells apart.
func (l *lowering) bins() {
	at := map[string]int{}
	l.out.Index.BinOf = make([]int, len(l.s.Offers))
	for i := range l.spec {
		sp := &l.spec[i]
		b := sp.bin
		b.Class, b.Domain = l.class[i], l.domain[i]
		k := fmt.Sprint(sp.stage, sp.number > 0, b)
		n, ok := at[k]
		if !ok {
			n = len(l.out.Problem.Bins)
			at[k] = n
			l.out.Problem.Bins = append(l.out.Problem.Bins, b)
			l.out.Index.Bins = append(l.out.Index.Bins, BinRef{Stage: sp.stage})
		}
		l.out.Problem.Bins[n].Max = satAdd(l.out.Problem.Bins[n].Max, sp.number)
		l.out.Index.Bins[n].Offers = append(l.out.Index.Bins[n].Offers, i)
		l.out.Index.BinOf[i] = n
	}
}

// items joins the units that nothing tells apart.
func (l *lowering) items() {
	ranks := l.ranks()
	at := map[string]int{}
	l.out.Index.ItemOf = make([]int, len(l.s.Workloads))
	for i := range l.out.Index.ItemOf {
		l.out.Index.ItemOf[i] = -1
	}
	for u := range l.units {
		x := &l.units[u]
		x.item = -1
		if x.reason != "" {
			continue
		}
		it := model.Item{
			Size: x.size, Classes: l.classesOf[l.columnOf[u]], BinMax: x.binMax, Needs: x.needs, Rank: ranks[x.priority],
		}
		k := fmt.Sprint(it.Size, l.columnOf[u], it.Needs, it.Rank)
		if x.ruled || x.together || x.binMax > 0 {
			k = fmt.Sprint("alone ", u)
		}
		n, ok := at[k]
		if !ok {
			n = len(l.out.Problem.Items)
			at[k] = n
			l.out.Problem.Items = append(l.out.Problem.Items, it)
			l.out.Index.Items = append(l.out.Index.Items, ItemRef{Together: x.together})
		}
		x.item = n
		l.out.Problem.Items[n].Count += x.count
		l.out.Index.Items[n].Parts = append(l.out.Index.Items[n].Parts, x.parts...)
		for _, p := range x.parts {
			l.out.Index.ItemOf[p.Workload] = n
		}
	}
}

// ranks numbers the priorities of what is placed.
func (l *lowering) ranks() map[int32]int64 {
	out := map[int32]int64{}
	for u := range l.units {
		if l.units[u].reason == "" {
			out[l.units[u].priority] = 0
		}
	}
	for rank, priority := range sortedKeys(out) {
		out[priority] = int64(rank)
	}
	return out
}

// sunk adds up the nodes that stay whatever is planned: those of held offers, and held nodes of today that no offer has.
// A node of today that is neither held nor offered goes: it is cordoned, or belongs to a recorded fleet.
func (l *lowering) sunk() {
	var sum pricing.Micro
	offered := map[string]bool{}
	for i := range l.s.Offers {
		o := &l.s.Offers[i]
		for _, name := range o.Nodes {
			offered[name] = true
		}
		if o.Held {
			sum = sum.Plus(o.PriceMicro.Times(Number(o)))
		}
	}
	for i := range l.s.Nodes {
		if n := &l.s.Nodes[i]; n.Priced && n.Held && !offered[n.Name] {
			sum = sum.Plus(n.PriceMicro)
		}
	}
	l.out.Index.Sunk = sum
}
