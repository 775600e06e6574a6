package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteFileLeavesTheWholeOrTheOld(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := map[string]struct {
		ctx       context.Context
		old       string // "": there is none
		wantText  string
		wantError error
	}{
		"a new file":                        {t.Context(), "", "new", nil},
		"a file that is replaced":           {t.Context(), "old", "new", nil},
		"after Ctrl-C the old one stays":    {canceled, "old", "old", context.Canceled},
		"after Ctrl-C no new one is begun":  {canceled, "", "", context.Canceled},
		"Ctrl-C while writing: the old one": {&canceledLater{Context: t.Context(), after: 1}, "old", "old", context.Canceled},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "plan.json")
			if tc.old != "" {
				if err := os.WriteFile(file, []byte(tc.old), 0o640); err != nil {
					t.Fatal(err)
				}
			}
			if err := writeFile(tc.ctx, file, []byte("new")); !errors.Is(err, tc.wantError) {
				t.Errorf("got error %v, want %v", err, tc.wantError)
			}
			got, err := os.ReadFile(file)
			if string(got) != tc.wantText || (err != nil) != (tc.wantText == "") {
				t.Errorf("file holds %q (%v), want %q", got, err, tc.wantText)
			}
			if info, err := os.Stat(file); err == nil && tc.old != "" && info.Mode().Perm() != 0o640 {
				t.Errorf("mode %v, want that of the old file", info.Mode())
			}
			all, err := os.ReadDir(filepath.Dir(file))
			if err != nil || len(all) > 1 {
				t.Errorf("folder holds %v (%v), want at most the file", all, err)
			}
		})
	}
}

// canceledLater is a context that ends when it has been asked a number of times.
type canceledLater struct {
	context.Context
	after int
}

func (c *canceledLater) Err() error {
	if c.after--; c.after < 0 {
		return context.Canceled
	}
	return nil
}

func TestWriteFileSaysWhatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "missing", "plan.json")
	err := writeFile(t.Context(), file, []byte("x"))
	if err == nil || !strings.HasPrefix(err.Error(), "write "+file+": ") || exitCode(err) != exitInternal {
		t.Errorf("got %v with exit code %d, want one that names the file, and %d", err, exitCode(err), exitInternal)
	}
}

func TestReadFileUnpacks(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		stdin     string
		want      string
		wantError string
	}{
		"plain":                         {"text", "text", ""},
		"gzip":                          {packed.String(), "text", ""},
		"nothing":                       {"", "", ""},
		"gzip that ends early":          {packed.String()[:15], "", "read -: "},
		"what only begins like gzip":    {"\x1f\x8b and then", "", "read -: gzip: invalid header"},
		"one byte, the first of gzip's": {"\x1f", "\x1f", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readFile("-", strings.NewReader(tc.stdin))
			if string(got) != tc.want || (err == nil) != (tc.wantError == "") {
				t.Fatalf("got %q, %v; want %q, %q", got, err, tc.want, tc.wantError)
			}
			if err != nil && (!strings.HasPrefix(err.Error(), tc.wantError) || exitCode(err) != exitInput) {
				t.Errorf("got error %q with exit code %d, want %q and %d", err, exitCode(err), tc.wantError, exitInput)
			}
		})
	}
}
