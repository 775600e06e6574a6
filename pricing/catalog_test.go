package pricing

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustLookup(t *testing.T, c Catalog, name string) InstanceType {
	t.Helper()
	found, ok := c.Lookup(name)
	if !ok {
		t.Fatalf("%s is not in %s", name, c.Name)
	}
	return found
}

func TestEmbeddedHoldsWhatItPromises(t *testing.T) {
	c := Embedded()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if got, want := len(c.Types), 1363; got != want {
		t.Errorf("got %d types, want %d", got, want)
	}
	wantUnpriced := []string{
		"dl2q.24xlarge", "hpc6a.48xlarge", "hpc6id.32xlarge", "hpc7a.12xlarge", "hpc7a.24xlarge", "hpc7a.48xlarge",
		"hpc7a.96xlarge", "hpc8a.96xlarge", "p5e.48xlarge", "trn2.48xlarge", "x8aedz.12xlarge", "x8aedz.24xlarge",
		"x8aedz.3xlarge", "x8aedz.6xlarge", "x8aedz.large", "x8aedz.metal-12xl", "x8aedz.metal-24xl", "x8aedz.xlarge",
	}
	if diff := cmp.Diff(wantUnpriced, c.Unpriced()); diff != "" {
		t.Errorf("unpriced types (-want +got):\n%s", diff)
	}
	want := InstanceType{
		Name: "p4d.24xlarge", Family: "p4d", Size: "24xlarge", Category: "p", Arch: "amd64", OS: []string{"linux"},
		Generation: 4, CPUManufacturer: "intel", Hypervisor: "nitro",
		VCPU: 96, MemoryMiB: 1179648, NetworkMbps: 400000, LocalNVMeGB: 8000,
		GPU: GPU{Manufacturer: "nvidia", Name: "a100", Count: 8, MemoryMiB: 40960},
		Allocatable: Capacity{CPUMilli: 95690, MemoryMiB: 1082712, EphemeralMiB: 17 * 1024, Pods: 737,
			Extended: map[string]int64{"nvidia.com/gpu": 8}},
		Offerings: []Offering{{CapacityType: OnDemand, PriceMicro: 21_957_642, Date: "2026-07-20",
			Source: "github.com/aws/karpenter-provider-aws v1.15.0, Linux list price"}},
	}
	if diff := cmp.Diff(want, mustLookup(t, c, "p4d.24xlarge")); diff != "" {
		t.Errorf("p4d.24xlarge (-want +got):\n%s", diff)
	}
	wantHeader := Catalog{Name: "aws", Currency: "USD", Region: "us-east-1", Date: "2026-08-21",
		Source: "Karpenter AWS provider reference, AL2023, 7.5 % VM memory overhead"}
	c.Types = nil
	if diff := cmp.Diff(wantHeader, c); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

// Each claim is a trap that the figures hold for whoever looks at one column only.
func TestEmbeddedTraps(t *testing.T) {
	c := Embedded()
	get := func(name string) InstanceType { return mustLookup(t, c, name) }
	for claim, holds := range map[string]bool{
		"one GPU name, two cards: only memory tells a100 of 40 GB from a100 of 80 GB": get("p4d.24xlarge").GPU.Name == get("p4de.24xlarge").GPU.Name &&
			get("p4d.24xlarge").GPU.MemoryMiB == 40960 && get("p4de.24xlarge").GPU.MemoryMiB == 81920,
		"a fraction of a GPU has a name and memory but no card and no resource": get("g6f.large").GPU == GPU{"nvidia", "l4", 0, 2861} &&
			get("g6f.large").Allocatable.Extended == nil,
		"the price of a GPU rises with the size of the machine": get("g6.48xlarge").Offerings[0].PriceMicro/8 > 2*get("g6.xlarge").Offerings[0].PriceMicro,
		"the generation is the family's, not the GPU's":         get("g6.xlarge").Generation == 6 && get("p4d.24xlarge").Generation == 4,
		"AMD's cards are no nvidia.com/gpu":                     cmp.Equal(get("g4ad.16xlarge").Allocatable.Extended, map[string]int64{"amd.com/gpu": 4}),
		"Neuron devices are counted whole":                      cmp.Equal(get("trn1.32xlarge").Allocatable.Extended, map[string]int64{"aws.amazon.com/neuron": 16}),
		"an accelerator without a Kubernetes resource has none": get("dl2q.24xlarge").AcceleratorManufacturer == "qualcomm" && get("dl2q.24xlarge").Allocatable.Extended == nil,
		"bare metal has no hypervisor":                          get("m5.metal").Hypervisor == "",
		"the size is what stands behind the dot":                get("m8gb.metal-24xl").Size == "metal-24xl" && get("m8gb.metal-24xl").Family == "m8gb",
	} {
		if !holds {
			t.Errorf("does not hold: %s", claim)
		}
	}
}

// Allocatable is worked out again from the size alone, by the formula of Karpenter's AWS provider
// (github.com/aws/karpenter-provider-aws v1.15.0, pkg/providers/instancetype/types.go: memory, kubeReservedResources,
// evictionThreshold): 64 MiB less on arm64 for the contiguous memory allocator, 7.5 % for the VM, rounded up; 255 MiB and
// 11 MiB a pod for the kubelet; 100 MiB until it evicts; and 6, 1, 0.5 and 0.25 % of the first, second, third and fourth,
// and all further CPUs. It holds for every type, so no figure has slipped into another's row.
func TestEmbeddedAllocatableFollowsKarpentersFormula(t *testing.T) {
	for _, it := range Embedded().Types {
		memory := it.MemoryMiB
		if it.Arch == "arm64" {
			memory -= 64
		}
		memory -= (memory*75 + 999) / 1000
		memory -= 255 + 11*it.Allocatable.Pods + 100
		if got := it.Allocatable.MemoryMiB; got != memory {
			t.Errorf("%s: allocatable memory %d MiB, want %d", it.Name, got, memory)
		}
		cpu := it.VCPU * 1000
		reserved := int64(0)
		for _, band := range []struct{ from, to, hundredthsOfPercent int64 }{{0, 1000, 600}, {1000, 2000, 100}, {2000, 4000, 50}, {4000, 1 << 31, 25}} {
			reserved += max(0, min(cpu, band.to)-band.from) * band.hundredthsOfPercent / 10_000
		}
		if got := it.Allocatable.CPUMilli; got != cpu-reserved {
			t.Errorf("%s: allocatable CPU %dm, want %dm", it.Name, got, cpu-reserved)
		}
	}
}

func TestEmbeddedCopiesAreTheCallersOwn(t *testing.T) {
	first := Embedded()
	at := slices.IndexFunc(first.Types, func(it InstanceType) bool { return it.Name == "p4d.24xlarge" })
	first.Types[at].Offerings[0].PriceMicro = 1
	first.Types[at].OS[0] = "plan9"
	first.Types[at].Allocatable.Extended["nvidia.com/gpu"] = 99
	first.Types[0].Name = "renamed"
	if got, want := Embedded().Digest(), Default().Digest(); got != want || got == first.Digest() {
		t.Errorf("writing to one copy reached the next: digests %s, %s, written to: %s", got, want, first.Digest())
	}
	if got := mustLookup(t, Embedded(), "p4d.24xlarge").Offerings[0].PriceMicro; got != 21_957_642 {
		t.Errorf("got a price of %s, want 21.957642", got)
	}
}

func TestLookupFindsEveryTypeAndNoOther(t *testing.T) {
	c := Embedded()
	for _, want := range c.Types {
		if got, ok := c.Lookup(want.Name); !ok || got.Name != want.Name {
			t.Errorf("Lookup(%q) = %q, %v", want.Name, got.Name, ok)
		}
	}
	for _, name := range []string{"", "a", "m5", "m5.larg", "m5.largee", "zz.large"} {
		if got, ok := c.Lookup(name); ok {
			t.Errorf("Lookup(%q) found %q", name, got.Name)
		}
	}
}

func TestIn(t *testing.T) {
	everywhere := Offering{CapacityType: OnDemand, PriceMicro: 10}
	dearer := Offering{Zone: "a", CapacityType: OnDemand, PriceMicro: 20}
	spot := Offering{Zone: "a", CapacityType: Spot, PriceMicro: 3}
	block := Offering{Zone: "b", CapacityType: Reserved, ReservationID: "cr-1", Count: 2}
	it := InstanceType{Offerings: []Offering{everywhere, dearer, spot, block}}
	for claim, tc := range map[string]struct {
		zone string
		want []Offering
	}{
		"a price for the zone replaces that for every zone, though dearer": {"a", []Offering{dearer, spot}},
		"a reservation replaces nothing":                                   {"b", []Offering{everywhere, block}},
		"a zone that nobody names has the general offering":                {"c", []Offering{everywhere}},
		"no zone means the general offering":                               {"", []Offering{everywhere}},
	} {
		t.Run(claim, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, it.In(tc.zone)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Every exported leaf of a catalogue is changed in turn, by reflection, so that a new field cannot be forgotten.
func TestDigestNoticesEveryField(t *testing.T) {
	base := func() Catalog {
		return Catalog{Types: []InstanceType{{
			OS: []string{"linux"}, Allocatable: Capacity{Extended: map[string]int64{"x/y": 1}}, Offerings: []Offering{{}},
		}}}
	}
	seen := map[string]string{base().Digest(): "nothing"}
	leaves := 0
	visitLeaves(reflect.TypeFor[Catalog](), "Catalog", nil, func(path string, at func(reflect.Value) reflect.Value) {
		leaves++
		c := base()
		switch leaf := at(reflect.ValueOf(&c).Elem()); leaf.Kind() {
		case reflect.String:
			leaf.SetString("changed")
		case reflect.Int64:
			leaf.SetInt(42)
		case reflect.Map:
			leaf.Set(reflect.ValueOf(map[string]int64{"x/y": 2}))
		default:
			t.Fatalf("%s: no way to change a %s", path, leaf.Kind())
		}
		if other, ok := seen[c.Digest()]; ok {
			t.Errorf("changing %s gives the digest of changing %s", path, other)
		}
		seen[c.Digest()] = path
	})
	if leaves < 30 {
		t.Errorf("only %d fields were tried", leaves)
	}
}

// visitLeaves calls visit for each field that is no struct; slices are entered at their first element.
func visitLeaves(of reflect.Type, path string, at func(reflect.Value) reflect.Value, visit func(string, func(reflect.Value) reflect.Value)) {
	if at == nil {
		at = func(v reflect.Value) reflect.Value { return v }
	}
	switch of.Kind() {
	case reflect.Struct:
		for i := range of.NumField() {
			visitLeaves(of.Field(i).Type, path+"."+of.Field(i).Name, func(v reflect.Value) reflect.Value { return at(v).Field(i) }, visit)
		}
	case reflect.Slice:
		visitLeaves(of.Elem(), path+"[0]", func(v reflect.Value) reflect.Value { return at(v).Index(0) }, visit)
	default:
		visit(path, at)
	}
}

func TestDigestIgnoresOrder(t *testing.T) {
	c := Embedded()
	shuffled := c.Clone()
	slices.Reverse(shuffled.Types)
	if got, want := shuffled.Digest(), c.Digest(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
