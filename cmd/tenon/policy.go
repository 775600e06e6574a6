package main

import (
	"fmt"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/planner"
)

// The kind of a policy file. tenon targets --print-policy writes one.
const policyKind = "RiskPolicy"

// policyFile is the form in which people write a planner.Policy.
type policyFile struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Classes    []policyClass `json:"classes"`
}

type policyClass struct {
	Name    string         `json:"name"`
	Match   policyMatch    `json:"match,omitempty"`
	Exclude bool           `json:"exclude,omitempty"`
	CPU     policyResource `json:"cpu,omitempty"`
	Memory  policyResource `json:"memory,omitempty"`
	Horizon int64          `json:"horizonDays,omitempty"`
	Cover   string         `json:"cover,omitempty"` // levels
	Down    int64          `json:"downAtMostPercent,omitempty"`
	QoS     bool           `json:"changeQoS,omitempty"`
	Startup int64          `json:"startupMinutes,omitempty"`
	GPU     *policyGPU     `json:"gpu,omitempty"`
}

type policyMatch struct {
	Namespaces []string `json:"namespaces,omitempty"`
	Kinds      []string `json:"kinds,omitempty"`
	Names      []string `json:"names,omitempty"`
	Labels     []string `json:"labels,omitempty"`
	QoS        []string `json:"qos,omitempty"`
}

type policyResource struct {
	Risk      *policyRisk `json:"risk,omitempty"`
	Min       string      `json:"min,omitempty"` // quantities, as Kubernetes writes them
	Max       string      `json:"max,omitempty"`
	Keep      bool        `json:"keep,omitempty"`
	NeverLess bool        `json:"neverLess,omitempty"`
	Limits    string      `json:"limits,omitempty"` // keep, ratio, none
}

// policyRisk are shares: "1%", "0.1%".
type policyRisk struct {
	Floor   string `json:"floor"`
	Target  string `json:"target"`
	Ceiling string `json:"ceiling"`
}

type policyGPU struct {
	Slices   bool             `json:"slices,omitempty"`
	Shares   bool             `json:"shares,omitempty"`
	Models   bool             `json:"models,omitempty"`
	Work     string           `json:"work,omitempty"`
	Speeds   map[string]int64 `json:"speeds,omitempty"`
	Slower   int64            `json:"slowerAtMostPercent,omitempty"`
	Duty     string           `json:"dutyAtMost,omitempty"`
	Headroom int64            `json:"memoryHeadroomPercent,omitempty"`
}

// parsePolicy reads a policy. What a class leaves out is as in planner.DefaultPolicy. All faults are named.
func parsePolicy(name string, data []byte) (planner.Policy, error) {
	var file policyFile
	if err := yaml.UnmarshalStrict(data, &file); err != nil {
		return planner.Policy{}, badInputf("%s: %s", name, strings.ReplaceAll(err.Error(), "\n", " "))
	}
	if file.APIVersion != planner.APIVersion || file.Kind != policyKind {
		return planner.Policy{}, badInputf("%s: apiVersion %q, kind %q: want %q, %q", name, file.APIVersion, file.Kind, planner.APIVersion, policyKind)
	}
	if len(file.Classes) == 0 {
		return planner.Policy{}, badInputf("%s: classes: none; name at least one (tenon targets --print-policy shows the default)", name)
	}
	var faults []string
	out := planner.Policy{}
	seen := map[string]bool{}
	for i := range file.Classes {
		c := &file.Classes[i]
		r := policyReader{at: fmt.Sprintf("classes[%d]", i), faults: &faults}
		if c.Name == "" || seen[c.Name] {
			r.fault("name", fmt.Sprintf("%q is empty or taken; give each class a name of its own", c.Name))
		}
		seen[c.Name] = true
		out.Classes = append(out.Classes, r.class(c))
	}
	if len(faults) > 0 {
		return planner.Policy{}, badInputf("%s: %s", name, strings.Join(faults, "\n"+name+": "))
	}
	return out, nil
}

// policyReader collects faults with their places.
type policyReader struct {
	at     string
	faults *[]string
}

func (r policyReader) fault(field, text string) {
	*r.faults = append(*r.faults, r.at+"."+field+": "+text)
}

func (r policyReader) class(c *policyClass) planner.Class {
	out := planner.DefaultPolicy().Classes[0]
	out.Name, out.Exclude, out.HorizonDays, out.DownMost, out.ChangeQoS, out.StartupMinute = c.Name, c.Exclude, c.Horizon, c.Down, c.QoS, c.Startup
	out.Match = planner.Match{Namespaces: c.Match.Namespaces, Kinds: c.Match.Kinds, Names: c.Match.Names, Labels: c.Match.Labels, QoS: c.Match.QoS}
	for _, list := range [][]string{c.Match.Namespaces, c.Match.Kinds, c.Match.Names, c.Match.Labels, c.Match.QoS} {
		for _, p := range list {
			if _, err := path.Match(p, ""); err != nil {
				r.fault("match", fmt.Sprintf("%q is no pattern: write * for anything", p))
			}
		}
	}
	for field, n := range map[string]int64{"horizonDays": c.Horizon, "downAtMostPercent": c.Down, "startupMinutes": c.Startup} {
		if n < 0 || field == "downAtMostPercent" && n > 100 || n > 366*24*60 {
			r.fault(field, fmt.Sprintf("%d is out of range", n))
		}
	}
	r.accepted("cpu.risk", c.CPU.Risk, &out.CPU)
	r.accepted("memory.risk", c.Memory.Risk, &out.Memory)
	out.MinCPU, out.MaxCPU = r.amount("cpu.min", c.CPU.Min, true), r.amount("cpu.max", c.CPU.Max, true)
	out.MinMemory, out.MaxMemory = r.amount("memory.min", c.Memory.Min, false), r.amount("memory.max", c.Memory.Max, false)
	if out.MaxCPU > 0 && out.MinCPU > out.MaxCPU || out.MaxMemory > 0 && out.MinMemory > out.MaxMemory {
		r.fault("min", "is more than max")
	}
	if c.CPU.NeverLess {
		r.fault("cpu.neverLess", "is for memory; write downAtMostPercent, or cpu.keep")
	}
	out.KeepCPU, out.KeepMemory, out.MemoryNoLess = c.CPU.Keep, c.Memory.Keep, c.Memory.NeverLess
	if out.Cover = planner.Cover(c.Cover); out.Cover != planner.CoverUsual && out.Cover != planner.CoverLevels {
		r.fault("cover", fmt.Sprintf("%q: write levels, or leave it out", c.Cover))
	}
	out.CPULimits, out.MemoryLimits = r.limits("cpu.limits", c.CPU.Limits), r.limits("memory.limits", c.Memory.Limits)
	if c.GPU != nil {
		out.GPU = r.gpu(c.GPU)
	}
	return out
}

func (r policyReader) gpu(g *policyGPU) planner.GPUPolicy {
	out := planner.GPUPolicy{
		Slices: g.Slices, Shares: g.Shares, Models: g.Models, Work: g.Work, Speeds: g.Speeds,
		SlowerMost: g.Slower, MemoryHeadroom: g.Headroom,
	}
	if g.Duty != "" {
		if duty := r.share("gpu.dutyAtMost", g.Duty); duty > 0 {
			out.DutyMost = duty / 1000
		}
	}
	if g.Slower < 0 || g.Slower > 100 || g.Headroom < 0 || g.Headroom > 1000 {
		r.fault("gpu", "a percentage is out of range")
	}
	for key, speed := range g.Speeds {
		if speed <= 0 {
			r.fault("gpu.speeds."+key, fmt.Sprintf("%d is no speed; write more than 0", speed))
		}
	}
	return out
}

// accepted reads a range of risk: none is above the one that is wider.
func (r policyReader) accepted(field string, risk *policyRisk, out *planner.Accepted) {
	if risk == nil {
		return
	}
	*out = planner.Accepted{
		Floor: r.share(field+".floor", risk.Floor), Target: r.share(field+".target", risk.Target), Ceiling: r.share(field+".ceiling", risk.Ceiling),
	}
	if out.Ceiling > out.Target || out.Target > out.Floor {
		r.fault(field, "floor is the widest risk and ceiling the narrowest: want ceiling <= target <= floor")
	}
}

// share reads a percentage with up to four decimals as millionths.
func (r policyReader) share(field, text string) int64 {
	number, ok := strings.CutSuffix(strings.TrimSpace(text), "%")
	q, err := resource.ParseQuantity(strings.TrimSpace(number))
	if !ok || err != nil || q.Sign() < 0 || q.CmpInt64(100) > 0 {
		r.fault(field, fmt.Sprintf("%q is no share; write 1%% or 0.1%%", text))
		return 0
	}
	return q.ScaledValue(-4) // of a percent: millionths of the whole, rounded up
}

// amount reads a quantity as milli-CPU or MiB.
func (r policyReader) amount(field, text string, cpu bool) int64 {
	if text == "" {
		return 0
	}
	q, err := resource.ParseQuantity(text)
	if err != nil || q.Sign() < 0 || q.CmpInt64(1<<50) > 0 {
		r.fault(field, fmt.Sprintf("%q is no amount; write 250m or 64Mi", text))
		return 0
	}
	if cpu {
		return q.MilliValue()
	}
	return (q.Value() + 1<<20 - 1) >> 20
}

func (r policyReader) limits(field, text string) planner.LimitRule {
	switch text {
	case "", "keep":
		return planner.LimitKeep
	case "ratio":
		return planner.LimitRatio
	case "none":
		return planner.LimitNone
	}
	r.fault(field, fmt.Sprintf("%q: choose one of keep, ratio, none", text))
	return planner.LimitKeep
}

// defaultPolicyText is planner.DefaultPolicy as a file to start from; a test keeps the two equal.
const defaultPolicyText = `# How much risk is accepted, by class of workload. The first class that matches counts; what none matches is left alone.
# A request may go down to where its risk is "floor" if that saves money, and up to "ceiling" where that is free.
apiVersion: tenon.sh/v1alpha1
kind: RiskPolicy
classes:
- name: default
  # match: {namespaces: [shop-*], kinds: [Deployment], names: ["*"], labels: ["tier=batch"], qos: [Burstable]}
  # exclude: true            # nothing of these workloads changes
  cpu:
    risk: {floor: 5%, target: 1%, ceiling: 0.1%} # of the time with usage above the request
    limits: keep             # or ratio (as VPA's RequestsAndLimits), or none
  memory:
    risk: {floor: 5%, target: 1%, ceiling: 0.1%} # that one pod is killed for memory within the horizon
    limits: keep
    # min: 64Mi
    # neverLess: true        # memory requests never fall
  horizonDays: 28
  # cover: levels            # targets meet the risk with changes of level too, which nobody foresees: dear
  # downAtMostPercent: 15    # a request falls by at most so much at once
  gpu:
    slices: true             # a MIG slice in place of a card
    # models: true           # another model, where its speed for the work is known
    # work: llm              # vision, nlp, llm, diffusion, … ; or speeds of your own:
    # speeds: {A100-80GB: 100, L4-24GB: 24}
    dutyAtMost: 70%          # busy at the 99th percentile
    memoryHeadroomPercent: 10
`
