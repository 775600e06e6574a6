package fleet

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// testCatalog has a type for each thing that is told apart. The figures are made up.
func testCatalog() pricing.Catalog {
	machine := func(name, arch string, card pricing.GPU, offerings ...pricing.Offering) pricing.InstanceType {
		rest := pricing.Capacity{CPUMilli: 3900, MemoryMiB: 15000, Pods: 29}
		if card.Count > 0 && card.Manufacturer == "nvidia" {
			rest.Extended = map[string]int64{GPUResource: card.Count}
		}
		return pricing.InstanceType{
			Name: name, Arch: arch, OS: []string{"linux"}, VCPU: 4, MemoryMiB: 16384, GPU: card, Allocatable: rest, Offerings: offerings,
		}
	}
	onDemand := pricing.Offering{CapacityType: pricing.OnDemand, PriceMicro: pricing.Unit}
	spotB := pricing.Offering{Zone: "r-1b", CapacityType: pricing.Spot, PriceMicro: pricing.Unit / 3, Count: 7}
	windows := machine("w1", "amd64", pricing.GPU{}, onDemand)
	windows.OS = []string{"windows"}
	tiny := machine("t0", "amd64", pricing.GPU{}, onDemand)
	tiny.Allocatable.Pods = 4
	nvidia := pricing.GPU{Manufacturer: "NVIDIA", Name: "a100", Count: 8, MemoryMiB: 81920}
	return pricing.Catalog{Name: "test", Currency: "USD", Region: "r-1", Date: "2026-11", Source: "made up", Types: []pricing.InstanceType{
		machine("a1", "arm64", pricing.GPU{}, onDemand),
		machine("g1", "amd64", nvidia, onDemand),
		machine("g2", "amd64", pricing.GPU{Manufacturer: "amd", Name: "mi300x", Count: 8, MemoryMiB: 196608}, onDemand),
		machine("g3", "amd64", pricing.GPU{Manufacturer: "nvidia", Name: "l4", MemoryMiB: 2861}, onDemand),
		machine("g4", "amd64", pricing.GPU{Manufacturer: "nvidia", Name: "x9000", Count: 1, MemoryMiB: 1}, onDemand),
		machine("g5", "amd64", pricing.GPU{Manufacturer: "nvidia", Name: "Tesla-P100-PCIE-16GB", Count: 1, MemoryMiB: 16384}, onDemand),
		machine("m1", "amd64", pricing.GPU{}, onDemand, spotB),
		machine("m2", "amd64", pricing.GPU{}),
		tiny,
		windows,
	}}
}

// label prints an offer in short: type, zone, first letter of its terms, cards.
func label(o planner.Offer) string {
	return strings.Join([]string{o.InstanceType, o.Zone, o.CapacityType[:1], o.Cards.Model}, " ")
}

func labels(offers []planner.Offer) []string {
	var list []string
	for _, o := range offers {
		list = append(list, strings.TrimSpace(label(o)))
	}
	return list
}

func TestOffers(t *testing.T) {
	daemons := planner.Resources{CPUMilli: 100, MemoryMiB: 100, Pods: 4}
	for name, tc := range map[string]struct {
		opts      Options
		want      []string
		wantNotes []string
	}{
		"by default: every architecture, on demand, in zone a": {
			want: []string{"a1 r-1a o", "g1 r-1a o A100-80GB", "g2 r-1a o", "g3 r-1a o", "g4 r-1a o", "g5 r-1a o P100-16GB", "m1 r-1a o", "t0 r-1a o"},
			wantNotes: []string{
				"1 types: GPUs of a model that planner/gpu does not know, so they serve CPU pods only: g4",
				"1 types: GPUs that are not NVIDIA's, so they serve CPU pods only: g2",
				"1 types: a fraction of a GPU, which Kubernetes counts as none, so they serve CPU pods only: g3",
				"1 types: no price for on-demand: m2",
				"1 types: not offered with Linux: w1",
			},
		},
		"spot where it is sold": {
			opts: Options{Archs: []string{"amd64"}, Zones: []string{"r-1a", "r-1b"}, CapacityTypes: []string{pricing.Spot}},
			want: []string{"m1 r-1b s"},
			wantNotes: []string{
				"7 types: no price for spot: g1, g2, g3, g4, g5, m2 and 1 more",
				"1 types: not of architecture amd64: a1",
				"1 types: not offered with Linux: w1",
			},
		},
		"not what DaemonSets fill": {
			opts: Options{Archs: []string{"amd64"}, Overhead: daemons, CapacityTypes: []string{pricing.OnDemand, pricing.Spot}, Zones: []string{"r-1b"}},
			want: []string{"g1 r-1b o A100-80GB", "g2 r-1b o", "g3 r-1b o", "g4 r-1b o", "g5 r-1b o P100-16GB", "m1 r-1b o", "m1 r-1b s"},
			wantNotes: []string{
				"1 types: GPUs of a model that planner/gpu does not know, so they serve CPU pods only: g4",
				"1 types: GPUs that are not NVIDIA's, so they serve CPU pods only: g2",
				"1 types: a fraction of a GPU, which Kubernetes counts as none, so they serve CPU pods only: g3",
				"1 types: no price for on-demand or spot: m2",
				"1 types: not of architecture amd64: a1",
				"1 types: not offered with Linux: w1",
				"1 types: too small to hold a pod beside the DaemonSets: t0",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			offers, notes := Offers(testCatalog(), tc.opts)
			if diff := cmp.Diff(tc.want, labels(offers)); diff != "" {
				t.Errorf("offers (-want +got):\n%s", diff)
			}
			var texts []string
			for _, note := range notes {
				texts = append(texts, note.Text)
			}
			if diff := cmp.Diff(tc.wantNotes, texts); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnOfferHoldsTheWholeMachineAndItsRest(t *testing.T) {
	daemons := planner.Resources{CPUMilli: 250, MemoryMiB: 450, Pods: 5}
	offers, _ := Offers(testCatalog(), Options{TimeSlicing: true, Overhead: daemons})
	want := planner.Offer{
		InstanceType: "g1", Zone: "r-1a", CapacityType: pricing.OnDemand, Arch: "amd64", PriceMicro: pricing.Unit,
		Allocatable: planner.Resources{CPUMilli: 3900, MemoryMiB: 15000, Pods: 29}, // the cards are in Cards
		Capacity:    planner.Resources{CPUMilli: 4000, MemoryMiB: 16384, Pods: 29, Extended: map[string]int64{GPUResource: 8}},
		Overhead:    daemons,
		Cards:       planner.Cards{Model: "A100-80GB", Count: 8, Shareable: true, Partitionable: true},
	}
	if diff := cmp.Diff(want, offers[1]); diff != "" {
		t.Errorf("offer (-want +got):\n%s", diff)
	}
	spot, _ := Offers(testCatalog(), Options{CapacityTypes: []string{pricing.Spot}, Zones: []string{"r-1b"}})
	if got := spot[0].Max; got != 7 {
		t.Errorf("got at most %d of the spot offer, want the offering's 7", got)
	}
}

func TestSets(t *testing.T) {
	offers, _ := Offers(testCatalog(), Options{Zones: []string{"r-1a", "r-1b"}, CapacityTypes: []string{pricing.OnDemand, pricing.Spot},
		Overhead: planner.Resources{CPUMilli: 900, Pods: 1}})
	for name, tc := range map[string]struct {
		tests []Test
		want  []string
	}{
		"of one architecture":     {[]Test{Arch("arm64")}, []string{"a1 r-1a o", "a1 r-1b o"}},
		"on spot":                 {[]Test{OnTerms(pricing.Spot)}, []string{"m1 r-1b s"}},
		"with a model, in a zone": {[]Test{HasModel("A100-80GB", "P100-16GB"), InZone("r-1b")}, []string{"g1 r-1b o A100-80GB", "g5 r-1b o P100-16GB"}},
		"with cards":              {[]Test{HasCards(2)}, []string{"g1 r-1a o A100-80GB", "g1 r-1b o A100-80GB"}},
		"without cards":           {[]Test{NoCards(), InZone("r-1a"), Arch("amd64")}, []string{"g2 r-1a o", "g3 r-1a o", "g4 r-1a o", "m1 r-1a o", "t0 r-1a o"}},
		"room beside the DaemonSets": {[]Test{HasCards(2), Holds(planner.Resources{CPUMilli: 3000, MemoryMiB: 15000, Pods: 28})},
			[]string{"g1 r-1a o A100-80GB", "g1 r-1b o A100-80GB"}},
		"no room for a milli-CPU more": {[]Test{Holds(planner.Resources{CPUMilli: 3001, Pods: 1})}, nil},
		"no room for a pod more":       {[]Test{Holds(planner.Resources{Pods: 29})}, nil},
		"no disk is known":             {[]Test{Holds(planner.Resources{EphemeralMiB: 1})}, nil},
		"nobody has the device":        {[]Test{Holds(planner.Resources{Extended: map[string]int64{"example.com/dongle": 1}})}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []planner.Offer
			for _, i := range Where(offers, tc.tests...).Members() {
				got = append(got, offers[i])
			}
			if diff := cmp.Diff(tc.want, labels(got)); diff != "" {
				t.Errorf("offers (-want +got):\n%s", diff)
			}
		})
	}
	both := Allowed(offers, []planner.Constraint{
		Constrain(offers, "arch", "", Arch("arm64")), Constrain(offers, "zone", "", InZone("r-1b")),
	})
	if both.Len() != 1 || Allowed(offers, nil).Len() != len(offers) {
		t.Errorf("arm64 in r-1b: got %d offers, want 1; without constraints %d, want all %d", both.Len(), Allowed(offers, nil).Len(), len(offers))
	}
	if diff := cmp.Diff([]string{"A100-80GB", "P100-16GB"}, Keys(offers)); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
}

func TestRefNamesTheCatalog(t *testing.T) {
	cat := testCatalog()
	want := planner.CatalogRef{Name: "test", Region: "r-1", Currency: "USD", Date: "2026-11", Source: "made up", Types: 10, Digest: cat.Digest()}
	if diff := cmp.Diff(want, Ref(cat)); diff != "" {
		t.Errorf("reference (-want +got):\n%s", diff)
	}
}
