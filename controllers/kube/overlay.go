package kube

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/pricing"
)

// overlays returns the NodeOverlays that apply, the weightiest first and among equals the one whose name is later in
// the alphabet, as Karpenter orders them (OrderByWeight in pkg/apis/v1alpha1/nodeoverlay.go).
func (t *translation) overlays() []*NodeOverlay {
	if t.overlayList != nil {
		return *t.overlayList
	}
	var list []*NodeOverlay
	for _, o := range t.in.NodeOverlays {
		object := "NodeOverlay/" + o.Name
		message, invalid := o.Status.failed("ValidationSucceeded")
		notReady, unready := o.Status.failed("Ready")
		switch {
		case o.DeletionTimestamp != nil:
			t.notes.info(object, "this NodeOverlay is being deleted and does not apply")
		case invalid || unready:
			t.notes.warn(object, "this NodeOverlay is not ready and does not apply: %s", cmp.Or(message, notReady, "no reason given"))
		default:
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *NodeOverlay) int {
		return cmp.Or(cmp.Compare(value(b.Spec.Weight), value(a.Spec.Weight)), strings.Compare(b.Name, a.Name))
	})
	t.overlayList = &list
	return list
}

// applies says whether a node with these labels is one that the overlay is about.
func (o *NodeOverlay) applies(l labels) bool {
	for _, r := range o.Spec.Requirements {
		if v, present := l.get(r.Key); !r.matches(v, present) {
			return false
		}
	}
	return true
}

// overlayPrice is a price as the weightiest overlay with an opinion changes it.
func (t *translation) overlayPrice(price pricing.Micro, l labels) pricing.Micro {
	for _, o := range t.overlays() {
		change := cmp.Or(value(o.Spec.Price), value(o.Spec.PriceAdjustment))
		if change == "" || !o.applies(l) {
			continue
		}
		changed, err := adjust(price, change)
		if err != nil {
			t.notes.warn("NodeOverlay/"+o.Name, "its price is no price and is not applied: %v", err)
			return price
		}
		return changed
	}
	return price
}

// overlayCapacity is what overlays add: for each resource the weightiest overlay's word.
func (t *translation) overlayCapacity(overlays []*NodeOverlay, l labels) map[string]int64 {
	var extra map[string]int64
	for _, o := range overlays {
		if len(o.Spec.Capacity) == 0 || !o.applies(l) {
			continue
		}
		for name, q := range o.Spec.Capacity {
			switch name {
			case "cpu", "memory", "ephemeral-storage", "pods":
				t.notes.warn("NodeOverlay/"+o.Name, "capacity %s cannot be changed by an overlay and is not applied", name)
				continue
			}
			if extra == nil {
				extra = map[string]int64{}
			}
			if _, said := extra[string(name)]; !said {
				extra[string(name)] = scaled(q, 0, 1, down)
			}
		}
	}
	return extra
}

// adjust changes a price as AdjustedPrice of Karpenter's pkg/cloudprovider/types.go does: "0.25" replaces it, "+10%" and
// "-0.05" change it, and no price falls below zero. Fractions of a millionth are cut.
func adjust(price pricing.Micro, change string) (pricing.Micro, error) {
	number, percent := strings.CutSuffix(change, "%")
	amount, err := pricing.ParseMicro(number)
	if err != nil {
		return 0, err
	}
	signed := strings.HasPrefix(change, "+") || strings.HasPrefix(change, "-")
	switch {
	case !signed && percent:
		return 0, pricing.ErrMoney
	case !signed:
		return amount, nil
	case !percent:
		return max(0, price.Plus(amount)), nil
	}
	whole := big.NewInt(100 * int64(pricing.Unit))
	factor := new(big.Int).Add(whole, big.NewInt(int64(amount)))
	product := factor.Mul(factor, big.NewInt(int64(price)))
	result := product.Quo(product, whole)
	if !result.IsInt64() {
		return math.MaxInt64, nil
	}
	return max(0, pricing.Micro(result.Int64())), nil
}
