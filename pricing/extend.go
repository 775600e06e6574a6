package pricing

import (
	"fmt"
	"maps"
	"slices"
)

// Extend puts one catalogue on top of another and returns the result; neither argument changes. For a type in both:
//
//   - an offering of over takes the place of that of base with the same zone, capacity type and reservation, others stay;
//   - a description (vcpu and memory) in over takes the place of the whole description in base;
//   - without a description, the allocatable figures that over gives take the place of base's, one by one.
//
// Types that only over knows are added and need a description. Currencies must agree, or over must name none.
func Extend(base, over Catalog) (Catalog, error) {
	if over.Currency != "" && base.Currency != "" && over.Currency != base.Currency {
		return Catalog{}, fmt.Errorf("%w: %s counts in %s, %s in %s: convert the prices of %s first",
			ErrCurrency, title(over), over.Currency, title(base), base.Currency, title(over))
	}
	joined := base.Clone()
	joined.Currency = firstNonEmpty(base.Currency, over.Currency)
	joined.Region = firstNonEmpty(over.Region, base.Region)
	joined.Name = join(base.Name, over.Name, "+")
	joined.Source = join(base.Source, over.Source, "; ")
	if over.Date != "" && (base.Date == "" || over.Date < base.Date) {
		joined.Date = over.Date // as old as the oldest part
	}
	at := make(map[string]int, len(joined.Types))
	for i, t := range joined.Types {
		at[t.Name] = i
	}
	var faults []*InputError
	for _, t := range over.Types {
		i, known := at[t.Name]
		if !known {
			i = len(joined.Types)
			joined.Types = append(joined.Types, InstanceType{Name: t.Name})
		}
		joined.Types[i] = extendType(joined.Types[i], t.clone())
		for _, f := range checkExtended(joined.Types[i], base) {
			faults = append(faults, &InputError{Source: over.Source, Path: fmt.Sprintf("type %q", t.Name), Field: f.field, Problem: f.problem, Fix: f.fix})
		}
	}
	if err := joinFaults(faults); err != nil {
		return Catalog{}, err
	}
	joined.sort()
	return joined, nil
}

func checkExtended(t InstanceType, base Catalog) []fault {
	if !t.Described() {
		return []fault{{-1, "vcpu", fmt.Sprintf("%s does not hold this type, so its size is not known", title(base)), "give vcpu and memory, or correct the name"}}
	}
	return checkType(t)
}

// extendType puts one type on top of another of the same name.
func extendType(base, over InstanceType) InstanceType {
	merged := base
	if over.Described() {
		merged = over
	} else {
		merged.Allocatable = extendCapacity(base.Allocatable, over.Allocatable)
	}
	merged.Offerings = slices.Clone(over.Offerings)
	for _, offering := range base.Offerings {
		if _, replaced := slices.BinarySearchFunc(over.Offerings, offering, compareKeys); !replaced {
			merged.Offerings = append(merged.Offerings, offering)
		}
	}
	slices.SortStableFunc(merged.Offerings, compareKeys)
	return merged
}

// extendCapacity lets every figure that over gives take the place of base's.
func extendCapacity(base, over Capacity) Capacity {
	for _, figure := range []struct{ into, from *int64 }{
		{&base.CPUMilli, &over.CPUMilli},
		{&base.MemoryMiB, &over.MemoryMiB},
		{&base.EphemeralMiB, &over.EphemeralMiB},
		{&base.Pods, &over.Pods},
	} {
		if *figure.from != 0 {
			*figure.into = *figure.from
		}
	}
	if base.Extended == nil {
		base.Extended = maps.Clone(over.Extended)
		return base
	}
	maps.Copy(base.Extended, over.Extended)
	return base
}

func title(c Catalog) string { return firstNonEmpty(c.Name, c.Source, "the catalogue") }

func firstNonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func join(a, b, between string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + between + b
}
