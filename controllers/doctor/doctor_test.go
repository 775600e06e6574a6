package doctor

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/controllers/collect"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// dump is a cluster that has every finding.
func dump(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/dump.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// small is a price list of what the dump has, so that thousands of examinations are quick.
func small() pricing.Catalog {
	c := pricing.Embedded()
	types := slices.DeleteFunc(slices.Clone(c.Types), func(t pricing.InstanceType) bool {
		return !slices.Contains([]string{"m5.large", "m5.xlarge", "g6.xlarge", "g6f.xlarge", "p5.4xlarge"}, t.Name)
	})
	c.Types = types
	return c
}

func read(t testing.TB, text string) *kube.Objects {
	t.Helper()
	o, err := collect.Read([]string{collect.Stdin}, collect.Options{Stdin: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func examine(t testing.TB, text string) Report {
	t.Helper()
	r, err := Examine(Input{Objects: read(t, text), Catalog: small(), Version: "v1.15.0"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// find returns the findings of a check, as "severity object: seen".
func find(r Report, check string) (out []string) {
	for _, f := range r.Findings {
		if f.Check == check {
			out = append(out, string(f.Severity)+" "+f.Object+": "+f.Seen)
		}
	}
	return out
}

// TestFindings changes the dump, which has every finding, in one place, and compares what one check then says.
func TestFindings(t *testing.T) {
	const gate = "ReservedCapacity=true,SpotToSpotConsolidation=false,NodeOverlay=false"
	argument := "image: public.ecr.aws/karpenter/controller:1.8.2@sha256:0123\n          args: [--feature-gates, \"CapacityBuffer=true,NodeOverlay=1\"]"
	tests := map[string]struct {
		change []string // pairs: what to put in place of what, everywhere
		check  string
		want   []string
	}{
		"gates that are on are not spoken of":   {[]string{gate, "NodeOverlay=true, CapacityBuffer=true"}, "featureGate", nil},
		"a gate that is not named is unknown":   {[]string{gate, "NodeOverlay=true"}, "featureGate", []string{"info kube-system/Deployment/karpenter: Feature gate CapacityBuffer is unknown: FEATURE_GATES does not name it, so that it has its default, off in v1.15."}},
		"a gate whose value is none is unknown": {[]string{gate, "NodeOverlay=yes,CapacityBuffer=true"}, "featureGate", []string{`warning kube-system/Deployment/karpenter: Feature gate NodeOverlay is unknown: its value "yes" is no boolean.`}},
		"gates that come from elsewhere are unknown": {[]string{"value: " + gate, "valueFrom: {configMapKeyRef: {name: a, key: b}}"}, "featureGate", []string{
			"warning kube-system/Deployment/karpenter: Feature gate NodeOverlay is unknown: FEATURE_GATES comes from elsewhere.", "info kube-system/Deployment/karpenter: Feature gate CapacityBuffer is unknown: FEATURE_GATES comes from elsewhere."}},
		"gates that refer to a variable are unknown": {[]string{gate, "$(GATES)"}, "featureGate", []string{
			"warning kube-system/Deployment/karpenter: Feature gate NodeOverlay is unknown: it is taken from a variable.", "info kube-system/Deployment/karpenter: Feature gate CapacityBuffer is unknown: it is taken from a variable."}},
		"an argument counts before the variable":                {[]string{"image: public.ecr.aws/karpenter/controller:1.8.2@sha256:0123", argument}, "featureGate", nil},
		"an image without a tag: version unknown":               {[]string{":1.8.2@sha256:0123", "@sha256:0123"}, "karpenter", []string{`info kube-system/Deployment/karpenter: Its image "public.ecr.aws/karpenter/controller@sha256:0123" has no tag.`}},
		"a patch release is no other version":                   {[]string{":1.8.2@", ":1.15.7@"}, "karpenter", nil},
		"no Deployment of Karpenter":                            {[]string{"name: karpenter", "name: other"}, "karpenter", []string{"warning Deployment/karpenter: The input has no Deployment called karpenter or labelled app.kubernetes.io/name=karpenter."}},
		"one layout for all nodes":                              {[]string{"all-3g.40gb", "all-1g.10gb"}, "migConfig", nil},
		"a layout that is being made is a remark":               {[]string{`"failed"`, `"rebooting"`}, "migState", []string{`info NodePool/gpu: The label nvidia.com/mig.config.state is "rebooting" on 1 node of 2 that have it (gpu-4).`}},
		"old and new labels of one driver":                      {[]string{"535.129.03", "550.54"}, "gpuDriver", nil},
		"a node without a product label beside one that has it": {[]string{"nvidia.com/gpu.product: \"NVIDIA-L4-SHARED\"", "a: b"}, "gpuProduct", []string{"warning NodePool/gpu: GPU product of g6.xlarge: not known on 1 node of 2 (gpu-2); NVIDIA-L4 on 1 node of 2 (gpu-1)."}},
		"no product label at all": {[]string{"nvidia.com/gpu.product", "a"}, "gpuProduct", []string{
			"info NodePool/gpu: GPU product of g6.xlarge: not known; label nvidia.com/gpu.product is on none of 2 nodes (gpu-1, gpu-2).", "info NodePool/gpu: GPU product of p5.4xlarge: not known; label nvidia.com/gpu.product is on none of 2 nodes (gpu-3, gpu-4)."}},
		"a NodeOverlay that is ready gives slices":   {[]string{`{message: "conflict with overlay other", status: "False", type: Ready}`, `{message: "", status: "True", type: Ready}`}, "gpuUnmet", nil},
		"but not more than it has":                   {[]string{`status: "False"`, `status: "True"`, `nvidia.com/mig-2g.20gb: "1"`, `nvidia.com/mig-2g.20gb: "4"`}, "gpuUnmet", []string{"warning nvidia.com/mig-2g.20gb: 1 workload asks for it, up to 4 at once (ml/Pod/infer), and no NodePool gives so many by its types or NodeOverlays."}},
		"nor to types that no NodePool allows":       {[]string{`status: "False"`, `status: "True"`, "values: [p5.4xlarge]", "values: [p5.48xlarge]"}, "gpuUnmet", []string{"warning nvidia.com/mig-2g.20gb: 1 workload asks for it, up to 1 at once (ml/Pod/infer), and no NodePool gives so many by its types or NodeOverlays."}},
		"whole cards come of types":                  {[]string{"nvidia.com/mig-2g.20gb: \"1\"", "nvidia.com/gpu: \"1\""}, "gpuUnmet", nil},
		"as many as a type has":                      {[]string{"nvidia.com/mig-2g.20gb: \"1\"", "nvidia.com/gpu: \"2\""}, "gpuUnmet", []string{"info nvidia.com/gpu: 1 workload asks for it, up to 2 at once (ml/Pod/infer), and no NodePool gives so many by its types or NodeOverlays."}},
		"slices that a pod asks for are not idle":    {[]string{"nvidia.com/mig-2g.20gb: \"1\"", "nvidia.com/mig-1g.10gb: \"1\""}, "migIdle", nil},
		"a NodePool of fractions only":               {[]string{"[g6, g6f, p5]", "[g6f]"}, "gpuNotAskable", []string{"warning NodePool/gpu: 1 type that it allows have a GPU and no nvidia.com/gpu: g6f.xlarge."}},
		"no fractions":                               {[]string{"[g6, g6f, p5]", "[g6, p5]"}, "gpuNotAskable", nil},
		"a DaemonSet that tolerates the taint":       {[]string{"      spec:\n        containers:\n        - name: logs", "      spec:\n        tolerations: [{operator: Exists}]\n        containers:\n        - name: logs"}, "daemonSet", nil},
		"a DaemonSet that is not for these nodes":    {[]string{"      spec:\n        containers:\n        - name: logs", "      spec:\n        nodeSelector: {team: web}\n        containers:\n        - name: logs"}, "daemonSet", nil},
		"a condition that is not known is not ready": {[]string{`message: "NodeClass default is not ready.", status: "False"`, `message: "", status: "Unknown"`}, "notReady", []string{"warning NodeOverlay/slices: Not ready: Ready is False, conflict with overlay other.", "warning NodePool/unready: Not ready: Ready is Unknown, no reason given."}},
		"all nodes have what the requirement asks":   {[]string{"us-east-1b", "us-east-1a"}, "requirement", nil},
		"memory as modelled, but for one type":       {[]string{"6000Mi", "6903Mi", "7100Mi", "6900Mi"}, "memoryOverhead", []string{"info catalog: Nodes of 1 type give more memory than the catalog says (m5.xlarge); most of all m5.xlarge: 838 MiB, 5.9 %."}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			text := dump(t)
			for pair := range slices.Chunk(tc.change, 2) {
				if !strings.Contains(text, pair[0]) {
					t.Fatalf("the dump has no %q", pair[0])
				}
				text = strings.ReplaceAll(text, pair[0], pair[1])
			}
			if diff := cmp.Diff(tc.want, find(examine(t, text), tc.check)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.check, diff)
			}
		})
	}
}

func TestOrderOfInputDoesNotShow(t *testing.T) {
	o := read(t, dump(t))
	in := Input{Objects: o, Catalog: small(), Version: "v1.15.0"}
	want, err := Examine(in)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(o.Nodes)
	slices.Reverse(o.NodePools)
	slices.Reverse(o.DaemonSets)
	slices.Reverse(o.NodeOverlays)
	got, err := Examine(in)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for i, f := range want.Findings {
		if i > 0 && f.Severity == planner.Warning && want.Findings[i-1].Severity != planner.Warning {
			t.Errorf("a warning behind a remark: %+v", f)
		}
		if f.Seen == "" || f.Why == "" || f.Do == "" || !strings.HasSuffix(f.Seen, ".") || !strings.HasSuffix(f.Do, ".") {
			t.Errorf("a finding without its three sentences: %+v", f)
		}
	}
}

func TestNothingIsUnknownNotGood(t *testing.T) {
	r := examine(t, "apiVersion: v1\nkind: List\nitems: []\n")
	if len(r.Findings) != 1 || r.Findings[0].Check != "karpenter" || !strings.HasPrefix(r.Karpenter.Gates["NodeOverlay"], "unknown") {
		t.Errorf("of an empty input: %+v", r)
	}
	if _, err := Examine(Input{Objects: &kube.Objects{}}); err == nil {
		t.Error("no error without a catalog")
	}
}

// mutate puts hostile words in place of some of a dump's.
func mutate(text string, dice *rand.Rand) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n:,[]{}\"", r) })
	bad := []string{"", "-1", "9223372036854775807", "1e308", "NaN", "0", "null", "[]", "{}", "\x1b[2J", "karpenter", "nvidia.com/gpu", "true", "9E999", "1m", "../..", "=", ",", "$("}
	for range 1 + dice.IntN(3) {
		word, with := words[dice.IntN(len(words))], bad[dice.IntN(len(bad))]
		if dice.IntN(2) == 0 {
			with = words[dice.IntN(len(words))]
		}
		n := 1
		if dice.IntN(3) == 0 {
			n = -1
		}
		text = strings.Replace(text, word, with, n)
	}
	return text
}

func TestHostileDumps(t *testing.T) {
	text, catalog := dump(t), small()
	read := 0
	for seed := range uint64(600) {
		changed := mutate(text, rand.New(rand.NewPCG(seed, 1)))
		o, err := collect.Read([]string{collect.Stdin}, collect.Options{Stdin: strings.NewReader(changed)})
		if err != nil {
			continue
		}
		read++
		if _, err := Examine(Input{Objects: o, Catalog: catalog, Version: "v1.15.0"}); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	if read < 200 {
		t.Errorf("only %d of 600 changed dumps could be read: they test nothing", read)
	}
}
