package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/pricing"
)

// racks is a small catalog, so that golden files do not change with AWS's prices.
const racks = `#: name racks
#: currency EUR
#: region fra-1
#: date 2026-11-01
#: source our books
name,arch,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,zone,capacity_type,price_per_hour,count
small.a,amd64,4,16384,,,,,,on-demand,0.2,
small.a,,,,,,,,fra-1a,on-demand,0.15,3
small.b,arm64,4,8192,,,,,,on-demand,0.12,
small.b,,,,,,,,,spot,0.05,
big.gpu,amd64,96,1048576,nvidia,a100,8,40960,,on-demand,21.5,2
dear.none,amd64,64,262144,,,,,,,,
`

func TestCatalogOutput(t *testing.T) {
	file := tempFile(t, "racks.csv", racks)
	tests := map[string]string{
		"list":           "catalog list",
		"list_price":     "catalog list --sort price",
		"list_gpu":       "catalog list --gpu any",
		"list_spot":      "catalog list --capacity-type spot --arch arm64",
		"list_max_price": "catalog list --max-price 0.15 -o name",
		"list_csv":       "catalog list --family small -o csv",
		"list_json":      "catalog list --family small --arch arm64 -o json",
		"list_none":      "catalog list --min-cpu 1000",
		"show_gpu":       "catalog show big.gpu",
		"show_json":      "catalog show small.b -o json",
		"show_unpriced":  "catalog show dear.none",
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			got := tenon(t, "", append(strings.Fields(args), "--catalog", file, "--catalog-only")...)
			if got.code != exitOK {
				t.Fatalf("exit code %d, stderr %q", got.code, got.stderr)
			}
			golden(t, "catalog_"+name, got.stdout+"--- stderr\n"+strings.ReplaceAll(got.stderr, file, "racks.csv"))
		})
	}
}

func TestCatalogDiff(t *testing.T) {
	a := tempFile(t, "a.csv", racks)
	b := tempFile(t, "b.csv", strings.NewReplacer("0.12,", "0.15,", "fra-1a,on-demand,0.15,3", "fra-1b,on-demand,0.15,3").Replace(racks))
	over := tempFile(t, "over.csv", "name,price_per_hour\nm5.large,0.05\n")
	tests := map[string]struct{ args, want string }{
		"what changed": {"catalog diff " + a + " " + b, "small.a on-demand in fra-1a: price 0.15 -> none\n" +
			"small.a on-demand in fra-1b: price none -> 0.15\nsmall.b on-demand: price 0.12 -> 0.15 (+25.0%)\n"},
		"an extension is laid over": {"catalog diff embedded " + over, "m5.large on-demand: price 0.096 -> 0.05"},
		"nothing changed":           {"catalog diff " + a + " " + a, "no difference\n"},
		"nothing changed, as JSON":  {"catalog diff -o json embedded embedded", "[]\n"},
		"one change, for a machine": {"catalog diff -o json " + a + " " + b, `"permille": 250`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := tenon(t, "", strings.Fields(tc.args)...)
			if got.code != exitOK || !strings.Contains(got.stdout, tc.want) {
				t.Errorf("exit code %d, stdout\n%s\nstderr %s\nwant\n%s", got.code, got.stdout, got.stderr, tc.want)
			}
		})
	}
}

// TestCatalogDocument keeps docs/catalog.md true: its table is the parser's own, and its examples
// are read, put on top of the embedded catalog, and valid.
func TestCatalogDocument(t *testing.T) {
	const file = "../../docs/catalog.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	for _, c := range pricing.Columns() {
		fmt.Fprintf(&table, "| `%s` | `%s` | %s |\n", c.Name, c.Field, c.Doc)
	}
	parts := regexp.MustCompile(`(?s)(.*\|---\|---\|---\|\n)(.*)(<!-- end of columns -->.*)`).FindStringSubmatch(string(text))
	if len(parts) != 4 {
		t.Fatalf("%s has lost the marks around its table", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(parts[1]+table.String()+parts[3]), 0o644); err != nil {
			t.Fatal(err)
		}
		parts[2] = table.String()
	}
	if diff := cmp.Diff(table.String(), parts[2]); diff != "" {
		t.Errorf("%s: run go test ./cmd/tenon -run TestCatalogDocument -update (-want +got):\n%s", file, diff)
	}
	examples := regexp.MustCompile("(?s)```(csv|yaml)\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(examples) != 2 {
		t.Fatalf("%s has %d examples, want one of CSV and one of YAML", file, len(examples))
	}
	for _, example := range examples {
		o := catalogOptions{files: []string{tempFile(t, "example."+example[1], example[2])}, only: example[1] == "yaml"}
		if _, err := o.load(); err != nil {
			t.Errorf("the %s example of %s: %v", example[1], filepath.Base(file), err)
		}
	}
}

func TestVersion(t *testing.T) {
	version, commit = "v1.2.3", "abc"
	t.Cleanup(func() { version, commit = "", "" })
	got := tenon(t, "", "version")
	if !strings.HasPrefix(got.stdout, "tenon v1.2.3\ncommit   abc\nbuilt    go1.") || !strings.Contains(got.stdout, "\ncatalog  aws (us-east-1), 1363 types, 2026") {
		t.Errorf("tenon version: %q", got.stdout)
	}
	if got := tenon(t, "", "version", "-o", "json"); !strings.Contains(got.stdout, `"digest": "sha256:`) {
		t.Errorf("tenon version -o json: %q", got.stdout)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := tenon(t, "", "completion", shell); got.code != exitOK || len(got.stdout) < 1000 {
			t.Errorf("completion %s: exit code %d, %d bytes", shell, got.code, len(got.stdout))
		}
	}
	tests := map[string]struct {
		args []string
		want string
	}{
		"types":           {[]string{"catalog", "show", ""}, "\np5.48xlarge\n"},
		"outputs":         {[]string{"plan", "-o", ""}, "\nmarkdown\n"},
		"work":            {[]string{"pack", "--work", ""}, "\ndeep\n"},
		"an order's name": {[]string{"catalog", "list", "--sort", "p"}, "price\n"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tenon(t, "", append([]string{"__complete"}, tc.args...)...); !strings.Contains(got.stdout, tc.want) {
				t.Errorf("stdout %q, want %q in it", got.stdout, tc.want)
			}
		})
	}
}
