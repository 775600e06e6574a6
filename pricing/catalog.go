package pricing

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Capacity types, spelled as the label karpenter.sh/capacity-type spells them.
const (
	OnDemand = "on-demand"
	Spot     = "spot"
	Reserved = "reserved" // paid for already, whether used or not: one more hour may cost nothing
)

// Capacity is what pods can ask of a node. It is rounded down, since a request that needs the fraction would not fit.
type Capacity struct {
	CPUMilli     int64 `json:"cpuMilli,omitempty"`
	MemoryMiB    int64 `json:"memoryMiB,omitempty"`
	EphemeralMiB int64 `json:"ephemeralMiB,omitempty"` // 0: none known, so pods that ask for any do not fit
	Pods         int64 `json:"pods,omitempty"`
	// Extended counts devices by their resource name, such as "nvidia.com/gpu".
	Extended map[string]int64 `json:"extended,omitempty"`
}

// GPU describes the cards of a type. The name is the one that Karpenter puts into karpenter.k8s.aws/instance-gpu-name
// (t4, a10g, a100), and it does not identify a card: a100 is both the 40 GB and the 80 GB one, so look at MemoryMiB too.
type GPU struct {
	Manufacturer string `json:"manufacturer,omitempty"`
	Name         string `json:"name,omitempty"` // empty: no GPU
	// Count is the number of whole cards. Zero with a name means a fraction of one card (AWS g6f, gr6f), of which
	// MemoryMiB is the share; such a type offers no nvidia.com/gpu.
	Count     int64 `json:"count"`
	MemoryMiB int64 `json:"memoryMiB,omitempty"` // of each card
}

// InstanceType is a kind of machine that can be had: what it is, what it holds, and on which terms it is sold.
type InstanceType struct {
	Name            string   `json:"name"`               // as in the label node.kubernetes.io/instance-type
	Family          string   `json:"family,omitempty"`   // m5
	Size            string   `json:"size,omitempty"`     // 2xlarge
	Category        string   `json:"category,omitempty"` // m
	Arch            string   `json:"arch,omitempty"`     // amd64 or arm64
	OS              []string `json:"os,omitempty"`       // sorted: ["linux"]
	Generation      int64    `json:"generation,omitempty"`
	CPUManufacturer string   `json:"cpuManufacturer,omitempty"`
	Hypervisor      string   `json:"hypervisor,omitempty"` // empty: bare metal, or not known

	VCPU        int64 `json:"vcpu,omitempty"`
	MemoryMiB   int64 `json:"memoryMiB,omitempty"`
	NetworkMbps int64 `json:"networkMbps,omitempty"` // sustained; 0: not published
	LocalNVMeGB int64 `json:"localNVMeGB,omitempty"` // in all, in units of 10^9 bytes; 0: none

	GPU                     GPU    `json:"gpu,omitzero"`
	AcceleratorName         string `json:"acceleratorName,omitempty"`
	AcceleratorManufacturer string `json:"acceleratorManufacturer,omitempty"`
	AcceleratorCount        int64  `json:"acceleratorCount,omitempty"`

	// Allocatable is what is left for pods after the system's share.
	Allocatable Capacity `json:"allocatable,omitzero"`
	// Offerings are sorted by zone, capacity type and reservation. None means that the type has no price: it is not free,
	// it cannot be planned with.
	Offerings []Offering `json:"offerings,omitempty"`
}

// Offering is one way to have a type: where, on which terms, at what price.
type Offering struct {
	// Zone is where; empty means every zone of the region for which no other offering of the same capacity type and
	// reservation names that zone. See InstanceType.In.
	Zone         string `json:"zone,omitempty"`
	CapacityType string `json:"capacityType"` // OnDemand, Spot or Reserved
	// PriceMicro is what one more hour costs. Only a reservation's can be zero: its money is spent either way.
	PriceMicro    Micro  `json:"pricePerHour"`
	Count         int64  `json:"count,omitempty"` // how many can be had; 0: no limit
	ReservationID string `json:"reservationID,omitempty"`
	Date          string `json:"date,omitempty"`   // when the price was read: 2026, 2026-07 or 2026-07-20
	Source        string `json:"source,omitempty"` // where it was read
}

// Catalog is a price list with the machines it is about. Treat it as immutable: functions of this package return new ones.
type Catalog struct {
	Name     string         `json:"name,omitempty"`
	Currency string         `json:"currency,omitempty"` // ISO 4217: USD. Empty in a user's file: that of the catalogue it extends.
	Region   string         `json:"region,omitempty"`
	Source   string         `json:"source,omitempty"` // of the machines' figures; each offering has its own
	Date     string         `json:"date,omitempty"`
	Types    []InstanceType `json:"types"` // sorted by name, names unique
}

// Described tells a type whose machine is known from a mere price for, or correction of, a type of another catalogue.
func (t InstanceType) Described() bool { return t.VCPU != 0 || t.MemoryMiB != 0 }

// In returns the offerings that hold in a zone. One that names the zone takes the place of the one for every zone with
// the same capacity type and reservation, whether it is cheaper or dearer.
func (t InstanceType) In(zone string) []Offering {
	named := map[Offering]bool{}
	for _, offering := range t.Offerings {
		if offering.Zone == zone {
			named[term(offering)] = true
		}
	}
	var in []Offering
	for _, offering := range t.Offerings {
		if offering.Zone == zone || (offering.Zone == "" && !named[term(offering)]) {
			in = append(in, offering)
		}
	}
	return in
}

// term is an offering stripped to what is sold, without where.
func term(o Offering) Offering {
	return Offering{CapacityType: o.CapacityType, ReservationID: o.ReservationID}
}

// Lookup finds a type by its name, in logarithmic time.
func (c Catalog) Lookup(name string) (InstanceType, bool) {
	at, ok := slices.BinarySearchFunc(c.Types, name, func(t InstanceType, name string) int {
		return strings.Compare(t.Name, name)
	})
	if !ok {
		return InstanceType{}, false
	}
	return c.Types[at], true
}

// Unpriced names the types that nobody has given a price for. They are never free: a plan leaves them out and says so.
func (c Catalog) Unpriced() []string {
	var names []string
	for _, t := range c.Types {
		if len(t.Offerings) == 0 {
			names = append(names, t.Name)
		}
	}
	return names
}

// Clone copies everything that a caller could write to.
func (c Catalog) Clone() Catalog {
	c.Types = slices.Clone(c.Types)
	for i := range c.Types {
		c.Types[i] = c.Types[i].clone()
	}
	return c
}

func (t InstanceType) clone() InstanceType {
	t.OS = slices.Clone(t.OS)
	t.Offerings = slices.Clone(t.Offerings)
	t.Allocatable.Extended = maps.Clone(t.Allocatable.Extended)
	return t
}

// Digest names the content: "sha256:" and the hash of the canonical JSON, in which types and offerings are sorted.
// Two catalogues with one digest plan alike.
func (c Catalog) Digest() string {
	canonical := c.Clone()
	canonical.sort()
	data, err := json.Marshal(canonical)
	if err != nil {
		panic(fmt.Sprintf("pricing: a catalogue is plain data, yet it does not encode: %v", err))
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// sort puts types and offerings into their documented order, in place.
func (c *Catalog) sort() {
	slices.SortStableFunc(c.Types, func(a, b InstanceType) int { return strings.Compare(a.Name, b.Name) })
	for i := range c.Types {
		slices.SortStableFunc(c.Types[i].Offerings, compareKeys)
	}
}

// compareKeys orders offerings by what tells them apart; equal keys are two prices for the same thing.
func compareKeys(a, b Offering) int {
	return cmp.Or(
		strings.Compare(a.Zone, b.Zone),
		strings.Compare(a.CapacityType, b.CapacityType),
		strings.Compare(a.ReservationID, b.ReservationID),
	)
}

// key says which offering is meant, for people: "on-demand", "spot in us-east-1a", "reserved cr-1 in us-east-1b".
func (o Offering) key() string {
	text := o.CapacityType
	if o.ReservationID != "" {
		text += " " + plain(o.ReservationID)
	}
	if o.Zone != "" {
		text += " in " + plain(o.Zone)
	}
	return text
}
