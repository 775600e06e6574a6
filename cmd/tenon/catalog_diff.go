package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/pricing"
)

const diffLong = `Compare two catalogs: what has to happen to A to become B. Each is a file (CSV, YAML or
JSON) or the word "embedded". Dates and sources do not count. A file that only extends
(prices of known types, no currency) is laid over the embedded catalog first, as plan
--catalog does it.`

const diffExample = `  tenon catalog diff embedded negotiated.csv
  tenon catalog diff prices-june.json prices-july.json -o json`

func newCatalogDiff() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "diff A B",
		Short:   "Compare two catalogs",
		Long:    diffLong,
		Example: diffExample,
		Args:    arguments("A", "B"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("output", output, "text", "json"); err != nil {
				return err
			}
			changes, err := unlessInterrupted(cmd.Context(), func() ([]pricing.Change, error) {
				a, err := wholeCatalog(args[0])
				if err != nil {
					return nil, err
				}
				b, err := wholeCatalog(args[1])
				return pricing.Diff(a, b), err
			})
			if err != nil {
				return err
			}
			return printChanges(cmd.OutOrStdout(), changes, output)
		},
	}
	outputFlag(cmd, &output, "text", "json")
	return cmd
}

// wholeCatalog reads a catalog, and lays one that cannot stand alone over the embedded one.
func wholeCatalog(name string) (pricing.Catalog, error) {
	c, err := readCatalog(name)
	if err != nil || c.Validate() == nil {
		return c, err
	}
	return pricing.Extend(pricing.Embedded(), c)
}

func printChanges(w io.Writer, changes []pricing.Change, output string) error {
	if output == "json" {
		if changes == nil {
			changes = []pricing.Change{}
		}
		return writeJSON(w, changes)
	}
	if len(changes) == 0 {
		_, err := fmt.Fprintln(w, "no difference")
		return err
	}
	for _, c := range changes {
		if _, err := fmt.Fprintln(w, oneLine(c.String())); err != nil {
			return err
		}
	}
	return nil
}
