package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCopy: what is compiled in is the source of the module that go.mod names, with the listed patches and no others.
func TestCopy(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	have, err := filepath.Glob("../scheduling/zz_generated.*.go")
	if err != nil {
		t.Fatal(err)
	}
	// Beside them lies Karpenter's NOTICE.
	if len(have) != len(want)-1 {
		t.Errorf("%d files, want %d: go generate ./controllers/karpenter", len(have), len(want)-1)
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join("../scheduling", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(text), string(got)); diff != "" {
			t.Errorf("%s: go generate ./controllers/karpenter (-want +got):\n%s", name, diff)
		}
	}
}
