package main

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/pricing"
)

// outputFlag adds -o with its choices to a command; the first choice is the default.
func outputFlag(cmd *cobra.Command, to *string, choices ...string) {
	cmd.Flags().StringVarP(to, "output", "o", choices[0], "`FORM` of the result: "+strings.Join(choices, ", "))
	choose(cmd, "output", choices...)
}

// choose lets the shell complete a flag's values.
func choose(cmd *cobra.Command, flag string, choices ...string) {
	complete := cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(fmt.Sprintf("flag %q is completed before it exists: %v", flag, err))
	}
}

// oneOf checks a flag against its choices.
func oneOf(flag, value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	return badInputf("--%s %q: choose one of %s", flag, value, strings.Join(choices, ", "))
}

// catalogOptions say which catalog to use.
type catalogOptions struct {
	files []string
	only  bool
}

func (o *catalogOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&o.files, "catalog", nil, "catalog `FILE` (CSV, YAML or JSON) that extends the embedded one, or corrects it; can be repeated, the last word counts")
	cmd.Flags().BoolVar(&o.only, "catalog-only", false, "use only the catalogs of --catalog, not the embedded one")
}

// load reads the catalogs and joins them in the order given.
func (o *catalogOptions) load() (pricing.Catalog, error) {
	if o.only && len(o.files) == 0 {
		return pricing.Catalog{}, badInputf("--catalog-only without --catalog leaves no instance type: name a file")
	}
	var joined pricing.Catalog
	if !o.only {
		joined = pricing.Default()
	}
	for i, file := range o.files {
		c, err := readCatalog(file)
		if err != nil {
			return pricing.Catalog{}, err
		}
		if i == 0 && o.only {
			joined = c
			continue
		}
		if joined, err = pricing.Extend(joined, c); err != nil {
			return pricing.Catalog{}, badInputf("%s: %w", file, err)
		}
	}
	if err := joined.Validate(); err != nil {
		return pricing.Catalog{}, badInput(err)
	}
	return joined, nil
}

// embeddedName stands for the embedded catalog where a file's name is asked for.
const embeddedName = "embedded"

// readCatalog reads one file; its ending says the form: .json, .yaml or .yml, and everything else is CSV.
func readCatalog(name string) (pricing.Catalog, error) {
	if name == embeddedName {
		return pricing.Embedded(), nil
	}
	data, err := readFile(name, nil)
	if err != nil {
		return pricing.Catalog{}, err
	}
	var c pricing.Catalog
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json":
		c, err = pricing.ParseJSON(data, name)
	case ".yaml", ".yml":
		if data, err = yaml.YAMLToJSONStrict(data); err != nil {
			return pricing.Catalog{}, badInputf("%s: %s", name, oneLine(strings.ReplaceAll(err.Error(), "\n", " ")))
		}
		c, err = pricing.ParseJSON(data, name)
	default:
		c, err = pricing.ParseCSV(bytes.NewReader(data), name)
	}
	c.Name = cmp.Or(c.Name, filepath.Base(name))
	return c, badInput(err)
}
