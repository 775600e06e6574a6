package collect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNodePoolsAreKeptWhole: what a dump is pruned of elsewhere must be there in Raw, in every form of a dump.
func TestNodePoolsAreKeptWhole(t *testing.T) {
	const pool = `{"apiVersion":"karpenter.sh/v1","kind":"NodePool","metadata":{"name":"a","annotations":{"mine":"yes"}},"spec":{"template":{"metadata":{"annotations":{"theirs":"too"}},"spec":{"tomorrow":1}}}}`
	const block = `
  kind: NodePool
  metadata:
    annotations:
      mine: "yes"
    name: a
  spec:
    template:
      metadata:
        annotations:
          theirs: too
      spec:
        tomorrow: 1
`
	tests := map[string]string{
		"JSON":                             pool,
		"a list of JSON":                   `{"apiVersion":"v1","kind":"List","items":[` + pool + `]}`,
		"a list as kubectl prints it":      "apiVersion: v1\nitems:\n- apiVersion: karpenter.sh/v1" + block + "kind: List\n",
		"a list with its items further in": "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: karpenter.sh/v1" + strings.ReplaceAll(block, "\n", "\n  ") + "\n",
		"a typed list":                     "apiVersion: karpenter.sh/v1\nkind: NodePoolList\nitems:\n- " + strings.TrimPrefix(strings.Replace(block, "  kind: NodePool\n", "", 1), "\n  "),
		"a document":                       "apiVersion: karpenter.sh/v1" + strings.ReplaceAll(block, "\n  ", "\n"),
		"flow-style YAML":                  "{apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: a, annotations: {mine: 'yes'}}, spec: {template: {metadata: {annotations: {theirs: too}}, spec: {tomorrow: 1}}}}",
	}
	for form, text := range tests {
		t.Run(form, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "dump")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			o, err := Read([]string{file}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"mine", "theirs", "tomorrow"} {
				if len(o.NodePools) != 1 || !strings.Contains(string(o.NodePools[0].Raw), want) {
					t.Errorf("%q is lost: %d NodePools, %s", want, len(o.NodePools), o.NodePools[0].Raw)
				}
			}
		})
	}
}
