package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/pricing"
)

// Where the figures lie beside a checkout that has them; a fresh clone does not, and needs none.
const (
	factsPath     = "../../../shared/facts/aws/instance-types.csv"
	committedPath = "../zz_generated.catalog.csv"
)

// readFigures reads the table of machines, or skips the test where there is none.
func readFigures(t *testing.T) []machine {
	t.Helper()
	facts, err := os.ReadFile(factsPath)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here, so the committed catalogue cannot be compared with it", factsPath)
	}
	if err != nil {
		t.Fatal(err)
	}
	machines, err := readFacts(facts)
	if err != nil {
		t.Fatal(err)
	}
	return machines
}

func checkCommitted(t *testing.T, machines []machine) {
	t.Helper()
	want, err := generate(machines)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(committedPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the generator writes; run go generate ./pricing (-generated +committed):\n%s",
			committedPath, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
	}
}

func TestCommittedCatalogueIsWhatTheTableGives(t *testing.T) {
	checkCommitted(t, readFigures(t))
}

func TestCommittedCatalogueIsWhatTheModuleGives(t *testing.T) {
	machines := readFigures(t)
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Skipf("no go command here: %v", err)
	}
	path := filepath.Join(strings.TrimSpace(string(cache)), filepath.FromSlash(pricesModule+"@"+pricesVersion), pricesFile)
	source, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("%s@%s is not in the module cache (go generate does not need it; go run ./gen -prices-module fetches it)", pricesModule, pricesVersion)
	}
	prices, err := parsePrices(source)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(prices), 1367; got != want {
		t.Errorf("got %d prices in the module, want %d", got, want)
	}
	notes := replacePrices(machines, prices)
	if diff := cmp.Diff([]string{"prices: 1367 in the module, 0 of 1363 machines differ from the table"}, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	checkCommitted(t, machines)
}

func TestSizesAgreeWithKarpentersList(t *testing.T) {
	machines := readFigures(t)
	notes := crossCheck(machines, "")
	if strings.HasPrefix(notes[0], "sizes not checked") {
		t.Skip(notes[0])
	}
	want := []string{"sizes: 838 compared with Karpenter's list, 0 differ; 15 of its types are not in the table"}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const smallTable = "name,arch,category,family,generation,size,cpu_manufacturer,vcpu,memory_mib,network_mbps,local_nvme_gb,hypervisor," +
	"gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,accelerator_name,accelerator_count," +
	"allocatable_cpu_milli,allocatable_memory_mib,allocatable_ephemeral_gib,allocatable_pods,nvidia_com_gpu,on_demand_usd_per_hour_us_east_1\n" +
	"z1.big,amd64,z,z1,1,big,intel,8,32768,,,nitro,nvidia,t4,2,16384,,,7910,29317,17,58,2,1.5\n" +
	"a1.big,arm64,a,a1,1,big,aws,8,32768,,,nitro,,,,,trainium,4,7910,29317,17,58,,\n"

func TestGenerate(t *testing.T) {
	machines, err := readFacts([]byte(smallTable))
	if err != nil {
		t.Fatal(err)
	}
	data, err := generate(machines)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(data), "#: price_date 2026-07-20\n")
	want := "name,arch,category,generation,cpu_manufacturer,hypervisor,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib," +
		"accelerator_manufacturer,accelerator_name,accelerator_count," +
		"allocatable_cpu_milli,allocatable_memory_mib,allocatable_ephemeral_mib,allocatable_pods,price_per_hour\n" +
		"a1.big,arm64,a,1,aws,nitro,8,32768,,,,,aws,trainium,4,7910,29317,17408,58,\n" +
		"z1.big,amd64,z,1,intel,nitro,8,32768,nvidia,t4,2,16384,,,,7910,29317,17408,58,1.5\n"
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGenerateRefusesATableThatContradictsItself(t *testing.T) {
	for claim, tc := range map[string]struct{ old, new, want string }{
		"GPUs are counted twice and must agree": {",58,2,1.5", ",58,3,1.5", "z1.big offers 2 nvidia.com/gpu, the table says 3"},
		"a type cannot be free":                 {",2,1.5", ",2,0", "zero would make on-demand z1.big free"},
		"a type stands once":                    {"a1.big", "z1.big", `a second price for z1.big`},
		"a number is a number":                  {",8,32768,,,nitro,nvidia", ",eight,32768,,,nitro,nvidia", `line 2: column vcpu: strconv.ParseInt: parsing "eight"`},
		"columns are all there":                 {"allocatable_pods", "pods", `line 2: no column "allocatable_pods"`},
	} {
		t.Run(claim, func(t *testing.T) {
			text := strings.Replace(smallTable, tc.old, tc.new, 1)
			if claim == "a type stands once" {
				text = strings.Replace(strings.Replace(text, ",58,,\n", ",58,,2\n", 1), "a1,1,big", "z1,1,big", 1)
			}
			machines, err := readFacts([]byte(text))
			if err == nil {
				_, err = generate(machines)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want it to say %q", err, tc.want)
			}
		})
	}
}

func TestParsePrices(t *testing.T) {
	const head = "package pricing\n\n// generated at 2026-07-20T13:44:30Z for us-east-1\n\n"
	for claim, tc := range map[string]struct {
		source    string
		want      map[string]pricing.Micro
		wantError string
	}{
		"the region's literal is read, others are not": {
			source: head + `var InitialOnDemandPricesAWS = map[string]map[string]float64{"eu": {"a": 9}, "us-east-1": {"a": 0.204000, "b": 2}}`,
			want:   map[string]pricing.Micro{"a": 204_000, "b": 2_000_000},
		},
		"a table of another day is refused": {
			source:    strings.Replace(head, "07-20", "08-20", 1) + `var InitialOnDemandPricesAWS = map[string]map[string]float64{"us-east-1": {}}`,
			wantError: "does not say that it was generated at 2026-07-20 for us-east-1",
		},
		"a table under another name is not found": {
			source:    head + `var Prices = map[string]map[string]float64{"us-east-1": {}}`,
			wantError: `has no literal InitialOnDemandPricesAWS["us-east-1"]`,
		},
		"a price that is worked out is refused": {
			source:    head + `var InitialOnDemandPricesAWS = map[string]map[string]float64{"us-east-1": {"a": 1 + 1}}`,
			wantError: "an entry is not a name and a number",
		},
		"what is not Go is refused": {source: "prices!", wantError: "parse the price table"},
	} {
		t.Run(claim, func(t *testing.T) {
			got, err := parsePrices([]byte(tc.source))
			if tc.wantError != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantError) {
					t.Fatalf("got %v, %v; want an error that says %q", got, err, tc.wantError)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDifferencesAreReported(t *testing.T) {
	machines, err := readFacts([]byte(smallTable))
	if err != nil {
		t.Fatal(err)
	}
	wantPrices := []string{
		"a1.big: the table says nothing, the module 3",
		"z1.big: the table says 1.5, the module nothing",
		"prices: 1 in the module, 2 of 2 machines differ from the table",
	}
	if diff := cmp.Diff(wantPrices, replacePrices(machines, map[string]pricing.Micro{"a1.big": 3 * pricing.Unit})); diff != "" {
		t.Errorf("prices (-want +got):\n%s", diff)
	}
	list := []kwokType{{Name: "a1.big", Architecture: "arm64"}, {Name: "z1.big", Architecture: "x86_64"}, {Name: "z1.big", Architecture: "i386"}, {Name: "q", Architecture: "arm64"}}
	list[0].Resources.CPU, list[0].Resources.Memory = "8", "32Gi"
	list[1].Resources.CPU, list[1].Resources.Memory = "4", "1Ti"
	wantSizes := []string{
		"z1.big: the table says amd64, 8 vCPU, 32 GiB, Karpenter's list amd64, 4 vCPU, 1024 GiB",
		"sizes: 2 compared with Karpenter's list, 1 differ; 1 of its types are not in the table",
	}
	if diff := cmp.Diff(wantSizes, compareSizes(machines, list)); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
}

func TestRunWritesAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	facts, out := filepath.Join(dir, "facts.csv"), filepath.Join(dir, "out.csv")
	if err := os.WriteFile(facts, []byte(smallTable), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	o := options{factsPath: facts, outPath: out, karpenterDir: dir}
	if err := run(o, &log); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(out)
	if err != nil || len(first) == 0 {
		t.Fatalf("wrote %q, %v", first, err)
	}
	if !strings.Contains(log.String(), "sizes not checked") {
		t.Errorf("the missing second list was not mentioned: %q", log.String())
	}
	if err := os.WriteFile(facts, []byte(strings.Replace(smallTable, ",2,1.5", ",2,0", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(o, &log); err == nil {
		t.Error("a faulty table was accepted")
	}
	after, err := os.ReadFile(out)
	if err != nil || !bytes.Equal(first, after) {
		t.Errorf("the file changed although the run was refused: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%d files are left, want the table and the result: %v", len(left), err)
	}
	o.pricesModule = "example.com/other@v1.0.0"
	if err := run(o, &log); err == nil || !strings.Contains(err.Error(), "change prices.go along with it") {
		t.Errorf("got %v, want a refusal of an undescribed price table", err)
	}
}
