package proposal

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/pricing"
)

// slicing names the device plugin's configuration for so many devices of each card.
func slicing(replicas int64) string { return "tenon-time-slicing-" + strconv.FormatInt(replicas, 10) }

// layouts finds the configuration of each pool whose cards are cut: pools with one layout share it.
func (d *draft) layouts() ([]gpu.NodeConfig, error) {
	var configs []gpu.NodeConfig
	for i := range d.pools {
		p := &d.pools[i]
		if len(p.Layouts) == 0 {
			if len(p.Slices) > 0 {
				return nil, fmt.Errorf("%w: NodePool %q has slices and no layout of its cards", ErrDesign, p.Name)
			}
			continue
		}
		c, err := d.config(p)
		if err != nil {
			return nil, fmt.Errorf("%w: NodePool %q: %w", ErrDesign, p.Name, err)
		}
		text, err := gpu.PartedConfig(c)
		if err != nil {
			return nil, fmt.Errorf("%w: NodePool %q: %w", ErrDesign, p.Name, err)
		}
		sum := sha256.Sum256([]byte(text))
		c.Name = "tenon-" + hex.EncodeToString(sum[:5])
		d.layout[p.Name] = c.Name
		if !slices.ContainsFunc(configs, func(o gpu.NodeConfig) bool { return o.Name == c.Name }) {
			configs = append(configs, c)
		}
	}
	return configs, nil
}

// config is the layout of a pool's nodes, whose types all have the same cards.
func (d *draft) config(p *planner.Pool) (gpu.NodeConfig, error) {
	c := gpu.NodeConfig{Name: "any"}
	for _, name := range p.InstanceTypes {
		machine, ok := d.Catalog.Lookup(name)
		m, known := gpu.ByLabel(machine.GPU.Name, machine.GPU.MemoryMiB)
		switch {
		case !ok || !known:
			return c, fmt.Errorf("the cards of instance type %s are not known", name)
		case c.Model.Key != "" && c.Model.Key != m.Key:
			return c, fmt.Errorf("its types have different cards, %s and %s", c.Model.Key, m.Key)
		case machine.GPU.Count != int64(len(p.Layouts)):
			return c, fmt.Errorf("%s has %d cards, and %d are laid out", name, machine.GPU.Count, len(p.Layouts))
		}
		c.Model = m
	}
	given := map[string]int64{}
	for _, card := range p.Layouts {
		var l gpu.Layout
		for _, slice := range card {
			profile, ok := c.Model.Profile(slice.Profile)
			if !ok {
				return c, fmt.Errorf("%s has no profile %s", c.Model.Key, slice.Profile)
			}
			l = append(l, gpu.Placement{Profile: profile, Start: slice.Start})
			given[slice.Profile]++
		}
		c.Cards = append(c.Cards, l)
	}
	if len(p.Slices) > 0 && !maps.Equal(given, p.Slices) {
		return c, fmt.Errorf("its layouts have slices %v, and %v are promised", given, p.Slices)
	}
	return c, nil
}

// writeConfigs writes what the GPU operator and the device plugin are to be told.
func (d *draft) writeConfigs() error {
	configs, err := d.layouts()
	if err != nil {
		return err
	}
	if len(configs) > 0 {
		body, err := gpu.PartedConfig(configs...)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDesign, err)
		}
		d.add("", KindConfig, "mig-parted-config.yaml", body)
	}
	for i := range d.pools {
		p := &d.pools[i]
		if d.layout[p.Name] != "" {
			d.edits[p.Name].Files = append(d.edits[p.Name].Files, "mig-parted-config.yaml")
		}
		if p.Replicas > 0 {
			d.add(p.Name, KindConfig, "device-plugin/"+slicing(p.Replicas)+".yaml", fmt.Sprintf(
				"version: v1\nsharing:\n  timeSlicing:\n    renameByDefault: true\n    resources:\n    - name: %s\n      replicas: %d\n", gpuName, p.Replicas))
		}
	}
	return nil
}

// overlayWeight is above that of every overlay of today, so that no two contradict each other.
func (d *draft) overlayWeight() int64 {
	most := int64(9)
	for _, o := range d.Objects.NodeOverlays {
		if o.Spec.Weight != nil {
			most = max(most, int64(*o.Spec.Weight))
		}
	}
	return min(most+1, 10_000)
}

// writeOverlays tells Karpenter what a pool's nodes will have that it cannot know: slices, devices, prices.
func (d *draft) writeOverlays(p *planner.Pool) error {
	if len(p.Slices) > 0 {
		capacity := object{gpuName: strconv.FormatInt(wholeCards(p), 10)}
		for profile, n := range p.Slices {
			capacity[migPrefix+profile] = strconv.FormatInt(n, 10)
		}
		if err := d.overlay(p, p.Name, nil, object{"capacity": capacity}); err != nil {
			return err
		}
	}
	if p.Replicas > 0 {
		byCards := map[int64][]string{}
		for _, name := range p.InstanceTypes {
			machine, ok := d.Catalog.Lookup(name)
			if !ok || machine.GPU.Count < 1 {
				return fmt.Errorf("%w: NodePool %q: the cards of instance type %s are not known", ErrDesign, p.Name, name)
			}
			byCards[machine.GPU.Count] = append(byCards[machine.GPU.Count], name)
		}
		for _, cards := range slices.Sorted(maps.Keys(byCards)) {
			capacity := object{gpuName: "0", sharedName: strconv.FormatInt(cards*p.Replicas, 10)}
			if err := d.overlay(p, fmt.Sprintf("%s-%d", p.Name, cards), []any{requirement(typeLabel, byCards[cards])}, object{"capacity": capacity}); err != nil {
				return err
			}
		}
	}
	if err := d.copyOverlays(p); err != nil {
		return err
	}
	return d.writePrices(p)
}

// copyOverlays writes those of today's NodeOverlays that name the base again for its child, which they would leave out: what nodes
// of the base have by an overlay, those of the child have too. A pool that is cut or shared in its own way has its own capacity.
func (d *draft) copyOverlays(p *planner.Pool) error {
	if p.Base == "" {
		return nil
	}
	overlays := slices.SortedStableFunc(slices.Values(d.Objects.NodeOverlays), func(a, b *kube.NodeOverlay) int { return strings.Compare(a.Name, b.Name) })
	for _, o := range overlays {
		names := slices.IndexFunc(o.Spec.Requirements, func(r kube.Requirement) bool {
			return r.Key == poolLabel && r.Operator == "In" && slices.Contains(r.Values, p.Base) && !slices.Contains(r.Values, p.Name)
		})
		if names < 0 || o.DeletionTimestamp != nil || len(o.Spec.Capacity) > 0 && (len(p.Slices) > 0 || p.Replicas > 0) {
			continue
		}
		spec, err := toObject(o.Spec)
		if o.Raw != nil && err == nil {
			var whole object
			whole, err = decode(o.Raw)
			spec = at(whole, "spec")
		}
		if err != nil {
			return fmt.Errorf("%w: NodeOverlay %q: %w", ErrDesign, o.Name, err)
		}
		list(spec, "requirements")[names] = requirement(poolLabel, []string{p.Name})
		name := d.overlayName(p, p.Name+"-"+o.Name)
		if err := d.addObject(p.Name, KindOverlay, "nodeoverlays/"+name+".yaml", object{
			"apiVersion": "karpenter.sh/v1alpha1", "kind": "NodeOverlay",
			"metadata": object{"name": name, "labels": object{managedBy: manager}, "annotations": object{baseNote: o.Name}}, "spec": spec,
		}); err != nil {
			return err
		}
	}
	return nil
}

// wholeCards is how many cards of a node with slices stay whole.
func wholeCards(p *planner.Pool) int64 {
	n := int64(0)
	for _, card := range p.Layouts {
		if len(card) == 0 {
			n++
		}
	}
	return n
}

// writePrices tells Karpenter the prices of commitments: types of the pool that cost less on demand in the user's catalog than in the public list
// that Karpenter goes by, in the same region and currency.
func (d *draft) writePrices(p *planner.Pool) error {
	if d.List.Region != d.Catalog.Region || d.List.Currency != d.Catalog.Currency || len(d.List.Types) == 0 {
		return nil
	}
	byPrice := map[pricing.Micro][]string{}
	for _, name := range p.InstanceTypes {
		mine, list := onDemand(d.Catalog, name), onDemand(d.List, name)
		if mine > 0 && list > 0 && mine < list && slices.Contains(p.CapacityTypes, pricing.OnDemand) {
			byPrice[mine] = append(byPrice[mine], name)
		}
	}
	for i, price := range slices.Sorted(maps.Keys(byPrice)) {
		about := []any{requirement(typeLabel, byPrice[price]), requirement(capacityType, []string{pricing.OnDemand})}
		if err := d.overlay(p, fmt.Sprintf("%s-price-%d", p.Name, i+1), about, object{"price": price.String()}); err != nil {
			return err
		}
	}
	return nil
}

// onDemand is the least price of a type on demand; 0 where there is none.
func onDemand(c pricing.Catalog, name string) pricing.Micro {
	t, _ := c.Lookup(name)
	least := pricing.Micro(0)
	for _, o := range t.Offerings {
		if o.CapacityType == pricing.OnDemand && (least == 0 || o.PriceMicro < least) {
			least = o.PriceMicro
		}
	}
	return least
}

func requirement(key string, values []string) object {
	return object{"key": key, "operator": "In", "values": listOf(sorted(values))}
}

func (d *draft) overlay(p *planner.Pool, name string, about []any, spec object) error {
	spec["requirements"] = append([]any{requirement(poolLabel, []string{p.Name})}, about...)
	spec["weight"] = d.overlayWeight()
	name = d.overlayName(p, name)
	return d.addObject(p.Name, KindOverlay, "nodeoverlays/"+name+".yaml", object{
		"apiVersion": "karpenter.sh/v1alpha1", "kind": "NodeOverlay",
		"metadata": object{"name": name, "labels": object{managedBy: manager}}, "spec": spec,
	})
}

// overlayName is the name, or another where it is too long, or that of an overlay of the user's or of another pool.
func (d *draft) overlayName(p *planner.Pool, name string) string {
	_, taken := d.files["nodeoverlays/"+name+".yaml"]
	for _, o := range d.Objects.NodeOverlays {
		taken = taken || o.Name == name && o.Labels[managedBy] != manager
	}
	const most = 200 // an object's name may have 253 characters
	if !taken && len(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(p.Name + "/" + name))
	return strings.TrimRight(name[:min(len(name), most)], "-.") + "-" + hex.EncodeToString(sum[:5])
}

// gates are Karpenter's feature gates that the files need.
func (d *draft) gates() []string {
	var out []string
	for _, f := range d.files {
		switch f.Kind {
		case KindOverlay:
			out = append(out, "NodeOverlay")
		case KindBuffer:
			out = append(out, "CapacityBuffer")
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(-strings.Compare(a, b)) })
	return slices.Compact(out)
}
