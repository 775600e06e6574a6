package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// envPrefix begins the variables that stand for flags.
const envPrefix = "TENON_"

// envName is the variable of a flag: --catalog-only is TENON_CATALOG_ONLY.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// applyEnv gives every flag of the command that was not on the command line the value of its
// variable, where that is set and not empty. It is the one way in which the environment has a say.
// A flag that can be repeated takes a list, separated as in PATH.
func applyEnv(cmd *cobra.Command) error {
	var fault error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := os.Getenv(envName(f.Name))
		if f.Changed || value == "" || fault != nil || f.Name == "help" {
			return
		}
		values := []string{value}
		if _, list := f.Value.(pflag.SliceValue); list {
			values = filepath.SplitList(value)
		}
		for _, v := range values {
			if err := cmd.Flags().Set(f.Name, v); err != nil {
				fault = badInputf("%s: %w", envName(f.Name), err)
				return
			}
		}
	})
	return fault
}
