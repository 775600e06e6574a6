package pools

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/planner/lower"
)

// mode says how the cards of a pool's nodes are had.
type mode int8

const (
	whole  mode = iota // by one pod each
	sliced             // cut by MIG, in one layout for all nodes
	shared             // by time slicing
)

// option is a way to make a pool: its leader, and how the leader's cards are had.
type option struct {
	kind      int32
	mode      mode
	replicas  int64   // devices of each card, where shared
	followers []int32 // kinds that may come with the leader; the leader is the first
}

// replicasOne is how many devices a card is shared out to on types with one card. Chosen: shares of cards are told in
// per cent at the finest, and a pod then rounds up by less than one.
const replicasOne = 100

// replicasMany are the devices of each card on types with several, where a pod can have only one. Chosen.
var replicasMany = []int64{2, 3, 4, 5, 8, 10}

// stockOptions makes the options of all kinds that a workload may want.
func (sh *shop) stockOptions() {
	wantsShare, wantsSlice := false, map[string]bool{}
	for i := range sh.works {
		for k := range sh.works[i].allow {
			need := lower.NeedOn(sh.works[i].gpu, sh.kinds[k].model)
			wantsShare = wantsShare || need.ShareMilli > 0
			if len(need.Slices) > 0 {
				wantsSlice[sh.kinds[k].model] = true
			}
		}
	}
	for k := range sh.kinds {
		kd := &sh.kinds[k]
		sh.options = append(sh.options, option{kind: int32(k), mode: whole})
		if kd.cards <= 0 || kd.fixed != nil {
			continue
		}
		if wantsSlice[kd.model] && kd.cut {
			sh.options = append(sh.options, option{kind: int32(k), mode: sliced})
		}
		switch {
		case !wantsShare || !kd.shareable:
		case kd.cards == 1:
			sh.options = append(sh.options, option{kind: int32(k), mode: shared, replicas: replicasOne})
		default:
			for _, n := range replicasMany {
				sh.options = append(sh.options, option{kind: int32(k), mode: shared, replicas: n})
			}
		}
	}
	for o := range sh.options {
		sh.options[o].followers = sh.followers(&sh.options[o])
	}
}

// followers lists what may come with a leader: kinds with no more of anything that are cheaper, and that no other kind
// beats in price and room. Where these are too many, those that are nearest to the leader in price.
func (sh *shop) followers(o *option) []int32 {
	leader := &sh.kinds[o.kind]
	out := []int32{o.kind}
	if o.mode == sliced || o.mode == shared && leader.cards > 1 {
		return out
	}
	var below []int32
	for k := range sh.kinds {
		kd := &sh.kinds[k]
		if kd.base == leader.base && kd.arch == leader.arch && kd.least < leader.least && kd.fixed == nil && kd.model == leader.model &&
			(o.mode == whole || kd.cards == leader.cards && kd.shareable) && within(kd.room, leader.room) {
			below = append(below, int32(k))
		}
	}
	slices.SortFunc(below, sh.cheaper)
	var front []int32
	for _, k := range below {
		if !slices.ContainsFunc(front, func(f int32) bool {
			return within(sh.kinds[k].room, sh.kinds[f].room) && sh.kinds[k].where&^sh.kinds[f].where == 0
		}) {
			front = append(front, k)
		}
	}
	slices.Reverse(front)
	return append(out, front[:min(len(front), membersMax-1)]...)
}

// within reports whether a has nothing more than b.
func within(a, b []int64) bool {
	for d := range a {
		if a[d] > b[d] {
			return false
		}
	}
	return true
}

// needOn is what a pod of a workload asks for of an option's nodes, in full; false where it cannot use them.
func (sh *shop) needOn(w *work, o *option) ([]int64, bool) {
	kd := &sh.kinds[o.kind]
	if len(w.gpu.Slices) == 0 && w.gpu.Whole == 0 && w.gpu.ShareMilli == 0 && w.gpu.ByModel == nil {
		return w.need, true
	}
	g := lower.NeedOn(w.gpu, kd.model)
	need := slices.Clone(w.need)
	switch {
	case kd.model == "":
		return nil, false
	case g.Whole > 0 && o.mode != shared:
		need[sh.devices()] = g.Whole
	case g.ShareMilli > 0 && o.mode == shared:
		need[sh.devices()] = (g.ShareMilli*o.replicas + 999) / 1000
		if kd.cards > 1 && need[sh.devices()] > 1 {
			return nil, false
		}
	case len(g.Slices) > 0 && (o.mode == sliced || kd.fixed != nil):
		m, _ := gpu.ByKey(kd.model)
		for p, name := range sh.profiles {
			if n := g.Slices[name]; n > 0 {
				if _, ok := m.ProfileByResource("nvidia.com/mig-" + name); !ok {
					return nil, false
				}
				need[sh.slice(p)] = n
			}
		}
	default:
		return nil, false
	}
	return need, true
}

// may says where pods of a workload may run under an option: the places of the leader. 0: nowhere.
func (sh *shop) may(w *work, o *option) uint64 {
	where := w.allow[o.kind] & sh.kinds[o.kind].where
	if where == 0 {
		return 0
	}
	need, ok := sh.needOn(w, o)
	if !ok {
		return 0
	}
	kd := &sh.kinds[o.kind]
	for d, n := range need {
		room := kd.room[d]
		switch {
		case d < sh.devices() || o.mode == whole && kd.fixed == nil:
		case d == sh.devices():
			room = kd.cards * max(o.replicas, 1)
		default:
			room = n // whether a layout has it is told when one is made
			if m, ok := gpu.ByKey(kd.model); ok && o.mode == sliced {
				at, ok := m.ProfileByResource("nvidia.com/mig-" + sh.profiles[d-sh.slice(0)])
				if ok {
					room = kd.cards * int64(m.Profiles[at].Max)
				}
			}
		}
		if n > room {
			return 0
		}
	}
	return where
}

// price is what a pod costs at least under an option: its largest share of the leader, in millionths of the currency.
func (sh *shop) share(w *work, o *option) float64 {
	kd := &sh.kinds[o.kind]
	need, ok := sh.needOn(w, o)
	if !ok {
		return 0
	}
	var most float64
	for d, n := range need {
		room := kd.room[d]
		if d == sh.devices() {
			room = kd.cards * max(o.replicas, 1)
		}
		if n > 0 && room > 0 {
			most = max(most, float64(n)/float64(room))
		}
	}
	return most * kd.least.Float64()
}

// familiesMost is how many families a workload is tried on beside those that the packing uses. Chosen.
const familiesMost = 6

// chooseCandidates lists for each workload the options that a pool for it may have: those of families that are cheap for
// it by themselves, and of families that the packing uses.
func (sh *shop) chooseCandidates(used map[string]bool) {
	sh.candidates = make([][]int32, len(sh.works))
	for i := range sh.works {
		w := &sh.works[i]
		best := map[string]float64{}
		var names []string
		for o := range sh.options {
			op := &sh.options[o]
			if sh.may(w, op) == 0 {
				continue
			}
			f := sh.kinds[op.kind].family()
			cost := sh.share(w, op)
			if old, ok := best[f]; !ok {
				names = append(names, f)
				best[f] = cost
			} else {
				best[f] = min(old, cost)
			}
		}
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(best[a], best[b]) })
		keep := map[string]bool{}
		for at, f := range names {
			keep[f] = at < familiesMost || used[f]
		}
		for o := range sh.options {
			if keep[sh.kinds[sh.options[o].kind].family()] && sh.may(w, &sh.options[o]) != 0 {
				sh.candidates[i] = append(sh.candidates[i], int32(o))
			}
		}
	}
}
