package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
)

func TestTheDefaultPolicyIsWhatItsTextSays(t *testing.T) {
	got, err := parsePolicy("p", []byte(defaultPolicyText))
	if err != nil {
		t.Fatal(err)
	}
	want := planner.DefaultPolicy()
	c := &want.Classes[0]
	c.HorizonDays, c.GPU.DutyMost, c.GPU.MemoryHeadroom = 28, 700, 10 // what 0 stands for
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParsePolicy(t *testing.T) {
	head := "apiVersion: tenon.sh/v1alpha1\nkind: RiskPolicy\n"
	got, err := parsePolicy("p", []byte(head+`classes:
- name: pay
  match: {namespaces: [pay-*], labels: ["tier=critical"]}
  cpu: {risk: {floor: 0.5%, target: 0.1%, ceiling: 0.0001%}, min: 100m, max: "4", limits: ratio}
  memory: {min: 64Mi, max: 1G, neverLess: true, limits: none}
  horizonDays: 90
  downAtMostPercent: 15
  cover: levels
  startupMinutes: 10
  gpu: {models: true, work: llm, speeds: {L4-24GB: 3}, dutyAtMost: 55.5%, slowerAtMostPercent: 20}
- name: rest
  exclude: true
`))
	if err != nil {
		t.Fatal(err)
	}
	pay := planner.DefaultPolicy().Classes[0]
	pay.Name, pay.Match = "pay", planner.Match{Namespaces: []string{"pay-*"}, Labels: []string{"tier=critical"}}
	pay.CPU = planner.Accepted{Floor: 5000, Target: 1000, Ceiling: 1}
	pay.MinCPU, pay.MaxCPU, pay.CPULimits = 100, 4000, planner.LimitRatio
	pay.MinMemory, pay.MaxMemory, pay.MemoryNoLess, pay.MemoryLimits = 64, 954, true, planner.LimitNone
	pay.HorizonDays, pay.DownMost, pay.StartupMinute, pay.Cover = 90, 15, 10, planner.CoverLevels
	pay.GPU = planner.GPUPolicy{Models: true, Work: "llm", Speeds: map[string]int64{"L4-24GB": 3}, DutyMost: 555, SlowerMost: 20}
	rest := planner.DefaultPolicy().Classes[0]
	rest.Name, rest.Exclude = "rest", true
	if diff := cmp.Diff(planner.Policy{Classes: []planner.Class{pay, rest}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"another kind":           {"apiVersion: v1\nkind: Pod\n", `kind "Pod": want "tenon.sh/v1alpha1", "RiskPolicy"`},
		"no classes":             {head, "classes: none"},
		"a misspelt field":       {head + "classes: [{name: a, cpus: 1}]", `unknown field "cpus"`},
		"two of one name":        {head + "classes: [{name: a}, {name: a}]", `classes[1].name: "a" is empty or taken`},
		"a share that is none":   {head + "classes: [{name: a, cpu: {risk: {floor: 1%, target: 1%, ceiling: 0.1}}}]", `classes[0].cpu.risk.ceiling: "0.1" is no share`},
		"more than everything":   {head + "classes: [{name: a, cpu: {risk: {floor: 101%, target: 1%, ceiling: 1%}}}]", `"101%" is no share`},
		"a range upside down":    {head + "classes: [{name: a, memory: {risk: {floor: 1%, target: 2%, ceiling: 3%}}}]", "classes[0].memory.risk: floor is the widest"},
		"an amount that is none": {head + "classes: [{name: a, cpu: {min: lots}}]", `classes[0].cpu.min: "lots" is no amount`},
		"less than nothing":      {head + "classes: [{name: a, memory: {max: -1Gi}}]", `"-1Gi" is no amount`},
		"min above max":          {head + "classes: [{name: a, memory: {min: 2Gi, max: 1Gi}}]", "is more than max"},
		"a rule that is none":    {head + "classes: [{name: a, cpu: {limits: drop}}]", `"drop": choose one of keep, ratio, none`},
		"a pattern that is none": {head + "classes: [{name: a, match: {names: ['[']}}]", `"[" is no pattern`},
		"days that are none":     {head + "classes: [{name: a, horizonDays: -1}]", "classes[0].horizonDays: -1 is out of range"},
		"more than all of it":    {head + "classes: [{name: a, downAtMostPercent: 101}]", "out of range"},
		"a cover of nothing":     {head + "classes: [{name: a, cover: leaks}]", "classes[0].cover"},
		"CPU that never falls":   {head + "classes: [{name: a, cpu: {neverLess: true}}]", "classes[0].cpu.neverLess"},
		"a speed that is none":   {head + "classes: [{name: a, gpu: {speeds: {L4: 0}}}]", "classes[0].gpu.speeds.L4: 0 is no speed"},
		"all faults are named":   {head + "classes: [{name: a, cpu: {min: x}, memory: {min: y}}]", "p: classes[0].memory.min"},
		"no YAML":                {"\t", "p: "},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parsePolicy("p", []byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) || exitCode(err) != exitInput {
				t.Errorf("got %v, want an input error with %q", err, tc.want)
			}
		})
	}
}
