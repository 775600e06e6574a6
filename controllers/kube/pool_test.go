package kube

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

func TestPools(t *testing.T) {
	requirements := func(list string) string {
		return "template:\n  spec:\n    requirements:\n    - {key: topology.kubernetes.io/zone, operator: In, values: [z-a]}\n" + indent(4, list)
	}
	any1 := deployment("web", 1, "")
	prove(t, map[string]claim{
		"every operator narrows the types": {
			input: pool("default", requirements(`
- {key: karpenter.k8s.aws/instance-category, operator: NotIn, values: [g, p, c]}
- {key: karpenter.k8s.aws/instance-cpu, operator: Gt, values: ["1"]}
- {key: karpenter.k8s.aws/instance-memory, operator: Lt, values: ["16384"]}
- {key: karpenter.k8s.aws/instance-generation, operator: Gte, values: ["5"]}
- {key: karpenter.k8s.aws/instance-generation, operator: Lte, values: ["5"]}
- {key: karpenter.k8s.aws/instance-gpu-count, operator: DoesNotExist}
- {key: kubernetes.io/arch, operator: Exists}`)) + any1,
			want: []string{"allow shop/Deployment/web#0 types [m5.large] zones [z-a] terms [on-demand]"},
		},
		"EKS Auto Mode's names of labels mean the same": {
			input: pool("default", requirements("- {key: eks.amazonaws.com/instance-family, operator: In, values: [m6g]}")) + any1,
			want:  []string{"allow shop/Deployment/web#0 types [m6g.large]"},
		},
		"spot needs the pool's word": {
			input: pool("default", requirements("- {key: karpenter.k8s.aws/instance-family, operator: In, values: [c6i]}")) + any1,
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge] zones [z-a] terms [on-demand reserved]"},
		},
		"spot is priced as the catalog says, or as on-demand with a note": {
			input: pool("default", requirements("- {key: karpenter.sh/capacity-type, operator: In, values: [spot]}\n- {key: karpenter.k8s.aws/instance-family, operator: In, values: [c6i, m5]}")) + any1,
			want: []string{
				"offer new default c6i.xlarge z-a spot 0.06", "offer new default m5.large z-a spot 0.1",
				"info m5.large z-a default: priced as on-demand for lack of a spot price in the catalog, as Karpenter does until it has polled one (2: m5.large z-a default, m5.xlarge z-a default)",
			},
			wantNot: []string{"on-demand 0.17", "reserved 0"},
		},
		"a reservation is free, finite, and less what today's nodes use of it": {
			input: pool("default", requirements("- {key: karpenter.k8s.aws/instance-family, operator: In, values: [c6i]}")) + any1 +
				machineNode("n1", "c6i.xlarge", "z-a", "    karpenter.sh/capacity-type: reserved"),
			want: []string{"offer new default c6i.xlarge z-a reserved 0 max=1", "offer existing [n1] 0 max=1"},
		},
		"a reservation that is used up is no offer": {
			input: pool("default", requirements("- {key: karpenter.k8s.aws/instance-family, operator: In, values: [c6i]}")) + any1 +
				machineNode("n1", "c6i.xlarge", "z-a", "    karpenter.sh/capacity-type: reserved") + machineNode("n2", "c6i.xlarge", "z-a", "    karpenter.sh/capacity-type: reserved"),
			wantNot: []string{"offer new default c6i.xlarge z-a reserved"},
		},
		"no NodePool is one that allows the whole catalog": {
			input: machineNode("n1", "m5.large", "z-a", "") + any1,
			want:  []string{"info : no NodePool in the input", "allow shop/Deployment/web#0 types [c6i.xlarge g5.xlarge m5.large m5.xlarge p4d.24xlarge p5.4xlarge] zones [z-a]"},
		},
		"no NodePool brings in the architecture that pods ask for": {
			input: machineNode("n1", "m5.large", "z-a", "") + deployment("web", 1, "nodeSelector: {kubernetes.io/arch: arm64}"),
			want:  []string{"allow shop/Deployment/web#0 types [m6g.large]"},
		},
		"no zone anywhere is the catalog's region with a, b and c": {
			input: any1, want: []string{"info : the input names no zone: planned in z-a, z-b, z-c", "allow shop/Deployment/web#0 types [c6i.xlarge g5.xlarge m5.large m5.xlarge p4d.24xlarge p5.4xlarge] zones [z-a z-b z-c]"},
		},
		"a zone that only a selector names is taken to exist, with a note": {
			input: pool("default", "template: {spec: {requirements: []}}") + machineNode("n1", "m5.large", "z-a", "") + deployment("web", 1, "nodeSelector: {topology.kubernetes.io/zone: z-q}"),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge g5.xlarge m5.large m5.xlarge m6g.large p4d.24xlarge p5.4xlarge] zones [z-q]", "info : zone z-q is named by selectors only"},
		},
		"a node outside all costs brings in no zone": {
			input: pool("default", "template: {spec: {requirements: []}}") + machineNode("n1", "m5.large", "z-a", "") + machineNode("n2", "zz.large", "dc-1", "") + any1,
			want:  []string{"offer new default m5.large z-a"}, wantNot: []string{"offer new default m5.large dc-1"},
		},
		"a region without prices of its own is said": {
			input: machineNode("n1", "m5.large", "eu-1a", "    topology.kubernetes.io/region: eu-1"), want: []string{"warning : the cluster runs in eu-1 and the catalog's prices are those of z-"},
		},
		"a pool that is being deleted makes no nodes": {
			input: "kind: NodePool\nmetadata: {name: old, deletionTimestamp: \"2026-11-24T00:00:00Z\"}\n---\n" + any1,
			want:  []string{"warning NodePool/old: this NodePool is being deleted", "stuck shop/Deployment/web 1: there is no kind of node at all"}, wantNot: []string{"offer new"},
		},
		"a pool that is not ready makes no nodes": {
			input: "kind: NodePool\nmetadata: {name: bad}\nstatus: {conditions: [{type: Ready, status: \"False\", message: no class}]}\n---\n" + any1,
			want:  []string{"warning NodePool/bad: this NodePool is not ready, so no new nodes are planned from it: no class"}, wantNot: []string{"offer new"},
		},
		"a pool that no type meets is named": {
			input: pool("default", requirements("- {key: karpenter.k8s.aws/instance-family, operator: In, values: [zz]}")) + any1,
			want:  []string{"warning NodePool/default: no instance type of the catalog meets"},
		},
		"minValues is noted": {
			input: pool("default", requirements("- {key: karpenter.k8s.aws/instance-family, operator: Exists, minValues: 3}")) + any1,
			want:  []string{"info NodePool/default: minValues on karpenter.k8s.aws/instance-family is not planned with"},
		},
		"a requirement on a label that the catalog lacks is taken as met, with a warning": {
			input: pool("default", requirements("- {key: karpenter.k8s.aws/instance-ebs-bandwidth, operator: Gt, values: [\"5\"]}")) + any1,
			want:  []string{"warning NodePool/default: the catalog does not know karpenter.k8s.aws/instance-ebs-bandwidth", "allow shop/Deployment/web#0 types [c6i.xlarge"},
		},
		"template labels are on every node of a pool": {
			input: pool("default", anywhere+"  metadata: {labels: {team: red}}") + pool("other", anywhere) + deployment("web", 1, "nodeSelector: {team: red, karpenter.sh/nodepool: default}") + deployment("api", 1, "nodeSelector: {team: blue}"),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge", "stuck shop/Deployment/api 1: no kind of node meets nodeSelector: team: blue"},
		},
		"a custom label with several values lets pods choose one": {
			input: pool("default", requirements("- {key: team, operator: In, values: [red, blue]}")) + deployment("web", 1, "nodeSelector: {team: red}") + deployment("api", 1, "nodeSelector: {team: green}"),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge", "stuck shop/Deployment/api 1: no kind of node meets nodeSelector: team: green"},
		},
		"a custom label that must only exist takes the values that pods ask for": {
			input: pool("default", requirements("- {key: team, operator: Exists}")) + deployment("web", 1, "nodeSelector: {team: red}"),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge"},
		},
		"a template label decides, whatever a requirement on it would allow": {
			input: pool("default", "template:\n  metadata: {labels: {team: red}}\n  spec:\n    requirements: [{key: team, operator: In, values: [red, blue]}, {key: topology.kubernetes.io/zone, operator: In, values: [z-a]}]") + deployment("web", 1, "nodeSelector: {team: blue}"),
			want:  []string{"stuck shop/Deployment/web 1"},
		},
		"a custom label that must not exist is on no node": {
			input: pool("default", requirements("- {key: team, operator: DoesNotExist}")) + deployment("web", 1, "nodeSelector: {team: red}"),
			want:  []string{"stuck shop/Deployment/web 1"},
		},
		"weights are on the offers": {input: pool("default", requirements("")+"\nweight: 7") + any1, want: []string{"offer new default m5.large z-a on-demand 0.1 max=0 weight=7"}},
		"limits lose what held nodes take, and nothing for nodes that may go": {
			input: pool("default", anywhere+"limits: {cpu: 10, memory: 32Gi, nodes: 4, nvidia.com/gpu: 3}") + machineNode("n1", "m5.large", "z-a", "") + machineNode("n2", "m5.large", "z-a", "  annotations: {karpenter.sh/do-not-disrupt: \"true\"}"),
			want:  []string{"cap default cpu 8000", "cap default memory 24576", "cap default nodes 3", "cap default nvidia.com/gpu 3"},
		},
		"limits lose what nodes take that are outside all costs": {
			input: pool("default", anywhere+"limits: {nodes: 4}") + machineNode("n1", "zz.large", "z-a", ""), want: []string{"cap default nodes 3"},
		},
		"a limit that is exceeded already allows nothing": {
			input: pool("default", anywhere+"limits: {cpu: 1}") + machineNode("n2", "m5.large", "z-a", "  annotations: {karpenter.sh/do-not-disrupt: \"true\"}"),
			want:  []string{"cap default cpu 0", "warning NodePool/default: nodes that stay already exceed the limit on cpu"},
		},
	})
}

func TestOverlays(t *testing.T) {
	overlay := func(name, spec string) string {
		return "\nkind: NodeOverlay\napiVersion: karpenter.sh/v1alpha1\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n---\n"
	}
	const m5 = "requirements: [{key: karpenter.k8s.aws/instance-family, operator: In, values: [m5]}], "
	const p4d = "requirements: [{key: karpenter.k8s.aws/instance-family, operator: In, values: [p4d]}], "
	const g5 = "requirements: [{key: karpenter.k8s.aws/instance-family, operator: In, values: [g5]}], "
	world := pool("default", anywhere) + deployment("web", 1, "")
	prove(t, map[string]claim{
		"a price replaces":             {input: world + overlay("a", m5+`price: "0.05"`), want: []string{"offer new default m5.large z-a on-demand 0.05", "offer new default m6g.large z-a on-demand 0.08"}},
		"a percentage changes":         {input: world + overlay("a", m5+`priceAdjustment: "-10%"`), want: []string{"offer new default m5.large z-a on-demand 0.09 "}},
		"an amount changes":            {input: world + overlay("a", m5+`priceAdjustment: "+0.5"`), want: []string{"offer new default m5.large z-a on-demand 0.6 "}},
		"no price falls below nothing": {input: world + overlay("a", m5+`priceAdjustment: "-0.15"`), want: []string{"offer new default m5.large z-a on-demand 0 ", "offer new default m5.xlarge z-a on-demand 0.05 "}},
		"today's nodes cost the overlay's price as well": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + overlay("a", m5+`price: "0.05"`), want: []string{"node n1 priced=true 0.05"},
		},
		"nodes that Karpenter has not made do not": {
			input: world + "kind: Node\nmetadata: {name: n1, labels: {node.kubernetes.io/instance-type: m5.large}}\n---\n" + overlay("a", m5+`price: "0.05"`), want: []string{"node n1 priced=true 0.1"},
		},
		"the weightiest overlay has the word":                   {input: world + overlay("z", m5+`price: "0.05", weight: 1`) + overlay("a", m5+`price: "0.07", weight: 2`), want: []string{"offer new default m5.large z-a on-demand 0.07"}},
		"of equal weights the last in the alphabet has it":      {input: world + overlay("a", m5+`price: "0.05"`) + overlay("b", m5+`price: "0.07"`), want: []string{"offer new default m5.large z-a on-demand 0.07"}},
		"an overlay can be for one pool":                        {input: world + pool("other", anywhere) + overlay("a", `requirements: [{key: karpenter.sh/nodepool, operator: In, values: [other]}], price: "9"`), want: []string{"offer new default m5.large z-a on-demand 0.1 ", "offer new other m5.large z-a on-demand 9 "}},
		"an overlay that is not ready does not apply":           {input: world + "kind: NodeOverlay\nmetadata: {name: a}\nspec: {" + m5 + "price: \"9\"}\nstatus: {conditions: [{type: Ready, status: \"False\", message: conflict}]}", want: []string{"offer new default m5.large z-a on-demand 0.1 ", "warning NodeOverlay/a: this NodeOverlay is not ready and does not apply: conflict"}},
		"capacity adds an extended resource":                    {input: pool("default", anywhere) + deployment("web", 1, "initContainers: [{resources: {limits: {vendor.com/fpga: 1}}}]") + overlay("a", m5+`capacity: {vendor.com/fpga: 2}`), want: []string{"allow shop/Deployment/web#0 types [m5.large m5.xlarge]"}},
		"of two capacities the weightiest overlay has the word": {input: world + overlay("a", g5+`capacity: {nvidia.com/gpu: 4}, weight: 2`) + overlay("b", g5+`capacity: {nvidia.com/gpu: 6}, weight: 1`), want: []string{"offer new default g5.xlarge z-a on-demand 1 max=0 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 0 cards A10G-24GB×4"}},
		"capacity cannot change what the type has":              {input: world + overlay("a", m5+`capacity: {cpu: 100}`), want: []string{"warning NodeOverlay/a: capacity cpu cannot be changed"}},
		"more GPUs than cards are time-sliced devices":          {input: world + overlay("a", g5+`capacity: {nvidia.com/gpu: 4}`), want: []string{"offer new default g5.xlarge z-a on-demand 1 max=0 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 0 cards A10G-24GB×4 taken=0 fixed=map[] cut=false share=false"}},
		"MIG capacity fixes the layout and takes all cards":     {input: world + overlay("a", p4d+`capacity: {nvidia.com/mig-1g.5gb: 56}`), want: []string{"offer new default p4d.24xlarge z-a on-demand 20 max=0 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 0 cards A100-40GB×8 taken=8 fixed=map[1g.5gb:56] cut=false share=false"}},
		"MIG capacity beside GPUs leaves those whole":           {input: world + overlay("a", p4d+`capacity: {nvidia.com/mig-1g.5gb: 28, nvidia.com/gpu: 4}`), want: []string{"offer new default p4d.24xlarge z-a on-demand 20 max=0 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 0 cards A100-40GB×8 taken=4 fixed=map[1g.5gb:28]"}},
		"a pool's mig.config with one profile fixes it":         {input: pool("default", anywhere+"  metadata: {labels: {nvidia.com/mig.config: all-2g.10gb}}") + deployment("web", 1, ""), want: []string{"offer new default p4d.24xlarge z-a on-demand 20 max=0 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 0 cards A100-40GB×8 taken=8 fixed=map[2g.10gb:24] cut=false share=false"}},
		"a pool's mig.config all-disabled keeps cards whole":    {input: pool("default", anywhere+"  metadata: {labels: {nvidia.com/mig.config: all-disabled}}") + deployment("web", 1, ""), want: []string{"offer new default p4d.24xlarge z-a on-demand 20 max=0 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 0 cards A100-40GB×8 taken=0 fixed=map[] cut=false"}},
		"a mig.config of the user's own is named, cards whole":  {input: pool("default", anywhere+"  metadata: {labels: {nvidia.com/mig.config: mine}}") + deployment("web", 1, ""), want: []string{"warning NodePool/default: label nvidia.com/mig.config=mine"}},
		"a fraction of a card is no GPU without an overlay":     {input: world, wantNot: []string{"cards ×0"}},
	})
}

func TestAdjust(t *testing.T) {
	for name, tc := range map[string]struct {
		price     pricing.Micro
		change    string
		want      pricing.Micro
		wantError error
	}{
		"a number replaces":                           {100, "0.25", 250_000, nil},
		"plus ten percent":                            {1_000_000, "+10%", 1_100_000, nil},
		"minus a hundred percent is free":             {1_000_000, "-100%", 0, nil},
		"minus more than there is stays at zero":      {1_000_000, "-2", 0, nil},
		"a percentage needs a sign":                   {1_000_000, "10%", 0, pricing.ErrMoney},
		"text is no price":                            {1, "cheap", 0, pricing.ErrMoney},
		"a percentage of the dearest does not wrap":   {math.MaxInt64, "+100%", math.MaxInt64, nil},
		"a fraction of a millionth is cut":            {1, "+50%", 1, nil},
		"the largest amount on top of it stays there": {math.MaxInt64, "+1", math.MaxInt64, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := adjust(tc.price, tc.change)
			if got != tc.want || !errors.Is(err, tc.wantError) {
				t.Errorf("got %d, %v, want %d, %v", got, err, tc.want, tc.wantError)
			}
		})
	}
}

// The implicit pool of a cluster without NodePools leaves out types whose CPU is lent by credits; a NodePool may allow them.
func TestBurstableTypesAreNotPlannedUnasked(t *testing.T) {
	web := deployment("web", 1, "")
	allows := "template:\n  spec:\n    requirements:\n    - {key: karpenter.k8s.aws/instance-category, operator: In, values: [t]}\n"
	for name, tc := range map[string]struct {
		input string
		want  bool
	}{
		"no NodePool":                 {input: web},
		"a NodePool that allows them": {input: pool("default", allows) + web, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Snapshot(parse(t, tc.input), pricing.Embedded(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := slices.ContainsFunc(s.Offers, func(o planner.Offer) bool { return strings.HasPrefix(o.InstanceType, "t3.") })
			if got != tc.want {
				t.Errorf("offers of t3: %v, want %v", got, tc.want)
			}
		})
	}
}
