package raise

import (
	"math/big"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// binding is the certificate without cases: each tree is replaced by the leaf that decides, the one with the least
// bound. Its duals are the prices at which the plan's bound stands, so those are what one more pod costs. It is for
// prices only and proves nothing.
func binding(p *model.Problem, cert *model.Certificate) *model.Certificate {
	if len(cert.Trees) == 0 {
		return cert
	}
	out := *cert
	out.Trees = nil
	out.Items, out.Use = slices.Clone(cert.Items), slices.Clone(cert.Use)
	out.Mults, out.Bins, out.Budgets = slices.Clone(cert.Mults), slices.Clone(cert.Bins), slices.Clone(cert.Budgets)
	for t := range cert.Trees {
		tree := &cert.Trees[t]
		leaf := leastLeaf(p, tree, &tree.Root, branches{}).leaf
		if leaf == nil {
			continue
		}
		for k, i := range tree.Items {
			out.Items[i] = leaf.Items[k]
		}
		for _, u := range leaf.Use {
			out.Use[u.Bin] = len(out.Mults) + u.Mult
		}
		out.Mults = append(out.Mults, leaf.Mults...)
		out.Bins = append(out.Bins, leaf.Bins...)
		for b, v := range leaf.Budgets {
			if b < len(out.Budgets) {
				out.Budgets[b] = max(out.Budgets[b], v)
			}
		}
	}
	return &out
}

// branches is the way from a root: the numbers that Low and High branches ask for.
type branches struct {
	most []int64
	high []bool
}

func (b branches) with(most int64, high bool) branches {
	return branches{append(slices.Clone(b.most), most), append(slices.Clone(b.high), high)}
}

type valued struct {
	leaf  *model.Leaf
	value *big.Int
}

// leastLeaf finds the leaf with the least value, the first of equal ones.
func leastLeaf(p *model.Problem, tree *model.Tree, n *model.Node, at branches) valued {
	switch {
	case n == nil:
		return valued{}
	case n.Leaf != nil:
		return valued{n.Leaf, leafValue(p, tree, n.Leaf, at)}
	}
	low := leastLeaf(p, tree, n.Low, at.with(n.Most, false))
	high := leastLeaf(p, tree, n.High, at.with(n.Most, true))
	if low.leaf == nil || (high.leaf != nil && high.value.Cmp(low.value) < 0) {
		return high
	}
	return low
}

// leafValue is what all items of a tree are worth in a leaf, less what its duals owe.
func leafValue(p *model.Problem, tree *model.Tree, l *model.Leaf, at branches) *big.Int {
	sum := new(big.Int)
	plus := func(dual, n int64) { sum.Add(sum, new(big.Int).Mul(big.NewInt(dual), big.NewInt(n))) }
	for k, i := range tree.Items {
		plus(slices.Min(l.Items[k]), p.Items[i].Count)
	}
	for _, dual := range l.Bins {
		plus(-dual.Value, p.Bins[dual.Bin].Max)
	}
	for b, dual := range l.Budgets {
		plus(-dual, p.Budgets[b])
	}
	for k, dual := range l.Cuts {
		if at.high[k] {
			plus(dual, at.most[k]+1)
		} else {
			plus(-dual, at.most[k])
		}
	}
	return sum
}
