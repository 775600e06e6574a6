// Package files turns what a command line names into files to read: files, folders, standard input. Readers of clusters
// (controllers/collect) and of usage (controllers/usage) share it, so that both name, order, bound and digest their input
// alike. It looks whether files exist, and opens none: what they hold is the readers' matter.
package files

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// File is one file to read.
type File struct {
	Path     string
	Name     string // how messages and the digest call it: relative to the folder that was given
	Size     int64  // -1: nobody knows
	InFolder bool   // it was found in a folder, and not named
	Sum      hash.Hash
}

// Options say which files are meant.
type Options struct {
	Endings []string // of files in folders, in lower case; each also with .gz behind it
	Most    int      // how many files there may be
}

// Expand turns arguments into files: those of a folder sorted by their path. Links to files are followed, as a
// ConfigMap's mount has them. Errors name the argument and the fix.
func Expand(paths []string, o Options) ([]File, error) {
	if len(paths) == 0 {
		return nil, errors.New("no file given; name a file, a folder or - for standard input")
	}
	var all []File
	for _, path := range paths {
		if path == Stdin {
			all = append(all, File{Path: path, Name: "stdin", Size: -1, Sum: sha256.New()})
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			all = append(all, File{Path: path, Name: filepath.Base(path), Size: info.Size(), Sum: sha256.New()})
			continue
		}
		inside, err := folder(path, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, inside...)
	}
	if len(all) > o.Most {
		return nil, fmt.Errorf("more than %d files (Options.Files); read fewer at once", o.Most)
	}
	return all, nil
}

func folder(root string, o Options) ([]File, error) {
	var all []File
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.ToLower(entry.Name()), ".gz")
		if entry.IsDir() || !slices.Contains(o.Endings, filepath.Ext(name)) {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		all = append(all, File{Path: path, Name: filepath.ToSlash(rel), Size: info.Size(), InFolder: true, Sum: sha256.New()})
		if len(all) > o.Most {
			return fmt.Errorf("more than %d files (Options.Files); read fewer at once", o.Most)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if last := len(o.Endings) - 1; len(all) == 0 {
		return nil, fmt.Errorf("no %s or %s file in this folder (also .gz)", strings.Join(o.Endings[:last], ", "), o.Endings[last])
	}
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Digest names an input whose files were read through their Sums: of one file the hash of its bytes, so that sha256sum prints
// the same; of several the hash of their names and hashes, which does not change when the folder moves.
func Digest(all []File) string {
	if len(all) == 1 && !all[0].InFolder {
		return "sha256:" + hex.EncodeToString(all[0].Sum.Sum(nil))
	}
	sum := sha256.New()
	for _, f := range all {
		fmt.Fprintf(sum, "%s\x00%x\n", f.Name, f.Sum.Sum(nil))
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// Size adds up the sizes; -1 where nobody knows.
func Size(all []File) int64 {
	var total int64
	for _, f := range all {
		if f.Size < 0 {
			return -1
		}
		total += f.Size
	}
	return total
}
