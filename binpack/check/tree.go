package check

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// depthMost is how many branches may lead to a leaf, and extraMost the largest dual of one that counts copies: with a π of at
// most half of what int64 holds, all of them add up to less than that.
const (
	depthMost = 60
	extraMost = most / 2 / (depthMost + 2)
)

// casesMax bounds the leaves of all trees together.
const casesMax = 10_000

// A tree bounds a group of items that share no bin with the others. Whatever a packing does, it
// falls into exactly one leaf: at each node its number of bins is either at most Most or more.
// In that leaf the argument of bound holds for the group's items alone, with two additions. A
// branch to Low says n ≤ Most: like a Max, it may be paid for by a dual. A branch to High says
// n ≥ Most+1: its dual μ is earned at least Most+1 times, so the bound gains μ·(Most+1) and each
// of the bins may be worth μ less. Where n counts copies of items in the bins, the same holds with each copy in them worth μ less
// on a branch to Low and μ more on one to High. So the group costs no less than the least leaf. The groups'
// bounds add up, as no bin counts for two.

// path is the way from a tree's root to a node.
type path struct {
	bins  [][]int
	items [][]int // whose copies are counted; none: the bins are
	most  []int64
	high  []bool
}

func (p path) with(n *model.Node, high bool) path {
	return path{append(slices.Clone(p.bins), n.Bins), append(slices.Clone(p.items), n.Items), append(slices.Clone(p.most), n.Most), append(slices.Clone(p.high), high)}
}

// leaves calls visit for every leaf of a tree.
func leaves(n *model.Node, at path, visit func(*model.Leaf, path) error) error {
	switch {
	case n == nil:
		return fmt.Errorf("a case is missing")
	case n.Leaf != nil:
		if n.Low != nil || n.High != nil || len(n.Bins)+len(n.Items) > 0 || n.Most != 0 {
			return fmt.Errorf("a node is a leaf and branches as well")
		}
		return visit(n.Leaf, at)
	case len(at.bins) > depthMost:
		return fmt.Errorf("a tree is too deep")
	case n.Most < 0 || n.Most > model.MaxAmount || len(n.Bins) == 0:
		return fmt.Errorf("a branch needs bins and a number that is not negative")
	}
	if err := leaves(n.Low, at.with(n, false), visit); err != nil {
		return err
	}
	return leaves(n.High, at.with(n, true), visit)
}

// grouped refuses trees that are not of the problem's shape or that share an item.
func grouped(p *model.Problem, cert *model.Certificate) error {
	in, first, cases := make([]bool, len(p.Items)), -1, 0
	for t := range cert.Trees {
		tree := &cert.Trees[t]
		if len(tree.Items) == 0 || tree.Items[0] <= first {
			return fmt.Errorf("tree %d: trees must have items and ascend by their first", t)
		}
		first = tree.Items[0]
		for k, i := range tree.Items {
			if i < 0 || i >= len(p.Items) || in[i] || (k > 0 && tree.Items[k-1] >= i) {
				return fmt.Errorf("tree %d: items must ascend, exist and stand in one tree only", t)
			}
			in[i] = true
			if len(cert.Items[i]) != 1 || cert.Items[i][0] != 0 {
				return fmt.Errorf("tree %d: item %d has a dual outside its tree as well", t, i)
			}
		}
		err := leaves(&tree.Root, path{}, func(l *model.Leaf, at path) error {
			if cases++; cases > casesMax {
				return fmt.Errorf("there are more than %d cases", casesMax)
			}
			return leafShape(p, tree, l, at)
		})
		if err != nil {
			return fmt.Errorf("tree %d: %w", t, err)
		}
	}
	return nil
}

func leafShape(p *model.Problem, tree *model.Tree, l *model.Leaf, at path) error {
	if len(l.Items) != len(tree.Items) || len(l.Cuts) != len(at.bins) || negative(l.Cuts) {
		return fmt.Errorf("a leaf needs duals of each item and each branch above it, none negative")
	}
	for k, bins := range at.bins {
		for j, b := range bins {
			if b < 0 || b >= len(p.Bins) || (j > 0 && bins[j-1] >= b) {
				return fmt.Errorf("branch %d: its bins must exist and ascend", k)
			}
		}
		for j, i := range at.items[k] {
			n, mine := slices.BinarySearch(tree.Items, i)
			if !mine || (j > 0 && at.items[k][j-1] >= i) {
				return fmt.Errorf("branch %d: its items must be the tree's and ascend", k)
			}
			if l.Cuts[k] > extraMost || slices.ContainsFunc(l.Items[n], func(dual int64) bool { return dual > most/2 }) {
				return fmt.Errorf("branch %d: its dual and those of its items are too large to be added", k)
			}
		}
	}
	last := -1
	for _, u := range l.Use {
		if u.Bin <= last || u.Bin >= len(p.Bins) || u.Mult < 0 || u.Mult >= len(l.Mults) {
			return fmt.Errorf("bin %d: multipliers of a leaf must exist and ascend by bin", u.Bin)
		}
		last = u.Bin
	}
	return nil
}

// alone makes a certificate of a leaf that has nothing but its tree's items.
func alone(p *model.Problem, cert *model.Certificate, tree *model.Tree, l *model.Leaf) *model.Certificate {
	out := &model.Certificate{Scale: cert.Scale, Limit: cert.Limit, Items: make([][]int64, len(p.Items)), Bins: l.Bins, Budgets: l.Budgets, Mults: l.Mults, Use: make([]int, len(p.Bins))}
	for i := range out.Items {
		out.Items[i] = []int64{0}
	}
	for k, i := range tree.Items {
		out.Items[i] = l.Items[k]
	}
	for b := range out.Use {
		out.Use[b] = -1
	}
	for _, u := range l.Use {
		out.Use[u.Bin] = u.Mult
	}
	return out
}

// only keeps the counts of a tree's items.
func only(tree *model.Tree, placed []int64) []int64 {
	out := make([]int64, len(placed))
	for _, i := range tree.Items {
		out[i] = placed[i]
	}
	return out
}

// outside keeps the counts of the items that are in no tree. What a tree's items are worth, and what
// they save by staying, is a matter of their own bins, and of the tree's proof.
func outside(cert *model.Certificate, placed []int64) []int64 {
	out := slices.Clone(placed)
	for t := range cert.Trees {
		for _, i := range cert.Trees[t].Items {
			out[i] = 0
		}
	}
	return out
}

// treeValue is the least value of a tree's leaves, in units of 1/Scale.
func treeValue(p *model.Problem, cert *model.Certificate, r *rules, tree *model.Tree, placed []int64) (*big.Int, error) {
	var least *big.Int
	mine := only(tree, placed)
	err := leaves(&tree.Root, path{}, func(l *model.Leaf, at path) error {
		sub := alone(p, cert, tree, l)
		if err := shape(p, sub); err != nil {
			return err
		}
		v := value(p, sub, r, mine)
		for k, dual := range l.Cuts {
			if at.high[k] {
				v.Add(v, product(dual, at.most[k]+1))
			} else {
				v.Sub(v, product(dual, at.most[k]))
			}
		}
		if least == nil || v.Cmp(least) < 0 {
			least = v
		}
		return nil
	})
	return least, err
}

// trees proves every leaf of every tree, and that no bin holds items of two groups.
func (v *prover) trees(f *faults) {
	if len(v.cert.Trees) == 0 {
		return
	}
	v.apart(f)
	for t := range v.cert.Trees {
		tree := &v.cert.Trees[t]
		mine := only(tree, v.placed)
		_ = leaves(&tree.Root, path{}, func(l *model.Leaf, at path) error {
			sub := newProver(v.p, alone(v.p, v.cert, tree, l), v.rules, mine)
			sub.nodes, sub.all = v.nodes, v.all
			for k, dual := range l.Cuts {
				sub.cut(dual, at, k)
			}
			sub.run(f)
			v.nodes = sub.nodes
			return nil
		})
	}
}

// cut charges the bins of a branch, or the items in them, for its dual.
func (v *prover) cut(dual int64, at path, k int) {
	for _, b := range at.bins[k] {
		switch {
		case len(at.items[k]) > 0:
			if v.extra[b] == nil {
				v.extra[b] = map[int]int64{}
			}
			for _, i := range at.items[k] {
				if at.high[k] {
					v.extra[b][i] += dual
				} else {
					v.extra[b][i] -= dual
				}
			}
		case at.high[k]:
			v.earned[b] = plus(v.earned[b], dual)
		default:
			v.owes[b] = plus(v.owes[b], dual)
		}
	}
}

// apart checks that each kind of bin can hold items of one group only. Items outside all trees
// are a group of their own.
func (v *prover) apart(f *faults) {
	group := make([]int, len(v.p.Items))
	for t := range v.cert.Trees {
		for _, i := range v.cert.Trees[t].Items {
			group[i] = t + 1
		}
	}
	for b := range v.p.Bins {
		space, seen := newRoom(v.p, b), -1
		for _, i := range v.items[v.p.Bins[b].Class] {
			need, why := v.rules.allowed(v.p, i, b)
			if why != "" || v.fitting(space, i, &need) == 0 {
				continue
			}
			if seen >= 0 && seen != group[i] {
				f.addf(ErrBound, "bin %d: it can hold items of two trees, whose bounds then do not add up", b)
				break
			}
			seen = group[i]
		}
	}
}
