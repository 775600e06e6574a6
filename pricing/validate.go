package pricing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

var (
	// ErrInvalid says that a catalogue, or a file that should hold one, has faults. The text names each.
	ErrInvalid = errors.New("invalid catalogue")

	// ErrCurrency says that two catalogues count in different money. Tenon holds no exchange rates.
	ErrCurrency = errors.New("mixed currencies")
)

const (
	// MaxQuantity bounds every count and size in a catalogue, so that sums over 100,000 nodes fit an int64 with room:
	// a thousand million vCPU in milli-CPU, or an exbibyte in MiB.
	MaxQuantity = int64(1) << 40

	// maxLabelLength is the length of a Kubernetes label value, which names of types, zones and GPUs become.
	maxLabelLength = 63

	// maxFaultsShown keeps a file with ten thousand faults from printing ten thousand lines.
	maxFaultsShown = 20
)

// InputError is one fault in a catalogue, printed as one line: where, what, and how to put it right.
// It matches ErrInvalid.
type InputError struct {
	Source  string // file name, as the caller gave it
	Line    int    // from 1; 0: not known (JSON that came from YAML)
	Column  int    // from 1, in bytes; 0: the fault is that something is missing
	Path    string // type, or place in the JSON
	Field   string // CSV column or JSON field
	Problem string
	Fix     string
}

// Error prints "prices.csv:3:14: price_per_hour: problem: fix".
func (e *InputError) Error() string {
	where := e.Source
	if e.Line > 0 {
		where += ":" + strconv.Itoa(e.Line)
		if e.Column > 0 {
			where += ":" + strconv.Itoa(e.Column)
		}
	}
	var parts []string
	for _, part := range []string{where, e.Path, e.Field, e.Problem, e.Fix} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *InputError) Unwrap() error { return ErrInvalid }

// joinFaults is nil for no faults, and otherwise all of them up to a limit, one a line.
func joinFaults(faults []*InputError) error {
	var joined []error
	for i, fault := range faults {
		if i == maxFaultsShown {
			joined = append(joined, fmt.Errorf("%w: and %d more", ErrInvalid, len(faults)-i))
			break
		}
		joined = append(joined, fault)
	}
	return errors.Join(joined...)
}

// fault is something wrong with one type, before anybody has said where the type was read.
type fault struct {
	offering int    // index into the type's offerings; -1: the type itself
	field    string // as in JSON, such as "allocatable.memoryMiB"
	problem  string
	fix      string
}

// Validate returns every fault of a complete catalogue, joined, and changes nothing. A user's file that only puts prices
// on types of another catalogue is not complete until Extend has joined the two.
func (c Catalog) Validate() error {
	var faults []*InputError
	report := func(path string, f fault) {
		faults = append(faults, &InputError{Source: c.Source, Path: path, Field: f.field, Problem: f.problem, Fix: f.fix})
	}
	for _, f := range c.checkHeader() {
		report("", f)
	}
	for i, t := range c.Types {
		path := fmt.Sprintf("type %q", t.Name)
		if i > 0 && c.Types[i-1].Name >= t.Name {
			report(path, fault{-1, "name", fmt.Sprintf("comes after %q", c.Types[i-1].Name), "sort types by name, each once"})
		}
		if !t.Described() {
			report(path, fault{-1, "vcpu", "nobody has said how large this type is", "give vcpu and memory, or correct the name"})
		}
		for _, f := range checkType(t) {
			report(path, f)
		}
	}
	return joinFaults(faults)
}

func (c Catalog) checkHeader() []fault {
	var faults []fault
	priced := slices.ContainsFunc(c.Types, func(t InstanceType) bool { return len(t.Offerings) > 0 })
	switch {
	case c.Currency != "" && !isCurrency(c.Currency):
		faults = append(faults, fault{-1, "currency", fmt.Sprintf("%q is no currency code", c.Currency), "write three capital letters, such as EUR"})
	case c.Currency == "" && priced:
		faults = append(faults, fault{-1, "currency", "prices without a currency", "say which, such as EUR"})
	}
	if !isDate(c.Date) {
		faults = append(faults, fault{-1, "date", fmt.Sprintf("%q is no date", c.Date), "write 2026, 2026-07 or 2026-07-20"})
	}
	return faults
}

// checkType finds what is wrong with one type, described or not.
func checkType(t InstanceType) []fault {
	var faults []fault
	add := func(field, problem, fix string) { faults = append(faults, fault{-1, field, problem, fix}) }
	if t.Name == "" || !isLabel(t.Name) {
		add("name", fmt.Sprintf("%q cannot be the name of a type", shorten(t.Name)),
			"use 1 to 63 letters, digits, '.', '-' or '_', as in the label node.kubernetes.io/instance-type")
	}
	for _, text := range texts(t) {
		if !isLabel(text.value) {
			add(text.field, fmt.Sprintf("%q cannot be a label's value", shorten(text.value)), "use at most 63 letters, digits, '.', '-' or '_'")
		}
	}
	for _, quantity := range quantities(t) {
		if quantity.value < 0 || quantity.value > MaxQuantity {
			add(quantity.field, fmt.Sprintf("%d is out of range", quantity.value), fmt.Sprintf("give 0 to %d", MaxQuantity))
		}
	}
	for _, resource := range slices.Sorted(maps.Keys(t.Allocatable.Extended)) {
		if !isResource(resource) {
			add("allocatable.extended", fmt.Sprintf("%q cannot name a resource", shorten(resource)), "write it as pods ask for it, such as nvidia.com/gpu")
		}
	}
	if t.Described() {
		faults = append(faults, checkMachine(t)...)
	} else if field := firstDescription(t); field != "" {
		add(field, "given without vcpu and memory", "give both, or leave the description to the catalogue that this one extends")
	}
	return append(faults, checkOfferings(t)...)
}

// checkMachine finds what is wrong with the description of a machine.
func checkMachine(t InstanceType) []fault {
	var faults []fault
	add := func(field, problem, fix string) { faults = append(faults, fault{-1, field, problem, fix}) }
	if t.VCPU == 0 {
		add("vcpu", "missing", "give the number of virtual CPUs")
	}
	if t.MemoryMiB == 0 {
		add("memoryMiB", "missing", "give the memory in MiB")
	}
	if t.Arch != "amd64" && t.Arch != "arm64" {
		add("arch", fmt.Sprintf("%q is no architecture known here", shorten(t.Arch)), "write amd64 or arm64")
	}
	if len(t.OS) == 0 || !slices.IsSorted(t.OS) {
		add("os", fmt.Sprintf("%q is not a sorted list of systems", t.OS), "write linux")
	}
	if t.VCPU != 0 && (t.Allocatable.CPUMilli == 0 || t.Allocatable.CPUMilli > saturatingProduct(t.VCPU, 1000)) {
		add("allocatable.cpuMilli", fmt.Sprintf("%dm of %d vCPU", t.Allocatable.CPUMilli, t.VCPU), "give more than 0 and at most the whole machine")
	}
	if t.MemoryMiB != 0 && (t.Allocatable.MemoryMiB == 0 || t.Allocatable.MemoryMiB > t.MemoryMiB) {
		add("allocatable.memoryMiB", fmt.Sprintf("%d of %d MiB", t.Allocatable.MemoryMiB, t.MemoryMiB), "give more than 0 and at most the whole machine")
	}
	if t.Allocatable.Pods == 0 {
		add("allocatable.pods", "no pods fit", "give how many the kubelet allows, usually 110")
	}
	gpu := t.GPU
	if gpu.Name == "" && gpu != (GPU{}) {
		add("gpu.name", "a GPU without a name", "name it as Karpenter does, such as a100")
	}
	if gpu.Name != "" && (gpu.MemoryMiB == 0 || gpu.Manufacturer == "") {
		add("gpu.memoryMiB", fmt.Sprintf("GPU %q without memory or manufacturer", gpu.Name), "give both: the name alone does not tell an A100 of 40 GB from one of 80 GB")
	}
	return faults
}

// checkOfferings finds prices that must not be planned with, above all a price of zero that nobody meant.
func checkOfferings(t InstanceType) []fault {
	var faults []fault
	for i, o := range t.Offerings {
		add := func(field, problem, fix string) { faults = append(faults, fault{i, field, problem, fix}) }
		checkTerms(t, o, add)
		if o.PriceMicro < 0 || o.PriceMicro > MaxPrice {
			add("pricePerHour", fmt.Sprintf("%s is out of range", o.PriceMicro), fmt.Sprintf("give 0 to %s an hour", MaxPrice))
		}
		if o.Count < 0 || o.Count > MaxQuantity {
			add("count", fmt.Sprintf("%d is out of range", o.Count), "give how many can be had, or leave it empty for no limit")
		}
		if !isDate(o.Date) {
			add("date", fmt.Sprintf("%q is no date", shorten(o.Date)), "write 2026, 2026-07 or 2026-07-20")
		}
		for _, text := range []namedText{{"zone", o.Zone}, {"reservationID", o.ReservationID}} {
			if !isLabel(text.value) {
				add(text.field, fmt.Sprintf("%q cannot be a label's value", shorten(text.value)), "use at most 63 letters, digits, '.', '-' or '_'")
			}
		}
		if i == 0 {
			continue
		}
		switch order := compareKeys(t.Offerings[i-1], o); {
		case order == 0:
			add("pricePerHour", fmt.Sprintf("a second price for %s %s", plain(t.Name), o.key()), "keep one for each zone, capacity type and reservation")
		case order > 0:
			add("pricePerHour", fmt.Sprintf("%s %s stands out of order", plain(t.Name), o.key()), "sort by zone, capacity type and reservation")
		}
	}
	return faults
}

// checkTerms finds what does not go together in one offering.
func checkTerms(t InstanceType, o Offering, add func(field, problem, fix string)) {
	switch {
	case o.CapacityType != OnDemand && o.CapacityType != Spot && o.CapacityType != Reserved:
		add("capacityType", fmt.Sprintf("%q is no capacity type", shorten(o.CapacityType)), "write on-demand, spot or reserved")
	case o.CapacityType == Reserved && o.Count == 0:
		add("count", "a reservation without a count", "say how many machines are reserved")
	case o.CapacityType != Reserved && o.ReservationID != "":
		add("reservationID", fmt.Sprintf("%q on %s capacity", shorten(o.ReservationID), o.CapacityType), "set the capacity type to reserved, or leave the reservation out")
	case o.CapacityType != Reserved && o.PriceMicro == 0:
		add("pricePerHour", fmt.Sprintf("zero would make %s %s free", o.CapacityType, plain(t.Name)), "give its price, leave it empty, or set the capacity type to reserved")
	}
}
