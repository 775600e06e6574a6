package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/pricing"
)

// version and commit are set by the linker (see Makefile); go install leaves them to the build's own record.
var version, commit string

// build says what this binary is made of.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"commitDate,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Catalog  struct {
		Name   string `json:"name"`
		Region string `json:"region"`
		Date   string `json:"date"`
		Types  int    `json:"types"`
		Digest string `json:"digest"`
	} `json:"embeddedCatalog"`
}

func newVersion() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Say which build this is, and from when its embedded prices are",
		Example: "  tenon version\n  tenon version -o json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("output", output, "text", "json"); err != nil {
				return err
			}
			return printBuild(cmd.OutOrStdout(), readBuild(), output)
		},
	}
	outputFlag(cmd, &output, "text", "json")
	return cmd
}

func readBuild() build {
	b := build{Version: version, Commit: commit, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = cmp.Or(b.Commit, s.Value)
			case "vcs.time":
				b.Date = s.Value
			}
		}
	}
	b.Version = cmp.Or(b.Version, "(devel)")
	c := pricing.Embedded()
	b.Catalog.Name, b.Catalog.Region, b.Catalog.Date = c.Name, c.Region, c.Date
	b.Catalog.Types, b.Catalog.Digest = len(c.Types), c.Digest()
	return b
}

func printBuild(w io.Writer, b build, output string) error {
	if output == "json" {
		return writeJSON(w, b)
	}
	_, err := fmt.Fprintf(w, "tenon %s\n", b.Version)
	if err == nil && b.Commit != "" {
		_, err = fmt.Fprintf(w, "commit   %s\n", b.Commit)
	}
	if err == nil {
		_, err = fmt.Fprintf(w, "built    %s for %s\ncatalog  %s (%s), %d types, %s\n",
			b.Go, b.Platform, b.Catalog.Name, b.Catalog.Region, b.Catalog.Types, b.Catalog.Date)
	}
	return err
}

// writeJSON writes one indented document.
func writeJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}
