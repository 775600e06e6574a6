package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
)

func TestParted(t *testing.T) {
	slice := func(profile string, start, size int) planner.PlanMIG {
		return planner.PlanMIG{Profile: profile, Start: start, Size: size}
	}
	cut := planner.PlanGPU{Mode: modeMIG, Layout: []planner.PlanMIG{slice("3g.20gb", 4, 4), slice("1g.5gb", 0, 1), slice("1g.5gb", 1, 1)}}
	for name, tc := range map[string]struct {
		model string
		gpus  []planner.PlanGPU
		want  string
	}{
		"a cut card and a whole one": {"A100-40GB", []planner.PlanGPU{cut, {Index: 1, Mode: "whole"}}, `version: v1
mig-configs:
  "tenon-n1":
    - devices: [0]
      mig-enabled: true
      mig-devices:
        "3g.20gb": 1
        "1g.5gb": 2
    - devices: [1]
      mig-enabled: false
`},
		"whole cards need none":                      {"A100-40GB", []planner.PlanGPU{{Mode: "whole"}}, ""},
		"an unknown model has none":                  {"TPU", []planner.PlanGPU{cut}, ""},
		"a profile of another card has none":         {"A100-80GB", []planner.PlanGPU{cut}, ""},
		"instances of today are not configured away": {"A100-40GB", []planner.PlanGPU{{Mode: modeLive, Layout: cut.Layout}}, ""},
		"slices that overlap have none":              {"A100-40GB", []planner.PlanGPU{{Mode: modeMIG, Layout: []planner.PlanMIG{slice("3g.20gb", 4, 4), slice("2g.10gb", 4, 2)}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := planner.PlanNode{ID: "n1", GPUModel: tc.model, GPUs: tc.gpus}
			if diff := cmp.Diff(tc.want, parted(&n)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
