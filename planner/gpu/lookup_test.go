package gpu

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestByLabel(t *testing.T) {
	for claim, tc := range map[string]struct {
		name string
		mib  int64
		want string // empty: unknown
	}{
		"a100 with 40 GB":                          {"a100", 40960, "A100-40GB"},
		"a100 with 80 GB":                          {"a100", 81920, "A100-80GB"},
		"a100 as its driver reports it":            {"a100", 40320, "A100-40GB"},
		"a100 without memory may be either":        {"a100", 0, ""},
		"a100 with a memory between the two":       {"a100", 61440, ""},
		"h100":                                     {"h100", 81920, "H100-80GB"},
		"h100 without memory is the only one sold": {"h100", 0, "H100-80GB"},
		"h100 with 94 GB is not what AWS sells":    {"h100", 96256, ""},
		"h200":                                     {"h200", 144384, "H200-141GB"},
		"b200":                                     {"b200", 183359, "B200-180GB"},
		"b300":                                     {"b300", 275040, "B300"},
		"gb200 as nvidia-smi reports it":           {"gb200", 189471, "GB200-186GB"},
		"v100 with 16 GB":                          {"v100", 16384, "V100-16GB"},
		"v100 with 32 GB":                          {"v100", 32768, "V100-32GB"},
		"t4":                                       {"t4", 16384, "T4-16GB"},
		"t4 as its driver reports it, the widest miss": {"t4", 15360, "T4-16GB"},
		"t4g is not t4":                          {"t4g", 16384, "T4G-16GB"},
		"a10g":                                   {"a10g", 22888, "A10G-24GB"},
		"l4":                                     {"l4", 22888, "L4-24GB"},
		"l4 without memory is the physical card": {"l4", 0, "L4-24GB"},
		"an eighth of an l4, of g6f.large":       {"l4", 2861, "L4-3Q"},
		"a quarter of an l4":                     {"l4", 5722, "L4-6Q"},
		"half an l4":                             {"l4", 11444, "L4-12Q"},
		"l40s":                                   {"l40s", 45776, "L40S-48GB"},
		"rtx-pro-4500":                           {"rtx-pro-4500", 32768, "RTX-PRO-4500-32GB"},
		"rtx-pro-server-6000":                    {"rtx-pro-server-6000", 98304, "RTX-PRO-6000-96GB"},
		"case does not matter":                   {"H100", 81920, "H100-80GB"},
		"an AMD card":                            {"radeon-pro-v520", 8192, ""},
		"no name is no card, though some have no label": {"", 22888, ""},
	} {
		t.Run(claim, func(t *testing.T) {
			m, ok := ByLabel(tc.name, tc.mib)
			if m.Key != tc.want || ok != (tc.want != "") {
				t.Errorf("ByLabel(%q, %d) = %q, %t; want %q", tc.name, tc.mib, m.Key, ok, tc.want)
			}
		})
	}
}

// ByLabel answers nothing where two models could bear the label, so no figure may lie within reach of two.
func TestLabelsOfOneNameLieApart(t *testing.T) {
	for _, m := range Models() {
		for _, o := range Models() {
			if m.Label == "" || m.Label != o.Label || m.Key >= o.Key {
				continue
			}
			for _, mib := range []int64{m.LabelMiB, o.LabelMiB, m.MemoryMiB, o.MemoryMiB, (m.LabelMiB + o.LabelMiB) / 2} {
				if m.couldReport(mib) && o.couldReport(mib) {
					t.Errorf("%s with %d MiB could be %s or %s", m.Label, mib, m.Key, o.Key)
				}
			}
		}
	}
}

// Every NVIDIA instance type of the facts must have a model, and one whose label is exactly its memory.
func TestByLabelKnowsEveryInstanceType(t *testing.T) {
	const path = "../../../shared/facts/aws/instance-types.csv"
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("the facts are not beside this checkout: %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	checked := 0
	for _, r := range rows[1:] {
		if r[column["gpu_manufacturer"]] != "nvidia" {
			continue
		}
		mib, err := strconv.ParseInt(r[column["gpu_memory_mib"]], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		m, ok := ByLabel(r[column["gpu_name"]], mib)
		if !ok || m.LabelMiB != mib {
			t.Errorf("%s: %s with %d MiB gives %q with %d", r[0], r[column["gpu_name"]], mib, m.Key, m.LabelMiB)
		}
		if fraction := r[column["gpu_count"]] == "0"; fraction != (m.FractionMilli < 1000) {
			t.Errorf("%s: %s GPUs, and %s is %d thousandths of a card", r[0], r[column["gpu_count"]], m.Key, m.FractionMilli)
		}
		checked++
	}
	if checked < 50 {
		t.Errorf("only %d types checked", checked)
	}
}

func TestByProduct(t *testing.T) {
	for product, want := range map[string]string{
		"A100-SXM4-40GB":                               "A100-40GB",
		"NVIDIA-A100-SXM4-40GB":                        "A100-40GB",
		"NVIDIA A100-SXM4-40GB":                        "A100-40GB",
		"A100-SXM4-40GB-SHARED":                        "A100-40GB",
		"A100-SXM4-40GB-MIG-1g.5gb":                    "A100-40GB",
		"NVIDIA-A100-SXM4-40GB-MIG-INVALID":            "A100-40GB",
		"NVIDIA-A100-80GB-PCIe-MIG-1g.10gb":            "A100-80GB",
		"A100-SXM4-80GB-MIG-1g.10gb-SHARED":            "A100-80GB",
		"NVIDIA-A100-SXM4-80GB-MIG-1g.10gb.me":         "A100-80GB",
		"NVIDIA-H100-80GB-HBM3":                        "H100-80GB",
		"NVIDIA H100 NVL":                              "H100-94GB",
		"NVIDIA-GH200-480GB":                           "H100-96GB",
		"NVIDIA-GH200-144G-HBM3e":                      "GH200-144GB",
		"NVIDIA-H200":                                  "H200-141GB",
		"NVIDIA-B200":                                  "B200-180GB",
		"NVIDIA-B300-SXM6-AC":                          "B300",
		"Tesla-T4":                                     "T4-16GB",
		"Tesla-T4-SHARED":                              "T4-16GB",
		"Tesla-V100-SXM2-16GB":                         "V100-16GB",
		"Tesla-V100-SXM2-32GB":                         "V100-32GB",
		"NVIDIA-A10G":                                  "A10G-24GB",
		"NVIDIA-A10":                                   "A10-24GB",
		"NVIDIA-L4":                                    "L4-24GB",
		"NVIDIA-L4-3Q":                                 "L4-3Q",
		"NVIDIA-L40S":                                  "L40S-48GB",
		"NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition": "RTX-PRO-6000-96GB",
		"NVIDIA-RTX-PRO-6000-Blackwell-Max-Q-Workstation-Edition":     "RTX-PRO-6000-96GB",
		"NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition-MIG-1g.24gb-me": "RTX-PRO-6000-96GB",
		"":                    "",
		"NVIDIA":              "",
		"NVIDIA-A100":         "",
		"AMD-Instinct-MI300X": "",
		"-MIG-1g.5gb":         "",
	} {
		m, ok := ByProduct(product)
		if m.Key != want || ok != (want != "") {
			t.Errorf("ByProduct(%q) = %q, %t; want %q", product, m.Key, ok, want)
		}
	}
}

func TestByKeyIsExact(t *testing.T) {
	if m, ok := ByKey("A100"); ok {
		t.Errorf("A100 alone gives %s", m.Key)
	}
	if m, ok := ByKey("A100-40GB"); !ok || m.Key != "A100-40GB" {
		t.Errorf("A100-40GB gives %q, %t", m.Key, ok)
	}
}

// A name is not a shape: each row is one name on one model, and what it turns out to be there.
func TestANameIsNotAShape(t *testing.T) {
	type shape struct {
		Canonical         string
		Slices, Grid, Max int
		SMs               int64
	}
	for claim, tc := range map[string]struct {
		model, profile string
		want           shape
	}{
		"1g.10gb is two slices of 40 GB":             {"A100-40GB", "1g.10gb", shape{"1g.10gb", 2, 8, 4, 14}},
		"1g.10gb is one slice of 80 GB":              {"A100-80GB", "1g.10gb", shape{"1g.10gb", 1, 8, 7, 14}},
		"1g.10gb of an H100 has 16 SMs":              {"H100-80GB", "1g.10gb", shape{"1g.10gb", 1, 8, 7, 16}},
		"1g.24gb of an H100 is two of eight":         {"H100-94GB", "1g.24gb", shape{"1g.24gb", 2, 8, 4, 26}},
		"1g.24gb of a 96 GB Hopper, SMs unknown":     {"H100-96GB", "1g.24gb", shape{"1g.24gb", 2, 8, 4, 0}},
		"1g.24gb of an RTX PRO 6000 is three of 12":  {"RTX-PRO-6000-96GB", "1g.24gb", shape{"1g.24gb", 3, 12, 4, 46}},
		"1g.24gb of a GB200 is its 1g.23gb":          {"GB200-186GB", "1g.24gb", shape{"1g.23gb", 1, 8, 7, 18}},
		"1g.35gb of an H200 is a double":             {"H200-141GB", "1g.35gb", shape{"1g.35gb", 2, 8, 4, 26}},
		"1g.35gb of a GB300 is a single":             {"GB300", "1g.35gb", shape{"1g.35gb", 1, 8, 7, 0}},
		"3g.39gb is what driver 535 calls a 3g.40gb": {"A100-80GB", "3g.39gb", shape{"3g.40gb", 4, 8, 2, 42}},
		"7g.79gb is a 7g.80gb":                       {"A100-80GB", "7g.79gb", shape{"7g.80gb", 8, 8, 1, 98}},
		"3g.95gb is a GB200's 3g.93gb":               {"GB200-186GB", "3g.95gb", shape{"3g.93gb", 4, 8, 2, 0}},
		"an alias keeps its attribute":               {"GB200-186GB", "1g.24gb+me", shape{"1g.23gb+me", 1, 8, 1, 18}},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, tc.model)
			p := m.Profiles[index(t, m, tc.profile)]
			got := shape{p.Name, p.MemorySlices, m.MemorySlices, p.Max, p.SMs}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("shape (-want +got):\n%s", diff)
			}
		})
	}
}

// nos keeps a hand-written table of A100-80GB geometries (pkg/gpu/mig/known_configs.go) with entries that mix the names of
// two cards. Asked by name on the model, each is found out.
func TestHandTablesThatMixNamesAreFoundOut(t *testing.T) {
	m := model(t, "A100-80GB")
	for _, entry := range [][]string{{"2g.20gb", "3g.20gb"}, {"2g.10gb", "1g.10gb", "3g.40gb"}} {
		known := 0
		for _, name := range entry {
			if _, ok := m.Profile(name); ok {
				known++
			}
		}
		if known == len(entry) {
			t.Errorf("all of %v are profiles of an A100-80GB", entry)
		}
	}
}

func TestResources(t *testing.T) {
	for resource, want := range map[string][]string{
		"nvidia.com/mig-1g.10gb":        {"A100-40GB", "A100-80GB", "H100-80GB"},
		"nvidia.com/mig-1g.5gb.me":      {"A100-40GB"},
		"nvidia.com/mig-1g.24gb":        {"H100-94GB", "H100-96GB", "GB200-186GB", "RTX-PRO-6000-96GB"},
		"nvidia.com/mig-1g.24gb-me":     {"RTX-PRO-6000-96GB"},
		"nvidia.com/mig-1g.24gb.me.all": {"RTX-PRO-6000-96GB"},
		"nvidia.com/mig-2g.48gb.gfx":    {"RTX-PRO-6000-96GB"},
		"nvidia.com/mig-3g.39gb":        {"A100-80GB"},
		"nvidia.com/mig-1g.16gb":        nil, // RTX PRO 4500: named, but its placements are unpublished
		"nvidia.com/gpu":                nil,
		"nvidia.com/mig-":               nil,
	} {
		var got []string
		for _, m := range ByResource(resource) {
			got = append(got, m.Key)
			if i, ok := m.ProfileByResource(resource); !ok || len(m.Profiles[i].Starts) == 0 {
				t.Errorf("%s: %s is offered but not found", m.Key, resource)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("models with %s (-want +got):\n%s", resource, diff)
		}
	}
}
