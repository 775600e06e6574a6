package gpu

import (
	"slices"
	"strings"
)

// Models returns every known model, in the order of models_gen.go. The caller owns the result.
func Models() []Model {
	out := make([]Model, len(catalog))
	for i, m := range catalog {
		out[i] = m.clone()
	}
	return out
}

// ByKey returns the model with the given key.
func ByKey(key string) (Model, bool) {
	for _, m := range catalog {
		if m.Key == key {
			return m.clone(), true
		}
	}
	return Model{}, false
}

// labelTolerance is the divisor of the memory by which a label may miss: a tenth.
//
// Sources disagree on the memory of one card by at most 6.25 % (T4: 16384 MiB in EC2's list, 15360 from the driver),
// and two cards of one name that AWS sells differ by a factor of two (A100, V100, L4 vGPUs). A tenth lies between.
// Figures: facts/aws/instance-types.csv of August 2026, karpenter-provider-aws v1.15.0 pkg/providers/drametadata.
const labelTolerance = 10

// ByLabel finds a model by Karpenter's labels instance-gpu-name and instance-gpu-memory (MiB of one GPU).
//
// The name alone does not do: "a100" is the 40 GB and the 80 GB card. So the memory must be within a tenth of that of the
// model. With memory unknown (0 or less) a name answers only if one physical card bears it.
func ByLabel(name string, memoryMiB int64) (Model, bool) {
	found := -1
	for i := range catalog {
		m := &catalog[i]
		if m.Label == "" || !strings.EqualFold(m.Label, name) || !m.couldReport(memoryMiB) {
			continue
		}
		if found >= 0 {
			return Model{}, false
		}
		found = i
	}
	if found < 0 {
		return Model{}, false
	}
	return catalog[found].clone(), true
}

// couldReport says whether a card of m could be labelled with this memory.
func (m *Model) couldReport(memoryMiB int64) bool {
	if memoryMiB <= 0 {
		return m.FractionMilli == 1000
	}
	want := m.LabelMiB
	if want == 0 {
		want = m.MemoryMiB
	}
	return max(want-memoryMiB, memoryMiB-want) <= want/labelTolerance
}

// ByProduct finds a model by a product name: the label nvidia.com/gpu.product of GPU feature discovery, what nvidia-smi
// prints, or the name in NVIDIA's guides. Case, spaces and the words NVIDIA and Tesla do not matter, nor do the suffixes
// that feature discovery adds: "-SHARED" on a time-sliced card, "-MIG-1g.5gb" (or "-MIG-INVALID") on a sliced one.
func ByProduct(product string) (Model, bool) {
	want := canonicalProduct(product)
	if want == "" {
		return Model{}, false
	}
	for _, m := range catalog {
		for _, p := range m.Products {
			if canonicalProduct(p) == want {
				return m.clone(), true
			}
		}
	}
	return Model{}, false
}

// canonicalProduct reduces a product name to what distinguishes it.
func canonicalProduct(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), "-"))
	s = strings.TrimSuffix(s, "-shared")
	if at := strings.LastIndex(s, "-mig-"); at >= 0 {
		s = s[:at]
	}
	s = strings.TrimPrefix(s, "nvidia-")
	return strings.TrimPrefix(s, "tesla-")
}

// Profile finds a profile of m by its name or by an alias that another driver version prints. The result is an index
// into m.Profiles.
func (m Model) Profile(name string) (int, bool) {
	i := slices.IndexFunc(m.Profiles, func(p Profile) bool {
		return p.Name == name || slices.Contains(p.Aliases, name)
	})
	return i, i >= 0
}

// resourcePrefix begins every extended resource of the device plugin's "mixed" MIG strategy
// (NVIDIA/k8s-device-plugin @1b826acc, August 2026, internal/rm/rm.go).
const resourcePrefix = "nvidia.com/mig-"

// resourceOf is the extended resource of a profile name: the plugin prints "+" as "." and keeps "-".
func resourceOf(name string) string {
	return resourcePrefix + strings.ReplaceAll(name, "+", ".")
}

// ProfileByResource finds a profile of m by the extended resource that a pod asks for, "nvidia.com/mig-1g.10gb", under
// any name that a driver may give it.
func (m Model) ProfileByResource(resource string) (int, bool) {
	i := slices.IndexFunc(m.Profiles, func(p Profile) bool {
		return p.Resource == resource ||
			slices.ContainsFunc(p.Aliases, func(a string) bool { return resourceOf(a) == resource })
	})
	return i, i >= 0
}

// ByResource returns the models that offer the extended resource and whose placements are known. It is often more than
// one, of different shapes: "nvidia.com/mig-1g.24gb" is a slice of an H100-94GB and of an RTX PRO 6000.
func ByResource(resource string) []Model {
	var out []Model
	for _, m := range catalog {
		if i, ok := m.ProfileByResource(resource); ok && len(m.Profiles[i].Starts) > 0 {
			out = append(out, m.clone())
		}
	}
	return out
}
