package collect

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// sameAsParser fails where blockJSON reads a text and the parser reads it otherwise.
func sameAsParser(t *testing.T, text []byte) (taken bool) {
	t.Helper()
	got, ok := blockJSON(text)
	if !ok {
		return false
	}
	want, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatalf("the parser refuses what we read as %s: %v\n%s", got, err, text)
	}
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, got)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Fatalf("got  %s\nwant %s\nof\n%s", got, want, text)
	}
	return true
}

// TestBlockReadsWhatKubectlPrints checks that the fast way is taken for a dump: else it would be of no use.
func TestBlockReadsWhatKubectlPrints(t *testing.T) {
	for _, text := range []string{podA, nodeN, " " + strings.NewReplacer("{APP}", "1", "{N}", "2", "{NODE}", "3", "{CPU}", "4").Replace(podText)[1:]} {
		if !sameAsParser(t, prune([]byte(text))) {
			t.Errorf("not taken:\n%s", prune([]byte(text)))
		}
	}
}

func TestBlock(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want string // "" where the parser has to decide
	}{
		"a sequence in the column of its key":     {"a:\n- 1\n- b: 2\n  c: 3\nd: x\n", `{"a":[1,{"b":2,"c":3}],"d":"x"}`},
		"an indented sequence":                    {"a:\n  - 1\n  -\n    x: z\n", `{"a":[1,{"x":"z"}]}`},
		"a sequence of sequences":                 {"a:\n- - 1\n  - 2\n- - 3\n", `{"a":[[1,2],[3]]}`},
		"nothing is null":                         {"a:\nb: null\nc:\n-\n- x\n", `{"a":null,"b":null,"c":[null,"x"]}`},
		"quotes make text":                        {"a: \"1\"\nb: 'true'\nc: ''\nd: 'say \"x\\y\"'\n", `{"a":"1","b":"true","c":"","d":"say \"x\\y\""}`},
		"numbers with units and hashes are text":  {"a: 512Mi\nb: 5d4f8c7b9\nc: 100m\n", `{"a":"512Mi","b":"5d4f8c7b9","c":"100m"}`},
		"a unit of YAML's own is the parser's":    {"a: 5t\n", ""},
		"a time is the parser's":                  {"a: 2026-11-24T08:14:13Z\n", ""},
		"a version and a uid are text":            {"a: 1.33.0-eks\nb: 5c1dbb2e-7c0c\n", `{"a":"1.33.0-eks","b":"5c1dbb2e-7c0c"}`},
		"a key longer than the parser takes":      {strings.Repeat("k", 2000) + ": x\n", ""},
		"empty collections":                       {"a: {}\nb: []\n", `{"a":{},"b":[]}`},
		"a colon inside a word":                   {"a: docker.io/x:v1\n", `{"a":"docker.io/x:v1"}`},
		"a date is the parser's":                  {"a: 2026-11-24\n", ""},
		"an exponent is the parser's":             {"a: 5e4\n", ""},
		"hexadecimal is the parser's":             {"a: 0x1f\n", ""},
		"octal is the parser's":                   {"a: 017\n", ""},
		"a long number is the parser's":           {"a: 12345678901234567890\n", ""},
		"yes and no are the parser's":             {"a: yes\n", ""},
		"a key that is a word of YAML":            {"on: x\n", ""},
		"a key that is a number":                  {"1: x\n", ""},
		"a merge key":                             {"<<: x\n", ""},
		"flow style":                              {"a: {b: c}\n", ""},
		"an anchor":                               {"a: &x b\n", ""},
		"an alias":                                {"a: *x\n", ""},
		"a tag":                                   {"a: !!str 5\n", ""},
		"a block scalar":                          {"a: |\n  x\n", ""},
		"a comment behind a value":                {"a: b # c\n", ""},
		"a comment":                               {"# c\na: b\n", ""},
		"a scalar over two lines":                 {"a: b\n  c\n", ""},
		"a scalar over two lines in a sequence":   {"a:\n- b\n  c\n", ""},
		"a quoted scalar over two lines":          {"a: 'b\n  c'\n", ""},
		"a doubled quote":                         {"a: 'it''s'\n", ""},
		"an escape":                               {`a: "\n"`, ""},
		"two quoted strings":                      {`a: "x" "y"`, ""},
		"a key in a value":                        {"a: b: c\n", ""},
		"a key at the end of a value":             {"a: b:\n", ""},
		"a key that occurs twice":                 {"a: 1\na: 2\n", ""},
		"text that is not ASCII":                  {"a: ä\n", ""},
		"a tab":                                   {"a:\tb\n", ""},
		"a NUL byte":                              {"a: b\x00\n", ""},
		"a second key that is indented otherwise": {"a: b\n c: d\n", ""},
		"a key to the left of the first":          {"  a: b\nc: d\n", ""},
		"a scalar alone":                          {"x\n", ""},
		"two documents":                           {"a: b\n---\nc: d\n", ""},
		"nothing at all":                          {"\n", ""},
		"blocks deeper than the limit":            {deepBlocks(100), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := blockJSON([]byte(tc.text))
			if ok != (tc.want != "") || (ok && string(got) != tc.want) {
				t.Errorf("got %s, %v, want %s", got, ok, tc.want)
			}
			sameAsParser(t, []byte(tc.text))
		})
	}
}

func deepBlocks(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// FuzzBlock compares the fast way with the parser on whatever text the fuzzer finds.
func FuzzBlock(f *testing.F) {
	f.Add([]byte(podText))
	f.Add([]byte(list(0, podA, nodeN)))
	f.Add([]byte("a:\n- 1\n- b: 2\n  c: 3\nd: x\n"))
	f.Add([]byte("a: 512Mi\nb: 'x'\nc: \"y\"\nd: -5\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(text, []byte("---")) {
			t.Skip() // documents are taken apart before
		}
		sameAsParser(t, text)
	})
}
