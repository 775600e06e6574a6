package karpenter

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/apis/v1alpha1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/nodeoverlay"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/scheduling"
	"sigs.k8s.io/karpenter/pkg/utils/nodepool"

	"github.com/tenon-sh/tenon/planner"
)

// supply is what NodePools can make, whatever nodes and pods there are. It takes most of the time of building a cluster,
// and nothing writes to it, so that it serves all steps of a consolidation.
type supply struct {
	market market
	pools  []*v1.NodePool // the weightiest first
	types  map[string][]*cloudprovider.InstanceType
	// places stand for types where only the domains of topology keys count: of each NodePool's types those that differ in the
	// keys that pods ask for, with no other requirement.
	places map[string][]*cloudprovider.InstanceType
	notes  []planner.Note
}

// sell finds out what is for sale in a valid world.
func (w World) sell(ctx context.Context) (*supply, error) {
	s := &supply{market: marketOf(w), types: map[string][]*cloudprovider.InstanceType{}, places: map[string][]*cloudprovider.InstanceType{}}
	s.addPools(w)
	if err := s.overlay(ctx, w); err != nil {
		return nil, err
	}
	keys := topologyKeys(w.Pods)
	for pool, types := range s.types {
		s.places[pool] = placesOf(types, keys)
	}
	return s, nil
}

func (s *supply) note(severity planner.Severity, object, format string, args ...any) {
	n := planner.Note{Severity: severity, Object: object, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(s.notes, n) { // one for each offering of the catalog otherwise
		s.notes = append(s.notes, n)
	}
}

// topologyKeys are those that any pod spreads over or is bound to others by, sorted.
func topologyKeys(pods []*corev1.Pod) []string {
	keys := map[string]bool{}
	terms := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) {
		for _, t := range required {
			keys[t.TopologyKey] = true
		}
		for _, t := range preferred {
			keys[t.PodAffinityTerm.TopologyKey] = true
		}
	}
	for _, p := range pods {
		for _, c := range p.Spec.TopologySpreadConstraints {
			keys[c.TopologyKey] = true
		}
		if a := p.Spec.Affinity; a != nil && a.PodAffinity != nil {
			terms(a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
		}
		if a := p.Spec.Affinity; a != nil && a.PodAntiAffinity != nil {
			terms(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// placesOf keeps of types what buildDomainGroups in Karpenter's topology.go makes of them for these keys: it walks over
// every requirement of every type, each time that it is asked, and only the domains of keys that a pod names are read.
func placesOf(types []*cloudprovider.InstanceType, keys []string) []*cloudprovider.InstanceType {
	var out []*cloudprovider.InstanceType
	seen := map[string]bool{}
	for _, t := range types {
		some, text := scheduling.NewRequirements(), ""
		for _, key := range keys {
			if !t.Requirements.Has(key) {
				continue
			}
			r := t.Requirements.Get(key)
			some.Add(r)
			if text += key + "\x00" + string(r.Operator()) + "\x00" + strings.Join(slices.Sorted(slices.Values(r.Values())), "\x00") + "\x01"; r.Operator() != corev1.NodeSelectorOpIn {
				text += t.Name // bounds are not in the text
			}
		}
		if !seen[text] {
			seen[text] = true
			out = append(out, &cloudprovider.InstanceType{Name: t.Name, Requirements: some})
		}
	}
	return out
}

// addPools translates the NodePools that make nodes for pods, and gives each its instance types.
func (s *supply) addPools(w World) {
	m := s.market
	var bySpot [2][]*cloudprovider.InstanceType
	for _, p := range w.NodePools {
		if p.Spec.Replicas != nil {
			continue // a static pool has its nodes whatever pods there are
		}
		at := 0
		if namesSpot(p) {
			at = 1
		}
		if bySpot[at] == nil {
			bySpot[at] = m.types(at == 1)
		}
		s.pools = append(s.pools, toPool(p))
		s.types[p.Name] = bySpot[at]
	}
	nodepool.OrderByWeight(s.pools)
	for _, t := range w.Catalog.Types {
		for _, o := range t.Offerings {
			if o.Count > 0 && o.CapacityType != v1.CapacityTypeReserved {
				s.note(planner.Warning, "", "the catalog has %s offerings in a limited number: Karpenter knows no such limit", o.CapacityType)
			}
		}
	}
}

// overlay lets Karpenter's controller apply the NodeOverlays. Those that it finds in conflict do not apply.
func (s *supply) overlay(ctx context.Context, w World) error {
	if w.Options.OverlaysOff || len(w.NodeOverlays) == 0 || len(s.pools) == 0 {
		return nil
	}
	builder := fake.NewClientBuilder().WithScheme(scheme.Scheme).WithStatusSubresource(&v1alpha1.NodeOverlay{})
	for _, p := range s.pools {
		builder.WithObjects(p.DeepCopy())
	}
	for _, o := range w.NodeOverlays {
		builder.WithObjects(toOverlay(o))
	}
	api, store, provider, still := builder.Build(), nodeoverlay.NewInstanceTypeStore(), cloud{types: s.types}, stopped{now: w.At}
	controller := nodeoverlay.NewController(still, api, provider, store, state.NewCluster(still, api, provider))
	if _, err := controller.Reconcile(ctx, reconcile.Request{}); err != nil {
		return fmt.Errorf("%w: NodeOverlays: %w", ErrKarpenter, err)
	}
	var judged v1alpha1.NodeOverlayList
	if err := api.List(ctx, &judged); err != nil {
		return fmt.Errorf("%w: NodeOverlays: %w", ErrKarpenter, err)
	}
	for i := range judged.Items {
		condition := judged.Items[i].StatusConditions().Get(v1alpha1.ConditionTypeValidationSucceeded)
		if condition.IsFalse() {
			s.note(planner.Warning, "NodeOverlay/"+judged.Items[i].Name, "Karpenter does not apply it: %s", condition.Message)
		}
	}
	for _, p := range s.pools {
		types, err := store.ApplyAll(p.Name, s.types[p.Name])
		if err != nil {
			return fmt.Errorf("%w: NodeOverlays: %w", ErrKarpenter, err)
		}
		s.types[p.Name] = types
	}
	return nil
}
