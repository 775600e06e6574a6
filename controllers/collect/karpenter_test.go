package collect

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"
)

// TestKarpentersDeployment reads Karpenter's Deployment in every form of a dump: its image, arguments and variables are
// kept, those of other Deployments are left out of what is parsed.
func TestKarpentersDeployment(t *testing.T) {
	deployment := func(name string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name + "\n  namespace: s\nspec:\n  template:\n    spec:\n      containers:\n      - args:\n        - --feature-gates=NodeOverlay=true\n        env:\n        - name: FEATURE_GATES\n          value: NodeOverlay=false\n        image: r/c:1.15.0\n        name: controller\n"
	}
	item := func(text string) string {
		return "- " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
	}
	bare := func(text string) string { // as items of a DeploymentList: no kind of their own
		return strings.TrimPrefix(text, "apiVersion: apps/v1\nkind: Deployment\n")
	}
	json, err := yaml.YAMLToJSON([]byte(deployment("karpenter")))
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string]string{
		"one object":                      deployment("karpenter"),
		"documents":                       deployment("other") + "---\n" + deployment("karpenter"),
		"a List":                          "apiVersion: v1\nkind: List\nitems:\n" + item(deployment("other")) + item(deployment("karpenter")),
		"a List whose kind comes last":    "apiVersion: v1\nitems:\n" + item(deployment("other")) + item(deployment("karpenter")) + "kind: List\n",
		"a DeploymentList":                "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n" + item(bare(deployment("other"))) + item(bare(deployment("karpenter"))),
		"a DeploymentList, kind last":     "apiVersion: apps/v1\nitems:\n" + item(bare(deployment("other"))) + item(bare(deployment("karpenter"))) + "kind: DeploymentList\n",
		"JSON":                            string(json),
		"a List in JSON":                  `{"apiVersion":"v1","kind":"List","items":[` + string(json) + "]}",
		"another name, Karpenter's label": strings.Replace(deployment("k"), "  name: k\n", "  labels:\n    app.kubernetes.io/name: karpenter\n  name: k\n", 1),
		"a quoted name":                   deployment(`"karpenter"`),
	}
	for form, text := range forms {
		t.Run(form, func(t *testing.T) {
			o, err := Read([]string{Stdin}, Options{Stdin: strings.NewReader(text)})
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, d := range o.Deployments {
				c := d.Spec.Template.Spec.Containers[0]
				if d.Name == "other" {
					if c.Image != "" || len(c.Env) > 0 {
						t.Errorf("of Deployment other %q and %v are kept", c.Image, c.Env)
					}
					continue
				}
				found = keeps(d)
			}
			if !found {
				t.Error("image, arguments or variables are lost")
			}
		})
	}
}

func keeps(d *appsv1.Deployment) bool {
	c := d.Spec.Template.Spec.Containers[0]
	return c.Image == "r/c:1.15.0" && len(c.Args) == 1 && len(c.Env) == 1 && c.Env[0].Value == "NodeOverlay=false"
}

func TestWhatANodeRuns(t *testing.T) {
	o, err := Read([]string{Stdin}, Options{Stdin: strings.NewReader("apiVersion: v1\nkind: Node\nmetadata:\n  name: node-1\nstatus:\n  images:\n  - names: [x]\n  nodeInfo:\n    bootID: b\n    kernelVersion: 6.1.140\n    kubeletVersion: v1.33.1\n    osImage: Amazon Linux 2023\n")})
	if err != nil {
		t.Fatal(err)
	}
	info := o.Nodes[0].Status.NodeInfo
	if info.KernelVersion != "6.1.140" || info.KubeletVersion != "v1.33.1" || info.OSImage != "Amazon Linux 2023" || info.BootID != "" {
		t.Errorf("got %+v", info)
	}
}
