package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ChangeKind says what sort of difference a Change is.
type ChangeKind string

const (
	CatalogChanged ChangeKind = "catalog" // currency or region: prices cannot be compared one by one
	TypeAdded      ChangeKind = "added"
	TypeRemoved    ChangeKind = "removed"
	FigureChanged  ChangeKind = "capacity" // what the machine is or holds, or how many can be had
	PriceChanged   ChangeKind = "price"    // also: a price appeared or went
)

// Change is one difference between two catalogues.
type Change struct {
	Kind   ChangeKind `json:"kind"`
	Type   string     `json:"type,omitempty"`
	Field  string     `json:"field,omitempty"`  // JSON name of the figure, or which offering
	Before string     `json:"before,omitempty"` // empty: there was none
	After  string     `json:"after,omitempty"`  // empty: there is none
	// Permille is by how much a price rose in thousandths, negative where it fell, 0 where there is nothing to compare.
	Permille int64 `json:"permille,omitempty"`
}

// String is one line: "m5.large on-demand: price 0.096 -> 0.09 (-6.3%)".
func (c Change) String() string {
	subject := strings.TrimSpace(c.Type + " " + c.Field)
	switch c.Kind {
	case TypeAdded, TypeRemoved:
		return fmt.Sprintf("%s: %s", subject, c.Kind)
	case CatalogChanged, FigureChanged:
		return fmt.Sprintf("%s: %s -> %s", subject, cmp.Or(c.Before, "none"), cmp.Or(c.After, "none"))
	case PriceChanged:
		line := fmt.Sprintf("%s: price %s -> %s", subject, cmp.Or(c.Before, "none"), cmp.Or(c.After, "none"))
		if c.Permille != 0 {
			sign, size := "+", c.Permille
			if size < 0 {
				sign, size = "-", -size
			}
			line += fmt.Sprintf(" (%s%d.%d%%)", sign, size/10, size%10)
		}
		return line
	}
	return fmt.Sprintf("%s: unknown change %q", subject, c.Kind)
}

// Diff lists what has to happen to a to become b, sorted by type, then kind, then field. Dates and sources do not count: a
// list read again with the same prices is the same list.
func Diff(a, b Catalog) []Change {
	var changes []Change
	for _, field := range []struct{ name, before, after string }{{"currency", a.Currency, b.Currency}, {"region", a.Region, b.Region}} {
		if field.before != field.after {
			changes = append(changes, Change{Kind: CatalogChanged, Field: field.name, Before: field.before, After: field.after})
		}
	}
	for _, before := range a.Types {
		if after, ok := b.Lookup(before.Name); ok {
			changes = append(changes, diffFigures(before, after)...)
			changes = append(changes, diffOfferings(before, after)...)
		} else {
			changes = append(changes, Change{Kind: TypeRemoved, Type: before.Name})
		}
	}
	for _, after := range b.Types {
		if _, ok := a.Lookup(after.Name); !ok {
			changes = append(changes, Change{Kind: TypeAdded, Type: after.Name})
		}
	}
	slices.SortStableFunc(changes, func(x, y Change) int {
		return cmp.Or(strings.Compare(x.Type, y.Type), strings.Compare(string(x.Kind), string(y.Kind)), strings.Compare(x.Field, y.Field))
	})
	return changes
}

func diffFigures(a, b InstanceType) []Change {
	before, after := map[string]string{}, map[string]string{}
	var fields []string
	for _, figure := range figures(a) {
		before[figure.field] = figure.value
		fields = append(fields, figure.field)
	}
	for _, figure := range figures(b) {
		after[figure.field] = figure.value
		fields = append(fields, figure.field)
	}
	slices.Sort(fields)
	var changes []Change
	for _, field := range slices.Compact(fields) {
		if before[field] != after[field] {
			changes = append(changes, Change{Kind: FigureChanged, Type: a.Name, Field: field, Before: before[field], After: after[field]})
		}
	}
	return changes
}

func diffOfferings(a, b InstanceType) []Change {
	var changes []Change
	find := func(in []Offering, like Offering) (Offering, bool) {
		at, ok := slices.BinarySearchFunc(in, like, compareKeys)
		if !ok {
			return Offering{}, false
		}
		return in[at], true
	}
	for _, before := range a.Offerings {
		after, ok := find(b.Offerings, before)
		if !ok {
			changes = append(changes, Change{Kind: PriceChanged, Type: a.Name, Field: before.key(), Before: before.PriceMicro.String()})
			continue
		}
		if before.PriceMicro != after.PriceMicro {
			changes = append(changes, Change{Kind: PriceChanged, Type: a.Name, Field: before.key(),
				Before: before.PriceMicro.String(), After: after.PriceMicro.String(), Permille: permille(before.PriceMicro, after.PriceMicro)})
		}
		if before.Count != after.Count {
			changes = append(changes, Change{Kind: FigureChanged, Type: a.Name, Field: "count of " + before.key(),
				Before: countText(before.Count), After: countText(after.Count)})
		}
	}
	for _, after := range b.Offerings {
		if _, ok := find(a.Offerings, after); !ok {
			changes = append(changes, Change{Kind: PriceChanged, Type: a.Name, Field: after.key(), After: after.PriceMicro.String()})
		}
	}
	return changes
}

func countText(count int64) string {
	if count == 0 {
		return "no limit"
	}
	return formatQuantity(count)
}

// permille is the rise from one price to another in thousandths, rounded to the nearest, halves away from zero.
func permille(before, after Micro) int64 {
	if before <= 0 {
		return 0
	}
	scaled := 2000 * int64(after-before) // prices are at most MaxPrice = 1e14, so 2000 times that fits
	half := int64(before)
	if scaled < 0 {
		half = -half
	}
	return (scaled + half) / (2 * int64(before))
}
