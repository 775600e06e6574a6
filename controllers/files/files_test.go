package files_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/controllers/files"
)

func TestExpand(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.csv", "a.CSV.gz", "sub/c.csv", "note.txt"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	csv := files.Options{Endings: []string{".csv", ".tsv"}, Most: 10}
	for name, tc := range map[string]struct {
		paths []string
		o     files.Options
		want  []string
		size  int64
		err   string
	}{
		"a folder's files of these endings, sorted": {[]string{dir}, csv, []string{"a.CSV.gz", "b.csv", "sub/c.csv"}, 22, ""},
		"a file by its last name, whatever it ends": {[]string{filepath.Join(dir, "note.txt")}, csv, []string{"note.txt"}, 8, ""},
		"standard input has no size":                {[]string{filepath.Join(dir, "b.csv"), files.Stdin}, csv, []string{"b.csv", "stdin"}, -1, ""},
		"nothing":                                   {nil, csv, nil, 0, "no file given"},
		"what is not there":                         {[]string{filepath.Join(dir, "x")}, csv, nil, 0, "no such file"},
		"too many in a folder":                      {[]string{dir}, files.Options{Endings: []string{".csv"}, Most: 2}, nil, 0, "more than 2 files"},
		"too many by name":                          {[]string{files.Stdin, files.Stdin}, files.Options{Endings: []string{".csv"}, Most: 1}, nil, 0, "more than 1 files"},
		"a folder without any":                      {[]string{dir}, files.Options{Endings: []string{".json", ".yaml"}, Most: 10}, nil, 0, "no .json or .yaml file in this folder (also .gz)"},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := files.Expand(tc.paths, tc.o)
			if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Fatalf("error %v, want %q", err, tc.err)
			}
			var names []string
			for _, f := range all {
				names = append(names, f.Name)
			}
			if diff := cmp.Diff(tc.want, names); diff != "" || files.Size(all) != tc.size {
				t.Errorf("size %d, names (-want +got):\n%s", files.Size(all), diff)
			}
		})
	}
}

func TestOneNamedFileHasItsOwnDigest(t *testing.T) {
	one := files.File{Name: "a", Sum: sha256.New()}
	_, _ = one.Sum.Write([]byte("text"))
	own := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte("text")))
	if got := files.Digest([]files.File{one}); got != own {
		t.Errorf("got %s, want %s", got, own)
	}
	one.InFolder = true
	other := one
	other.Name = "b"
	if a, b := files.Digest([]files.File{one}), files.Digest([]files.File{other}); a == own || a == b {
		t.Errorf("in a folder the name counts: %s, %s", a, b)
	}
}
