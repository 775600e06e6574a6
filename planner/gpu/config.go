package gpu

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DriverOrder returns l in an order in which the driver accepts it: the longest instance first, of equals the one with
// more compute; the rest as they were. It is a new slice.
//
// The driver places instances one by one and chooses the start itself. On an A100 it refuses 1g, 1g, 2g, 3g
// ("Insufficient Resources": the second 1g lies at slice 0 and the 2g at slice 4, which leaves no half for the 3g), and
// accepts the same four with the 3g first (MIG user guide, example 2 of "Creating GPU Instances").
func DriverOrder(m Model, l Layout) Layout {
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Placement) int {
		known := func(p Placement) bool { return p.Profile >= 0 && p.Profile < len(m.Profiles) }
		if !known(a) || !known(b) {
			return 0
		}
		return cmp.Or(m.largerFirst(a.Profile, b.Profile), cmp.Compare(a.Profile, b.Profile))
	})
	return out
}

// NodeConfig is how the cards of one kind of node are to be sliced, under a name.
type NodeConfig struct {
	// Name is the value of the node label nvidia.com/mig.config.
	Name string
	// Model is the card; the cards of a node are alike.
	Model Model
	// Cards holds the layout of each card by device index. An empty layout leaves the card whole.
	Cards []Layout
}

// ErrConfig marks a NodeConfig that cannot be written.
var ErrConfig = errors.New("invalid MIG node configuration")

// PartedConfig prints configurations as a file of mig-parted, which the GPU Operator's MIG manager reads. Same input,
// same bytes: configurations are sorted by name, cards with equal contents are grouped, slices are listed largest first.
//
// The format has counts and no placements. That suffices: a driver that chooses starts greedily accepts every legal layout
// of this package largest first (tested on a model of it), and the manager tries the orders of the slices until one is
// accepted (NVIDIA/mig-parted pkg/mig/config, iteratePermutationsUntilSuccess, read 2026-11).
func PartedConfig(configs ...NodeConfig) (string, error) {
	sorted := slices.Clone(configs)
	slices.SortStableFunc(sorted, func(a, b NodeConfig) int { return cmp.Compare(a.Name, b.Name) })
	var faults []error
	for i, c := range sorted {
		if i > 0 && sorted[i-1].Name == c.Name {
			faults = append(faults, fmt.Errorf("%w: two are named %q", ErrConfig, c.Name))
		}
		faults = append(faults, c.Validate())
	}
	if err := errors.Join(faults...); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("version: v1\nmig-configs:\n")
	if len(sorted) == 0 {
		return "version: v1\nmig-configs: {}\n", nil
	}
	for _, c := range sorted {
		c.write(&b)
	}
	return b.String(), nil
}

// Validate reports every fault of c: a name that is no label value, no cards, a layout that its model does not allow.
func (c NodeConfig) Validate() error {
	var faults []error
	if !isLabelValue(c.Name) {
		faults = append(faults, fmt.Errorf("%w: name %q is not a label value", ErrConfig, c.Name))
	}
	if len(c.Cards) == 0 {
		faults = append(faults, fmt.Errorf("%w: %q has no cards", ErrConfig, c.Name))
	}
	for i, l := range c.Cards {
		if err := c.Model.Fits(l); err != nil {
			faults = append(faults, fmt.Errorf("%w: %q: card %d: %w", ErrConfig, c.Name, i, err))
		}
	}
	return errors.Join(faults...)
}

// labelValueMax is the length limit of a Kubernetes label value.
const labelValueMax = 63

// isLabelValue reports whether s can be a non-empty Kubernetes label value, which is also a safe YAML key in quotes.
func isLabelValue(s string) bool {
	alnum := func(r byte) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	if s == "" || len(s) > labelValueMax || !alnum(s[0]) || !alnum(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if !alnum(s[i]) && !strings.ContainsRune("-_.", rune(s[i])) {
			return false
		}
	}
	return true
}

// write prints one configuration: a group of devices for each distinct content, in order of their first device.
func (c NodeConfig) write(b *strings.Builder) {
	contents := make([][]int, len(c.Cards))
	for i, l := range c.Cards {
		contents[i] = c.Model.Counts(l)
	}
	fmt.Fprintf(b, "  %q:\n", c.Name)
	for i, content := range contents {
		same := func(other []int) bool { return slices.Equal(other, content) }
		if slices.IndexFunc(contents, same) < i {
			continue
		}
		var devices []string
		for k := i; k < len(contents); k++ {
			if same(contents[k]) {
				devices = append(devices, fmt.Sprint(k))
			}
		}
		fmt.Fprintf(b, "    - devices: [%s]\n      mig-enabled: %t\n", strings.Join(devices, ", "), len(c.Cards[i]) > 0)
		if len(c.Cards[i]) == 0 {
			continue
		}
		b.WriteString("      mig-devices:\n")
		for _, p := range c.Model.largestFirst() {
			if content[p] > 0 {
				fmt.Fprintf(b, "        %q: %d\n", c.Model.Profiles[p].Name, content[p])
			}
		}
	}
}
