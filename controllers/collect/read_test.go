package collect

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

// read reads a text as standard input.
func read(text string, opts Options) (*kube.Objects, error) {
	opts.Stdin = strings.NewReader(text)
	return Read([]string{Stdin}, opts)
}

// names lists what was read, in order: "Pod shop/web", "Node n1"; and the notes.
func names(o *kube.Objects) []string {
	var out []string
	for _, p := range o.Pods {
		out = append(out, fmt.Sprintf("Pod %s/%s %dm", p.Namespace, p.Name, p.Shape.Requests.CPUMilli))
	}
	for _, n := range o.Nodes {
		out = append(out, "Node "+n.Name)
	}
	for _, d := range o.Deployments {
		out = append(out, "Deployment "+d.Namespace+"/"+d.Name)
	}
	for _, p := range o.NodePools {
		out = append(out, "NodePool "+p.Name)
	}
	for _, n := range o.Notes {
		out = append(out, string(n.Severity)+": "+n.Text)
	}
	return out
}

const (
	podA  = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: shop\nspec:\n  containers:\n  - name: app\n    resources:\n      requests:\n        cpu: 100m\n"
	nodeN = "apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n"
)

// item indents an object as an element of a list whose dashes stand in a column.
func asItem(column int, object string) string {
	pad := strings.Repeat(" ", column)
	body := pad + "  " + strings.ReplaceAll(strings.TrimSuffix(object, "\n"), "\n", "\n"+pad+"  ")
	return pad + "- " + strings.TrimLeft(body, " ") + "\n"
}

func list(column int, objects ...string) string {
	text := "apiVersion: v1\nitems:\n"
	for _, o := range objects {
		text += asItem(column, o)
	}
	return text + "kind: List\nmetadata:\n  resourceVersion: \"\"\n"
}

func toJSONText(t testing.TB, text string) string {
	t.Helper()
	out, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func TestLayouts(t *testing.T) {
	both := []string{"Pod shop/a 100m", "Node n1"}
	podList := strings.NewReplacer("  apiVersion: v1\n", "", "  kind: Pod\n", "")
	pods := podList.Replace("apiVersion: v1\nkind: PodList\nitems:\n" + asItem(0, strings.Replace(podA, "apiVersion: v1\nkind: Pod\n", "", 1)))
	late := "apiVersion: v1\nitems:\n" + asItem(0, strings.Replace(podA, "apiVersion: v1\nkind: Pod\n", "", 1)) + "kind: PodList\n"
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"a List as kubectl prints it":                         {list(0, podA, nodeN), both},
		"a List whose items are indented":                     {list(2, podA, nodeN), both},
		"a List with its kind first":                          {"kind: List\n" + strings.Replace(list(0, podA, nodeN), "kind: List\n", "", 1), both},
		"one object":                                          {podA, both[:1]},
		"several documents":                                   {podA + "---\n" + nodeN, both},
		"several documents with markers all around":           {"---\n" + podA + "...\n---\n# nothing\n---\n" + nodeN + "---\n", both},
		"several Lists":                                       {list(0, podA) + "---\n" + list(0, nodeN), both},
		"a comment between items":                             {strings.Replace(list(0, podA, nodeN), "- apiVersion: v1\n  kind: Node", "# the node\n- apiVersion: v1\n  kind: Node", 1), both},
		"Windows line ends":                                   {strings.ReplaceAll(list(0, podA, nodeN), "\n", "\r\n"), both},
		"no line end at the end":                              {strings.TrimSuffix(podA, "\n"), both[:1]},
		"a byte order mark":                                   {"\xef\xbb\xbf" + podA, both[:1]},
		"gzip":                                                {zipped(list(0, podA, nodeN)), both},
		"two gzip members":                                    {zipped(podA) + zipped("---\n"+nodeN), both},
		"a typed list whose items name no kind":               {pods, both[:1]},
		"a typed list that says its kind behind them":         {late, both[:1]},
		"a flow-style List":                                   {"{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Node, metadata: {name: n1}}]}", both[1:]},
		"a flow-style array":                                  {"[{apiVersion: v1, kind: Node, metadata: {name: n1}}]", both[1:]},
		"a List whose items are in flow style":                {"apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Node, metadata: {name: n1}}]\n", both[1:]},
		"anchors within an item":                              {strings.Replace(podA, "name: a", "name: &n a", 1) + "  hostname: *n\n", both[:1]},
		"anchors of one item in another":                      {list(0, nodeN, strings.Replace(nodeN, "n1", "&x n2", 1), strings.Replace(podA, "name: a\n", "name: *x\n", 1)), []string{"Pod shop/n2 100m", "Node n1", "Node n2"}},
		"what looks like an anchor and is text":               {list(0, strings.Replace(podA, "spec:", "  annotations:\n    note: |\n      a: &b c\nspec:", 1), nodeN), both},
		"an empty List is an empty cluster":                   {"apiVersion: v1\nitems: []\nkind: List\n", nil},
		"JSON: a List":                                        {toJSONText(t, list(0, podA, nodeN)), both},
		"JSON: indented as kubectl prints it":                 {indentJSON(t, toJSONText(t, list(0, podA, nodeN))), both},
		"JSON: one object":                                    {toJSONText(t, podA), both[:1]},
		"JSON: objects one after the other":                   {toJSONText(t, podA) + "\n" + toJSONText(t, nodeN), both},
		"JSON: an array":                                      {"[" + toJSONText(t, podA) + "," + toJSONText(t, nodeN) + "]", both},
		"JSON: a typed list whose items name no kind":         {toJSONText(t, pods), both[:1]},
		"JSON: a List with null for its items":                {`{"apiVersion":"v1","kind":"List","items":null}`, nil},
		"a Deployment of an old group":                        {"apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: d, namespace: s}\n", []string{"Deployment s/d"}},
		"a NodePool of v1beta1 is read, with a note":          {"apiVersion: karpenter.sh/v1beta1\nkind: NodePool\nmetadata: {name: p}\n", []string{"NodePool p", "info: NodePool of karpenter.sh/v1beta1, read as v1: 1 (NodePool p)"}},
		"kinds without use are counted and named":             {podA + "---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: shop}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: t}\ndata:\n  key: !!binary aGVsbG8=\n", []string{both[0], "info: Secret: 1 objects read and not used: t", "info: Service: 1 objects read and not used: shop/s"}},
		"a kind of another group is not ours":                 {podA + "---\napiVersion: serving.knative.dev/v1\nkind: Deployment\nmetadata: {name: s}\n", []string{both[0], "info: Deployment.serving.knative.dev: 1 objects read and not used: s"}},
		"of two with one name the later counts":               {podA + "---\n" + strings.Replace(podA, "100m", "200m", 1), []string{"Pod shop/a 200m", "warning: Pod: in the input more than once; of each the one with the highest resourceVersion counts, or the last: 1 (Pod shop/a)"}},
		"of two with one name the higher version counts":      {strings.Replace(podA, "  name: a\n", "  name: a\n  resourceVersion: \"12\"\n", 1) + "---\n" + strings.Replace(strings.Replace(podA, "100m", "200m", 1), "  name: a\n", "  name: a\n  resourceVersion: \"9\"\n", 1), []string{"Pod shop/a 100m", "warning: Pod: in the input more than once; of each the one with the highest resourceVersion counts, or the last: 1 (Pod shop/a)"}},
		"text in a block scalar that looks like a dump":       {strings.Replace(podA, "spec:", "  annotations:\n    note: |\n      ---\n      items:\n      - kind: Pod\nspec:", 1), both[:1]},
		"managed fields and annotations do not matter":        {strings.Replace(podA, "  name: a\n", "  annotations:\n    big: '"+strings.Repeat("x", 2<<20)+"'\n  managedFields:\n  - f:spec:\n      f:containers: {}\n  name: a\n", 1), both[:1]},
		"a string over several lines with a key in it":        {strings.Replace(podA, "spec:", "status:\n  message: 'one\n    image: two\n    three'\nspec:", 1), both[:1]},
		"a quoted line that pruning takes for a dropped key":  {strings.Replace(podA, "resources:", "tty: 'one\n      image: two'\n    resources:", 1), nil},
		"labels that are called like dropped blocks are kept": {strings.Replace(podA, "spec:", "  labels:\n    image: x\nspec:", 1), both[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := read(tc.text, Options{})
			if name == "a quoted line that pruning takes for a dropped key" {
				if err == nil || !strings.Contains(err.Error(), "spec.containers[0].tty") { // a wrong type: the text has been read whole
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, names(o)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func indentJSON(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "    "); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestBroken checks the one line that a broken input gets.
func TestBroken(t *testing.T) {
	bad := strings.Replace(podA, "100m", "12x", 1)
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nkind: Pod\n"
	deployment := func(field string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: shop}\nspec: {" + field + "}\n"
	}
	for name, tc := range map[string]struct {
		text string
		opts Options
		want string // after "input cannot be read: "
	}{
		"a quantity that is none":           {list(0, nodeN, bad), Options{}, `stdin: item 2 (Pod shop/a): spec.containers[0].resources.requests.cpu: "12x" is not a quantity; write cores like 500m or 2`},
		"the same in JSON":                  {toJSONText(t, list(0, nodeN, bad)), Options{}, `stdin: item 2 (Pod shop/a): spec.containers[0].resources.requests.cpu: "12x" is not a quantity`},
		"the same in a later document":      {nodeN + "---\n" + bad, Options{}, `stdin: document 2 (Pod shop/a): spec.containers[0].resources.requests.cpu: "12x" is not`},
		"the same in a later List":          {list(0, nodeN) + "---\n" + list(0, bad), Options{}, `stdin: document 2, item 1 (Pod shop/a): spec`},
		"a negative request":                {strings.Replace(podA, "100m", `"-1"`, 1), Options{}, `stdin: document 1 (Pod shop/a): spec.containers[0].resources.requests.cpu: -1 is negative; write 0 or more`},
		"replicas beyond an int32":          {deployment("replicas: 2147483648"), Options{}, `stdin: document 1 (Deployment shop/d): spec.replicas: 2147483648 is not a whole number between -2147483648 and 2147483647`},
		"absurdly many replicas":            {deployment("replicas: 2147483647"), Options{}, `stdin: document 1 (Deployment shop/d): spec.replicas: 2147483647 is more than the 1000000 pods that one object may have here; write fewer`},
		"negative replicas":                 {deployment("replicas: -1"), Options{}, `stdin: document 1 (Deployment shop/d): spec.replicas: -1 is negative; write 0 or more`},
		"replicas that are text":            {deployment("replicas: many"), Options{}, `stdin: document 1 (Deployment shop/d): spec.replicas: "many" is not a whole number`},
		"a list where an object belongs":    {deployment("template: []"), Options{}, `stdin: document 1 (Deployment shop/d): spec.template: [] is not an object with named fields`},
		"an object where a list belongs":    {strings.Replace(podA, "  containers:\n  - name: app\n", "  containers:\n    name: app\n", 1), Options{}, `stdin: document 1 (Pod shop/a): spec.containers: `},
		"a negative request in a template":  {deployment("template: {spec: {containers: [{resources: {limits: {memory: \"-1\"}}}]}}"), Options{}, `stdin: document 1 (Deployment shop/d): spec.template.spec.containers[0].resources.limits.memory: -1 is negative`},
		"a NodePool's unknown operator":     {"apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: p}\nspec: {template: {spec: {requirements: [{key: a, operator: Like}]}}}\n", Options{}, `stdin: document 1 (NodePool p): spec.template.spec.requirements[0]: a has the operator "Like"; use In,`},
		"an overlay's price that is none":   {"apiVersion: karpenter.sh/v1alpha1\nkind: NodeOverlay\nmetadata: {name: p}\nspec: {price: cheap}\n", Options{}, `stdin: document 1 (NodeOverlay p): spec.price: "cheap" is no price; write 0.25,`},
		"no kind":                           {"apiVersion: v1\nmetadata: {name: x}\n", Options{}, `stdin: document 1: kind: missing;`},
		"no name":                           {"apiVersion: v1\nkind: Pod\n", Options{}, `stdin: document 1 (Pod ): metadata.name: missing;`},
		"a kind that is no text":            {"apiVersion: v1\nkind: [Pod]\n", Options{}, `stdin: document 1: kind: ["Pod"] is not text`},
		"not YAML":                          {"apiVersion: v1\nkind: Pod\n  x: :\n : y", Options{}, `stdin: document 1: line 3: mapping values are not allowed in this context; this is not YAML as kubectl prints it`},
		"a tab":                             {"apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n", Options{}, `stdin: document 1: line 4: found character that cannot start any token`},
		"a NUL byte":                        {strings.Replace(podA, "name: app", "name: a\x00pp", 1), Options{}, `stdin: document 1: control characters are not allowed; the file is damaged or not text`},
		"a fault behind an anchor":          {list(0, nodeN, strings.Replace(nodeN, "n1", "&x n2", 1), bad), Options{}, `stdin: item 3 (Pod shop/a): spec.containers[0].resources.requests.cpu: "12x"`},
		"an anchor too far back":            {list(0, strings.Replace(nodeN, "n1", "&x n1", 1), strings.Replace(podA, "name: a\n", "name: *x\n", 1)), Options{DocumentBytes: 60}, `stdin: item 2: unknown anchor 'x' referenced; write items without anchors`},
		"an alias bomb":                     {bomb, Options{}, `stdin: document 1: document contains excessive aliasing; aliases that expand without end are refused`},
		"JSON that ends in the middle":      {toJSONText(t, list(0, nodeN, podA))[:150], Options{}, `stdin: ends in the middle (item 2: near byte `},
		"JSON that is none":                 {`{"kind": Pod}`, Options{}, `stdin: document 1: near byte `},
		"JSON items that are no array":      {`{"kind": "List", "items": 5}`, Options{}, `stdin: document 1: items: is no array`},
		"JSON that is no object":            {`[1]`, Options{}, `stdin: item 1: `},
		"nothing":                           {"", Options{}, "no Kubernetes object in it;"},
		"comments only":                     {"# nothing\n---\n", Options{}, "no Kubernetes object in it;"},
		"a truncated gzip file":             {zipped(list(0, podA, nodeN))[:60], Options{}, `stdin: ends in the middle`},
		"a damaged gzip file":               {damaged(zipped(podA)), Options{}, `stdin: damaged gzip data`},
		"a web page":                        {"\n<!DOCTYPE html><html>", Options{}, `stdin: this is HTML or XML, not a cluster dump`},
		"kubectl's table":                   {"NAMESPACE   NAME\nshop   a\n", Options{}, `stdin: this is kubectl's table; write it again with -o yaml`},
		"kubectl's own error":               {"error: the server doesn't have a resource type \"nodeoverlays\"\n" + podA, Options{}, `stdin: begins with kubectl's own error, "error: the server`},
		"UTF-16":                            {"\xff\xfea\x00", Options{}, `stdin: this is UTF-16, as PowerShell's > writes it`},
		"a zip archive":                     {"PK\x03\x04", Options{}, `stdin: this is a zip archive`},
		"zstd":                              {"\x28\xb5\x2f\xfd", Options{}, `stdin: this is zstd-compressed`},
		"an item beyond its limit":          {list(0, podA), Options{ItemBytes: 50}, `stdin: item 1: larger than 50 bytes (Options.ItemBytes)`},
		"a line beyond its limit":           {list(0, strings.Replace(podA, "name: app", "name: "+strings.Repeat("x", 3<<20), 1)), Options{ItemBytes: 2 << 20}, `stdin: item 1: larger than 2097152 bytes (Options.ItemBytes)`},
		"an item beyond its limit in JSON":  {toJSONText(t, list(0, strings.Replace(podA, "name: app", "name: "+strings.Repeat("x", 3<<20), 1))), Options{ItemBytes: 1 << 20}, `stdin: item 1: near byte 28: one object is larger than 1048576 bytes (Options.ItemBytes)`},
		"too much for the parser":           {list(0, podA), Options{ParsedBytes: 50}, `stdin: item 1: larger than 50 bytes without annotations and managed fields (Options.ParsedBytes)`},
		"a document beyond its limit":       {podA, Options{DocumentBytes: 50}, `stdin: document 1: a document that is not laid out as kubectl prints it, larger than 50 bytes (Options.DocumentBytes)`},
		"items without a kind for too long": {"items:\n- metadata: {name: a}\n- metadata: {name: b}\n", Options{HeldBytes: 30}, `stdin: item 2: more than 30 bytes of items without a kind`},
		"too many objects":                  {list(0, nodeN, podA), Options{Objects: 1}, `stdin: item 2: more than 1 objects (Options.Objects)`},
		"too many kinds":                    {"kind: A\n---\nkind: B\n", Options{Unknown: 1}, `stdin: document 2: more than 1 kinds that planning has no use for (Options.Unknown)`},
		"an object of too many values":      {`{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}, "spec": {"containers": [` + strings.Repeat("{},", 5000) + `{}]}}`, Options{Values: 5000}, `stdin: document 1 (Pod a): more than 5000 values (Options.Values)`},
		"a bomb of zeros":                   {zipped(strings.Repeat("\n", 4<<20)), Options{Bytes: 1 << 20}, `stdin: more than 1048576 bytes once decompressed (Options.Bytes)`},
		"values nested too deeply":          {"kind: X\nv: " + deep + "\n", Options{}, `stdin: document 1: values nested deeper than 100 (Options.Depth)`},
		"values nested too deeply in JSON":  {`{"kind": "X", "v": ` + deep + `}`, Options{}, `stdin: document 1: values nested deeper than 100 (Options.Depth)`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(tc.text, tc.opts)
			if !errors.Is(err, ErrInput) {
				t.Fatalf("got %v, want ErrInput", err)
			}
			got := err.Error()
			if !strings.HasPrefix(got, "input cannot be read: "+tc.want) {
				t.Errorf("got\n%s\nwant\ninput cannot be read: %s", got, tc.want)
			}
			if strings.ContainsAny(got, "\n\x00") || len(got) > 1000 {
				t.Errorf("not one line: %q", got)
			}
		})
	}
}

func damaged(text string) string {
	b := []byte(text)
	b[len(b)-6] ^= 0xff // in the checksum
	return string(b)
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a/pods.yaml", podA)
	write("a/deep/nodes.JSON.gz", zipped(toJSONText(t, nodeN)))
	write("a/README.md", "not ours")
	o, err := Read([]string{filepath.Join(dir, "a")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Pod shop/a 100m", "Node n1"}, names(o)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !o.At.IsZero() {
		t.Errorf("no pod has started, yet the objects are of %v", o.At)
	}

	t.Run("the digest of a folder does not change when it moves", func(t *testing.T) {
		moved := filepath.Join(dir, "b")
		if err := os.Rename(filepath.Join(dir, "a"), moved); err != nil {
			t.Fatal(err)
		}
		again, err := Read([]string{moved}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if again.Digest != o.Digest {
			t.Errorf("got %s, want %s", again.Digest, o.Digest)
		}
	})
	t.Run("the digest of one file is what sha256sum prints", func(t *testing.T) {
		o, err := Read([]string{filepath.Join(dir, "b/pods.yaml")}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		const want = "sha256:" + podASum
		if o.Digest != want {
			t.Errorf("got %s, want %s", o.Digest, want)
		}
	})
	t.Run("the digest of several files changes with any of them", func(t *testing.T) {
		write("b/pods.yaml", podA+"# more\n")
		again, err := Read([]string{filepath.Join(dir, "b")}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if again.Digest == o.Digest {
			t.Error("the digest is the same")
		}
	})
	t.Run("a broken file is named relative to its folder", func(t *testing.T) {
		write("b/deep/zz.yaml", "kind: [")
		_, err := Read([]string{filepath.Join(dir, "b")}, Options{})
		if err == nil || !strings.Contains(err.Error(), "deep/zz.yaml: document 1: ") {
			t.Errorf("got %v", err)
		}
	})
	for name, tc := range map[string]struct {
		paths []string
		opts  Options
		want  string
	}{
		"a file that is not there":             {[]string{filepath.Join(dir, "none")}, Options{}, "no such file"},
		"a folder without a file of ours":      {[]string{t.TempDir()}, Options{}, "no .yaml, .yml or .json file"},
		"nothing to read":                      {nil, Options{}, "no file given"},
		"standard input twice":                 {[]string{"-", "-"}, Options{}, "named twice"},
		"more files than allowed in a folder":  {[]string{filepath.Join(dir, "b")}, Options{Files: 1}, "more than 1 files (Options.Files)"},
		"more files than allowed by arguments": {[]string{filepath.Join(dir, "b/pods.yaml"), filepath.Join(dir, "b/pods.yaml")}, Options{Files: 1}, "more than 1 files (Options.Files)"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Read(tc.paths, tc.opts); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// podASum is `printf … | sha256sum` of podA.
const podASum = "82b0e0e2dbd857a88a25c8596c3a7a102aa1276e6808689517af62796e54038d"

func TestInstantIsTheYoungestPods(t *testing.T) {
	started := func(name, at string) string {
		return strings.Replace(podA, "name: a\n", "name: "+name+"\n", 1) + "status: {startTime: \"" + at + "\"}\n---\n"
	}
	o, err := read(started("a", "2026-11-24T08:00:00Z")+started("b", "2026-11-24T09:00:00+02:00"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC); !o.At.Equal(want) {
		t.Errorf("got %v, want %v", o.At, want)
	}
}

func TestProgress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.yaml")
	text := list(0, podA) + strings.Repeat("# filler\n", 1<<20)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var seen []int64
	_, err := Read([]string{path}, Options{Progress: func(n, total int64) {
		if total != int64(len(text)) {
			t.Errorf("total %d, want %d", total, len(text))
		}
		seen = append(seen, n)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 2 || !slices.IsSorted(seen) || seen[len(seen)-1] != int64(len(text)) {
		t.Errorf("progress %v, want a few rising steps up to %d", seen, len(text))
	}
}

// TestWorkersDoNotShow reads one dump with 1 and with 7 workers, and a dump with two faults: the first is the one named.
func TestWorkersDoNotShow(t *testing.T) {
	var text bytes.Buffer
	if err := (dump{pods: 500, podsPerNode: 50, podsPerDeployment: 100}).write(&text); err != nil {
		t.Fatal(err)
	}
	one, err := read(text.String(), Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	seven, err := read(text.String(), Options{Workers: 7})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(names(one), names(seven)); diff != "" {
		t.Error(diff)
	}
	faulty := strings.Replace(text.String(), "cpu: 200m", "cpu: first", 1)
	faulty = faulty[:len(faulty)-200] + strings.Replace(faulty[len(faulty)-200:], "qosClass: Burstable", "qosClass: [x]", 1)
	for range 20 {
		if _, err := read(faulty, Options{Workers: 7}); err == nil || !strings.Contains(err.Error(), `"first"`) {
			t.Fatalf("got %v, want the first fault", err)
		}
	}
}

// TestDumpToSnapshot goes from a dump as kubectl prints it to a snapshot, in YAML and in JSON: they must not differ.
func TestDumpToSnapshot(t *testing.T) {
	var text bytes.Buffer
	if err := (dump{pods: 200, podsPerNode: 50, podsPerDeployment: 100}).write(&text); err != nil {
		t.Fatal(err)
	}
	var snapshots [][]byte
	for _, input := range []string{text.String(), toJSONText(t, text.String())} {
		o, err := read(input, Options{})
		if err != nil {
			t.Fatal(err)
		}
		o.Digest = ""
		s, err := kube.Snapshot(o, pricing.Embedded(), kube.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Workloads) != 2 || s.Workloads[0].Replicas != 100 || len(s.Workloads[0].Today) != 2 || len(s.Nodes) != 4 {
			t.Errorf("%d workloads, %d nodes, first %+v", len(s.Workloads), len(s.Nodes), s.Workloads[0])
		}
		encoded, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		snapshots = append(snapshots, encoded)
	}
	if !bytes.Equal(snapshots[0], snapshots[1]) {
		t.Error("the snapshots of YAML and JSON differ")
	}
}

// FuzzRead feeds arbitrary bytes: Read must return, without a panic, objects or one line.
func FuzzRead(f *testing.F) {
	f.Add([]byte(list(0, podA, nodeN)))
	f.Add([]byte(list(2, podA, nodeN)))
	f.Add([]byte(`{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"a"}}]}`))
	f.Add([]byte(zipped(podA)))
	f.Add([]byte(podA + "---\n" + nodeN))
	f.Add([]byte("items:\n- a: 1\n-\n - b\nkind: PodList\n"))
	tiny := pricing.Catalog{Region: "r", Types: []pricing.InstanceType{{Name: "m5.large", VCPU: 2, Offerings: []pricing.Offering{{CapacityType: pricing.OnDemand, PriceMicro: 1}}}}}
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := read(string(text), Options{Bytes: 1 << 20, ItemBytes: 1 << 16, DocumentBytes: 1 << 16, HeldBytes: 1 << 16})
		if err != nil {
			if !errors.Is(err, ErrInput) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("not one line of ours: %q", err)
			}
			return
		}
		if _, err := kube.Snapshot(o, tiny, kube.Options{}); err != nil {
			t.Fatal(err)
		}
	})
}
