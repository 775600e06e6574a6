package usage

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

const checkpointYAML = `apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscalerCheckpoint
metadata:
  name: web-app
  namespace: shop
spec:
  containerName: app
  vpaObjectName: web
status:
  version: v3
  firstSampleStart: "2026-11-01T00:00:00Z"
  lastSampleStart: "2026-11-08T00:00:00Z"
  lastUpdateTime: null
  totalSamplesCount: 10080
  cpuHistogram:
    referenceTimestamp: "2026-11-08T00:00:00Z"
    totalWeight: 12.5
    bucketWeights:
      "3": 10000
      "0": 17
      "20": 0
  memoryHistogram:
    referenceTimestamp: "2026-11-09T00:00:00Z"
    totalWeight: 3.25
    bucketWeights:
      "50": 10000
`

const vpaYAML = `apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
`

func wantCheckpoint() usage.Checkpoint {
	return usage.Checkpoint{
		Namespace: "shop", VPA: "web", Container: "app", Version: "v3", First: 1793491200000, Last: 1794096000000, Samples: 10080,
		CPU:    usage.Histogram{Reference: 1794096000000, Total: 12.5, Buckets: []usage.Bucket{{Index: 0, Weight: 17}, {Index: 3, Weight: 10000}}},
		Memory: usage.Histogram{Reference: 1794182400000, Total: 3.25, Buckets: []usage.Bucket{{Index: 50, Weight: 10000}}},
		Origin: "stdin",
	}
}

// listed lays documents out as kubectl lays a list out.
func listed(docs ...string) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nitems:\n")
	for _, doc := range docs {
		for i, line := range strings.Split(strings.TrimSuffix(doc, "\n"), "\n") {
			if i == 0 {
				fmt.Fprintf(&b, "- %s\n", line)
			} else {
				fmt.Fprintf(&b, "  %s\n", line)
			}
		}
	}
	b.WriteString("kind: List\nmetadata:\n  resourceVersion: \"\"\n")
	return b.String()
}

func TestCheckpoints(t *testing.T) {
	plain, targeted := wantCheckpoint(), wantCheckpoint()
	targeted.Target = planner.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	older := strings.Replace(checkpointYAML, "lastSampleStart: \"2026-11-08", "lastSampleStart: \"2026-11-07", 1)
	json := `{"apiVersion":"autoscaling.k8s.io/v1beta2","kind":"VerticalPodAutoscalerCheckpoint","metadata":{"name":"web-app","namespace":"shop"},` +
		`"spec":{"containerName":"app","vpaObjectName":"web"},"status":{"version":"v3","firstSampleStart":"2026-11-01T00:00:00Z","lastSampleStart":"2026-11-08T00:00:00Z",` +
		`"totalSamplesCount":10080,"cpuHistogram":{"referenceTimestamp":"2026-11-08T00:00:00Z","totalWeight":12.5,"bucketWeights":{"3":10000,"0":17}},` +
		`"memoryHistogram":{"referenceTimestamp":"2026-11-09T00:00:00Z","totalWeight":3.25,"bucketWeights":{"50":10000}}}}`
	tests := map[string]struct {
		text  string
		want  []usage.Checkpoint
		notes int
		bad   int64
	}{
		"one object":                        {text: checkpointYAML, want: []usage.Checkpoint{plain}},
		"v1beta2":                           {text: strings.Replace(checkpointYAML, "k8s.io/v1", "k8s.io/v1beta2", 1), want: []usage.Checkpoint{plain}},
		"with the VPA that it belongs to":   {text: checkpointYAML + "---\n" + vpaYAML, want: []usage.Checkpoint{targeted}},
		"kubectl's list":                    {text: listed(checkpointYAML, vpaYAML), want: []usage.Checkpoint{targeted}},
		"a list in another layout":          {text: "kind: List\napiVersion: v1\nitems: [" + json + "]\n", want: []usage.Checkpoint{plain}},
		"a list that is indented":           {text: "kind: List\nitems:\n  - " + json + "\n", want: []usage.Checkpoint{plain}},
		"JSON":                              {text: json, want: []usage.Checkpoint{plain}},
		"a list of JSON":                    {text: `{"kind":"List","items":[` + json + `]}`, want: []usage.Checkpoint{plain}},
		"a stream of JSON":                  {text: "[" + json + "]" + json, want: []usage.Checkpoint{plain}, notes: 1},
		"of two the later counts":           {text: listed(older, checkpointYAML), want: []usage.Checkpoint{plain}, notes: 1},
		"other kinds are counted":           {text: listed(checkpointYAML, "kind: Pod\n"), want: []usage.Checkpoint{plain}, notes: 1},
		"gzip":                              {text: zip(checkpointYAML), want: []usage.Checkpoint{plain}},
		"one that is broken does not count": {text: listed(checkpointYAML, strings.Replace(checkpointYAML, `"3": 10000`, `"176": 10000`, 1)), want: []usage.Checkpoint{plain}, bad: 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, r, err := readText(t, tc.text, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, r.Checkpoints); diff != "" {
				t.Errorf("checkpoints (-want +got):\n%s", diff)
			}
			var bad int64
			for _, f := range r.Faults {
				bad += f.Count
			}
			if len(r.Notes) != tc.notes || bad != tc.bad {
				t.Errorf("notes %v, faults %v", r.Notes, r.Faults)
			}
		})
	}
}

func TestRefusedCheckpoints(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(checkpointYAML, from, to, 1) }
	for name, tc := range map[string]struct{ text, want string }{
		"a bucket that is none":         {change(`"3": 10000`, `"-1": 10000`), `cpuHistogram has a bucket "-1"; buckets are 0 to 175`},
		"a bucket with a sign":          {change(`"3": 10000`, `"+3": 10000`), `cpuHistogram has a bucket "+3"`},
		"a negative weight":             {change(`"3": 10000`, `"3": -1`), "cpuHistogram has weight -1 in bucket 3"},
		"a weight that is no number":    {change(`"3": 10000`, `"3": x`), "checkpoint shop/web-app"},
		"a huge total":                  {change("12.5", "1e300"), "cpuHistogram.totalWeight is 1e+300"},
		"a negative total":              {change("12.5", "-1"), "cpuHistogram.totalWeight is -1"},
		"a total of nothing":            {change("12.5", "0"), "cpuHistogram has 2 buckets and a totalWeight of 0"},
		"a total that is no number":     {change("12.5", ".nan"), "neither YAML nor JSON"},
		"a time of long ago":            {change(`referenceTimestamp: "2026-11-08`, `referenceTimestamp: "1926-11-08`), "cpuHistogram.referenceTimestamp is 1926-11-08T00:00:00Z"},
		"fewer samples than none":       {change("10080", "-10080"), "totalSamplesCount is -10080"},
		"no container":                  {change("containerName: app", "containerName: \"\""), "it lacks its namespace, vpaObjectName or containerName"},
		"a name that is none":           {change("containerName: app", "containerName: \"a\\u001b[31m\""), "has a character that no name has"},
		"no status":                     {change("status:", "state:"), "it has no status"},
		"other objects alone":           {"kind: Pod\n", "no VerticalPodAutoscalerCheckpoint in it; write it with kubectl get"},
		"YAML that is none":             {"kind: [\n", "stdin:1: neither YAML nor JSON"},
		"JSON cut off":                  {`{"kind":"List","items":[{"kind":`, "it was cut off, copy it again"},
		"JSON of something else":        {`{"kind":"List","items":3}`, `"items" is no list`},
		"an object that is too large":   {"kind: Pod\nx: |\n" + strings.Repeat("  "+strings.Repeat("x", 1000)+"\n", 9000), "stdin:1: the object that begins here has more than 8388608 bytes (Options.DocumentBytes)"},
		"JSON that is too large":        {`{"items":["` + strings.Repeat("x", 2<<20) + `"]}`, "an object of more than 1048576 bytes (Options.DocumentBytes)"},
		"a line that is too long":       {"kind: " + strings.Repeat("x", 70_000), "stdin:1: the line has more than 65536 bytes (Options.LineBytes)"},
		"JSON nested without an end":    {strings.Repeat("[", 100_000), "stdin: "},
		"YAML aliases without an end":   {"kind: List\na: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f]\n", "stdin:1: neither YAML nor JSON"},
		"a page of HTML with a preface": {"\n  <html>", "this is HTML or XML"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := readText(t, tc.text, Options{})
			if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}
