package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/pricing"
)

func newCatalog() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catalog",
		Short: "Look at instance types, GPUs and prices: with date and source",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCatalogList(), newCatalogShow(), newCatalogDiff())
	return cmd
}

// origin is one line on where figures come from and from when.
func origin(c pricing.Catalog) string {
	parts := []string{fmt.Sprintf("%s: %d types", c.Name, len(c.Types))}
	for _, part := range []struct{ label, text string }{
		{"region", c.Region}, {"prices in", c.Currency}, {"as of", c.Date}, {"source:", c.Source},
	} {
		if part.text != "" {
			parts = append(parts, part.label+" "+part.text)
		}
	}
	return strings.Join(parts, ", ")
}

// cheapest is the lowest price of a type at a capacity type in any zone.
func cheapest(t pricing.InstanceType, capacityType string) (pricing.Micro, bool) {
	best, found := pricing.Micro(0), false
	for _, o := range t.Offerings {
		if o.CapacityType == capacityType && (!found || o.PriceMicro < best) {
			best, found = o.PriceMicro, true
		}
	}
	return best, found
}

// gpuText is "8 × h100 81559 MiB"; "" for a type without a GPU.
func gpuText(g pricing.GPU) string {
	switch {
	case g.Name == "":
		return ""
	case g.Count == 0:
		return fmt.Sprintf("part of a %s, %d MiB", g.Name, g.MemoryMiB)
	}
	return fmt.Sprintf("%d × %s %d MiB", g.Count, g.Name, g.MemoryMiB)
}

// gib prints MiB as GiB with at most two decimals, rounded down.
func gib(mib int64) string {
	text := fmt.Sprintf("%d.%02d", mib/1024, mib%1024*100/1024)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
