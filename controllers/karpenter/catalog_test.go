package karpenter

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// TestSameNodes: what controllers/kube offers to the planner and what this package sells to Karpenter is the same: types,
// places, terms, prices, and what pods may use.
func TestSameNodes(t *testing.T) {
	withTerms := shop()
	for i := range withTerms.Types {
		if x := &withTerms.Types[i]; x.Name == "m5.xlarge" {
			x.Offerings = append(x.Offerings, pricing.Offering{CapacityType: pricing.Spot, PriceMicro: 70_000},
				pricing.Offering{Zone: "z-a", CapacityType: pricing.Reserved, Count: 2, ReservationID: "cr-1"})
		}
	}
	tests := map[string]struct {
		catalog pricing.Catalog
		spec    string
	}{
		"on demand":            {shop(), "template: {}"},
		"with spot":            {withTerms, `template: {spec: {requirements: [{key: karpenter.sh/capacity-type, operator: In, values: [spot, on-demand, reserved]}]}}`},
		"reserved without":     {withTerms, "template: {}"},
		"the embedded catalog": {pricing.Embedded(), `template: {spec: {requirements: [{key: karpenter.sh/capacity-type, operator: Exists}]}}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := pool(t, "open", tc.spec)
			o := &kube.Objects{}
			o.Add(p)
			s, err := kube.Snapshot(o, tc.catalog, kube.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for _, offer := range s.Offers {
				a := offer.Allocatable
				a.Extended = maps.Clone(a.Extended)
				if n := offer.Cards.Count; n > 0 {
					if a.Extended == nil {
						a.Extended = map[string]int64{}
					}
					a.Extended[gpuResource] = n
				}
				want = append(want, fmt.Sprint(offer.InstanceType, offer.Zone, offer.CapacityType, offer.PriceMicro, offer.Max, amounts(listOf(a, planner.GPUNeed{})), a.Pods))
			}
			w := FromObjects(o, tc.catalog, Options{})
			for _, it := range marketOf(w).types(namesSpot(p)) {
				list := it.Allocatable()
				n := list.Pods().Value()
				delete(list, corev1.ResourcePods)
				for _, of := range it.Offerings {
					got = append(got, fmt.Sprint(it.Name, of.Zone(), of.CapacityType(), micro(of.Price), int64(of.ReservationCapacity), amounts(list), n))
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("offers (-kube +karpenter):\n%s", diff)
			}
		})
	}
}

func amounts(list corev1.ResourceList) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if q := list[name]; !q.IsZero() {
			text += fmt.Sprintf(" %s=%d", name, q.MilliValue())
		}
	}
	return text
}
