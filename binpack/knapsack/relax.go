package knapsack

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Relaxed is an upper bound on the worth of one bin's content, with what proves it.
type Relaxed struct {
	Value float64
	Mu    []float64 // multipliers of the bin's rows
	X     []float64 // the fractional content, by local shape
}

// relaxPivots bounds the pivots of one relaxation; bins need 10 to 40.
const relaxPivots = 400

// Limit sets how many copies of each of the caller's shapes there are to put in.
func (k *Bin) Limit(residual []int64) {
	for l, s := range k.Shapes {
		k.Upper[l] = min(k.alone[l], residual[s])
	}
}

// Relax solves the linear relaxation at prices pi of the caller's shapes.
func (k *Bin) Relax(pi []float64) Relaxed {
	for l, s := range k.Shapes {
		k.v[l], k.ucol[l] = pi[s], float64(k.Upper[l])
		if pi[s] <= 0 {
			k.v[l], k.ucol[l] = 0, 0
		}
	}
	copy(k.ucol[len(k.Shapes):], k.rows.upper)
	k.relaxStays(pi)
	k.lp.load(k.rows.a, k.rows.b, k.v, k.ucol)
	k.lp.solve(relaxPivots)
	r := Relaxed{Mu: make([]float64, k.rows.m), X: make([]float64, len(k.Shapes))}
	for i := range r.Mu {
		r.Mu[i] = k.lp.dual(i)
	}
	for l := range r.X {
		r.X[l] = k.lp.value(l)
	}
	for n, s := range k.stays {
		r.X[s.l] += k.lp.value(k.rows.n - len(k.stays) + n)
	}
	r.Value = k.Bound(pi, r.Mu)
	return r
}

// cardPrice returns what one empty card is worth under mu: the multiplier, or what the dearest
// layout or share of it adds up to.
func (k *Bin) cardPrice(mu []float64) float64 {
	r := &k.rows
	if r.first.card == 0 && r.m == len(r.dims) {
		return 0
	}
	sigma := mu[r.first.card]
	for _, counts := range r.layouts {
		sigma = max(sigma, k.layoutPrice(mu, counts))
	}
	sum := 0.0
	for f := range r.shareFns {
		sum += mu[r.first.share+f]
	}
	return max(sigma, sum)
}

func (k *Bin) layoutPrice(mu []float64, counts []int64) float64 {
	v := 0.0
	for i, c := range counts {
		v += float64(mu[k.rows.first.profile+i] * float64(c))
	}
	return v
}

// cardsWorth returns what all cards together are worth under mu.
func (k *Bin) cardsWorth(mu []float64, sigma float64) float64 {
	r := &k.rows
	if r.m == len(r.dims) {
		return 0
	}
	v := sigma * r.b[r.first.card]
	for _, ls := range r.live {
		top := 0.0
		for _, counts := range ls {
			top = max(top, k.layoutPrice(mu, counts))
		}
		v += top
	}
	if k.set.Fixed != nil {
		for i := range r.profiles {
			v += float64(mu[r.first.profile+i] * r.b[r.first.profile+i])
		}
	}
	return v
}

// Bound returns the upper bound that the multipliers prove at prices pi.
func (k *Bin) Bound(pi, mu []float64) float64 {
	sigma := k.cardPrice(mu)
	v := k.cardsWorth(mu, sigma)
	for i := range k.rows.dims {
		v += mu[i]
	}
	for l, s := range k.Shapes {
		if pi[s] <= 0 {
			continue
		}
		if r := pi[s] - k.charge(l, mu, sigma); r > 0 {
			v += float64(r * float64(k.Upper[l]))
		}
	}
	for _, s := range k.stays {
		v += k.staySurplus(s, pi, k.charge(s.l, mu, sigma))
	}
	return v
}

// charge returns what the resources of one copy of local shape l cost under mu.
func (k *Bin) charge(l int, mu []float64, sigma float64) float64 {
	r := &k.rows
	c := 0.0
	for i := range r.dims {
		c += float64(mu[i] * r.a[i*r.n+l])
	}
	return c + k.cardCharge(l, mu, sigma)
}

func (k *Bin) cardCharge(l int, mu []float64, sigma float64) float64 {
	r := &k.rows
	if r.m == len(r.dims) || k.need[l].Kind < 0 {
		return 0
	}
	c := sigma * float64(k.need[l].Whole)
	for i := r.first.profile; i < r.first.card; i++ {
		c += float64(mu[i] * r.a[i*r.n+l])
	}
	return c
}

// Multipliers turns mu into the integers of a certificate, in units of 1/scale.
func (k *Bin) Multipliers(mu []float64, scale float64) model.Mult {
	r := &k.rows
	bin := &k.p.Bins[k.Index]
	out := model.Mult{Dims: make([]int64, k.p.Dims)}
	for i, d := range r.dims {
		out.Dims[d] = round(mu[i] * scale / float64(bin.Cap[d]))
	}
	if r.m == len(r.dims) {
		return out
	}
	kind := &k.p.Cards[bin.Card]
	out.Card = round(k.cardPrice(mu) * scale)
	if len(r.profiles) > 0 {
		out.Slices = make([]int64, len(kind.Profiles))
		for i, p := range r.profiles {
			out.Slices[p] = int64(mu[r.first.profile+i] * scale)
		}
	}
	for _, share := range k.shares() {
		price := 0.0
		for f, of := range r.shareFns {
			price += float64(mu[r.first.share+f] * of(share, kind.Share))
		}
		out.Shares = append(out.Shares, model.ShareMult{Share: share, Price: int64(price * scale)})
	}
	return out
}

// round converts v, so that a product that comes in is not fused with the sum.
func round(v float64) int64 { return int64(float64(v) + 0.5) }

// shares returns the sizes of share that the bin's shapes ask for, ascending.
func (k *Bin) shares() []int64 {
	var out []int64
	for _, n := range k.need {
		if n.Share > 0 {
			out = append(out, n.Share)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// byWorth orders local shapes by price for what they use, best first.
func (k *Bin) byWorth(pi, mu []float64) []int {
	sigma := k.cardPrice(mu)
	k.order = k.order[:0]
	for l, s := range k.Shapes {
		if worth := max(pi[s], 0) + k.stayPrice(l); worth > 0 && k.Upper[l] > 0 {
			k.order = append(k.order, l)
			k.key[l] = (k.charge(l, mu, sigma) + 1e-12) / worth
		}
	}
	slices.SortFunc(k.order, func(a, b int) int { return cmp.Or(cmp.Compare(k.key[a], k.key[b]), cmp.Compare(a, b)) })
	return k.order
}

// Unlimit lets a content have as many of each shape as fit alone, whatever there is to put in.
// Bounds need it: how many of an item lie in one domain is not settled for them.
func (k *Bin) Unlimit() {
	copy(k.Upper, k.alone)
}

// Even returns multipliers that price every dimension and the cards alike.
func (k *Bin) Even() []float64 {
	mu := make([]float64, k.rows.m)
	for i := range mu {
		mu[i] = 1
	}
	return mu
}
