package collect

import (
	"bytes"
	"compress/gzip"
	"errors"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
)

// TestHostileMemory feeds the inputs that take the most memory for their size, at the default limits. Each is refused or
// read; the process must not grow beyond what is promised for the largest honest input.
func TestHostileMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const head = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
	for name, text := range map[string]func() string{
		"a YAML document of the shortest elements": func() string { return head + "spec: {containers: [" + strings.Repeat("{},", 5<<19) + "]}\n" },
		"a YAML item of the shortest elements": func() string {
			return "items:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec:\n    containers:\n" + strings.Repeat("    - {}\n", 1<<19-100)
		},
		"a JSON object of the shortest elements": func() string {
			return `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"},"spec":{"containers":[` + strings.Repeat("{},", 5<<20) + `{}]}}`
		},
		"a JSON object of nulls": func() string {
			return `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"},"spec":{"containers":[` + strings.Repeat("null,", 3<<20) + `null]}}`
		},
		"brackets without end":                        func() string { return strings.Repeat("[", 15<<20) },
		"braces in a YAML document without end":       func() string { return "kind: " + strings.Repeat("{a: ", 3<<20) },
		"a sequence of sequences in one line of YAML": func() string { return "items:\n" + strings.Repeat("- ", 4<<20) + "\n" },
		"an annotation of 10 MB": func() string {
			return "items:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    annotations:\n      a: '" + strings.Repeat("x", 10<<20) + "'\n    name: a\n"
		},
		"a zip of a gigabyte of spaces": func() string { return zippedSpaces(1 << 30) },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(text(), Options{})
			if err != nil && !errors.Is(err, ErrInput) {
				t.Fatal(err)
			}
			if err != nil {
				t.Logf("%.200s", err)
			}
			debug.FreeOSMemory()
			var usage syscall.Rusage
			_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
			t.Logf("peak resident memory so far %d MiB", usage.Maxrss>>10)
			if usage.Maxrss>>10 > 2048 {
				t.Errorf("peak resident memory %d MiB", usage.Maxrss>>10)
			}
		})
	}
}

// zippedSpaces is n spaces, compressed a thousandfold.
func zippedSpaces(n int) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	chunk := bytes.Repeat([]byte{' '}, 1<<20)
	for range n >> 20 {
		_, _ = w.Write(chunk)
	}
	_ = w.Close()
	return b.String()
}
