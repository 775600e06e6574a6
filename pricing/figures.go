package pricing

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// namedText and namedQuantity pair a figure of a type with its JSON name. The lists below are walked by everything that
// treats all figures alike: range checks, and the comparison of two catalogues.
type (
	namedText     struct{ field, value string }
	namedQuantity struct {
		field string
		value int64
	}
)

// texts are the descriptive labels of a type.
func texts(t InstanceType) []namedText {
	list := []namedText{
		{"family", t.Family}, {"size", t.Size}, {"category", t.Category}, {"arch", t.Arch},
		{"cpuManufacturer", t.CPUManufacturer}, {"hypervisor", t.Hypervisor},
		{"gpu.manufacturer", t.GPU.Manufacturer}, {"gpu.name", t.GPU.Name},
		{"acceleratorManufacturer", t.AcceleratorManufacturer}, {"acceleratorName", t.AcceleratorName},
	}
	for _, os := range t.OS {
		list = append(list, namedText{"os", os})
	}
	return list
}

// machineQuantities are the numbers that describe the machine itself.
func machineQuantities(t InstanceType) []namedQuantity {
	return []namedQuantity{
		{"vcpu", t.VCPU}, {"memoryMiB", t.MemoryMiB}, {"generation", t.Generation},
		{"networkMbps", t.NetworkMbps}, {"localNVMeGB", t.LocalNVMeGB},
		{"gpu.count", t.GPU.Count}, {"gpu.memoryMiB", t.GPU.MemoryMiB}, {"acceleratorCount", t.AcceleratorCount},
	}
}

// allocatableQuantities are the numbers that pods are packed against, extended resources last and sorted.
func allocatableQuantities(c Capacity) []namedQuantity {
	list := []namedQuantity{
		{"allocatable.cpuMilli", c.CPUMilli}, {"allocatable.memoryMiB", c.MemoryMiB},
		{"allocatable.ephemeralMiB", c.EphemeralMiB}, {"allocatable.pods", c.Pods},
	}
	for _, name := range slices.Sorted(maps.Keys(c.Extended)) {
		list = append(list, namedQuantity{"allocatable.extended." + name, c.Extended[name]})
	}
	return list
}

func quantities(t InstanceType) []namedQuantity {
	return append(machineQuantities(t), allocatableQuantities(t.Allocatable)...)
}

// figures are all of them as text, for comparison by people.
func figures(t InstanceType) []namedText {
	var list []namedText
	for _, text := range texts(t) {
		if text.field != "os" {
			list = append(list, text)
		}
	}
	list = append(list, namedText{"os", strings.Join(t.OS, listSeparator)})
	for _, quantity := range quantities(t) {
		list = append(list, namedText{quantity.field, strconv.FormatInt(quantity.value, 10)})
	}
	return list
}

// firstDescription is the first field that describes the machine and is not empty; "" when the type is a mere overlay.
func firstDescription(t InstanceType) string {
	for _, text := range texts(t) {
		if text.value != "" {
			return text.field
		}
	}
	for _, quantity := range machineQuantities(t) {
		if quantity.value != 0 {
			return quantity.field
		}
	}
	return ""
}

// isLabel tells whether a text may be the value of a Kubernetes label; the empty one may.
// (apimachinery's validation.IsValidLabelValue, which the inner ring does not import.)
func isLabel(text string) bool {
	if len(text) > maxLabelLength {
		return false
	}
	for i := range len(text) {
		inside := i > 0 && i < len(text)-1
		if !isAlphanumeric(text[i]) && (!inside || !strings.ContainsRune("-_.", rune(text[i]))) {
			return false
		}
	}
	return true
}

func isAlphanumeric(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}

// isResource tells whether a text may name a resource: letters, digits and "-_./", as in nvidia.com/mig-1g.5gb.
func isResource(text string) bool {
	for i := range len(text) {
		if !isAlphanumeric(text[i]) && !strings.ContainsRune("-_./", rune(text[i])) {
			return false
		}
	}
	return text != "" && len(text) <= 317 // 253 of the domain, a slash, 63 of the name
}

// isCurrency tells whether a text has the form of an ISO 4217 code. Whether the code is in use is not looked up.
func isCurrency(text string) bool {
	return len(text) == 3 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// isDate accepts the empty date and those that say a year, a month or a day: "2026", "2026-07", "2026-07-20".
func isDate(text string) bool {
	if text == "" {
		return true
	}
	limits := [][2]int{{1970, 9999}, {1, 12}, {1, 31}}
	parts := strings.Split(text, "-")
	if len(parts) > len(limits) {
		return false
	}
	for i, part := range parts {
		width := 2
		if i == 0 {
			width = 4
		}
		number, err := strconv.Atoi(part)
		if err != nil || len(part) != width || !isAlphanumeric(part[0]) || number < limits[i][0] || number > limits[i][1] {
			return false
		}
	}
	return true
}

// shorten keeps a hostile text from filling the screen; %q keeps it from moving the cursor.
func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}

// plain leaves a proper name as it is and quotes any other, so that a hostile one cannot move the cursor.
func plain(name string) string {
	if isLabel(name) {
		return name
	}
	return strconv.Quote(shorten(name))
}
