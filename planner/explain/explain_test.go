package explain_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the files in testdata instead of comparing with them")

// golden compares what render gives, twice, with a file that people read in review.
func golden(t *testing.T, name string, render func() string) {
	t.Helper()
	goldenFile(t, name+".golden", render)
}

func goldenFile(t *testing.T, file string, render func() string) {
	t.Helper()
	got := render()
	if again := render(); again != got {
		t.Fatalf("two renderings of the same plan differ (-first +second):\n%s", cmp.Diff(got, again))
	}
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("no golden file; run go test ./planner/explain -update and read it: %v", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s changed (-want +got):\n%s", path, diff)
	}
}
