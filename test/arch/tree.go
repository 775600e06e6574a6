package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Module is the path that the module's own imports begin with.
const Module = "github.com/tenon-sh/tenon"

// Tree is the source text of a module.
type Tree struct {
	Files []File   // sorted by path
	Tops  []string // the names at the root, sorted; folders end in "/"
	fset  *token.FileSet
}

// File is one Go file.
type File struct {
	Path      string // relative to the root, with slashes
	Dir       string
	Test      bool
	Generated bool
	Source    []byte
	Syntax    *ast.File
}

// Finding is one breach of a rule.
type Finding struct {
	Path string
	Line int // 0: the whole file or folder
	What string
	Fix  string
}

// String prints "path:line: what: fix".
func (f Finding) String() string {
	where := f.Path
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", f.Path, f.Line)
	}
	return where + ": " + f.What + ": " + f.Fix
}

// Load parses every Go file of a tree. Hidden folders, testdata, and what builds leave behind do not count.
func Load(root fs.FS) (*Tree, error) {
	t := &Tree{fset: token.NewFileSet()}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if entry.IsDir() && ignored(name) {
			return fs.SkipDir
		}
		if !strings.Contains(name, "/") {
			t.Tops = append(t.Tops, top(entry))
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		return t.add(root, name)
	})
	return t, err
}

func top(entry fs.DirEntry) string {
	if entry.IsDir() {
		return entry.Name() + "/"
	}
	return entry.Name()
}

func ignored(dir string) bool {
	base := path.Base(dir)
	return strings.HasPrefix(base, ".") || base == "testdata" || dir == "bin" || dir == "out"
}

func (t *Tree) add(root fs.FS, name string) error {
	source, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	syntax, err := parser.ParseFile(t.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.Files = append(t.Files, File{
		Path: name, Dir: path.Dir(name), Source: source, Syntax: syntax,
		Test: strings.HasSuffix(name, "_test.go"), Generated: ast.IsGenerated(syntax),
	})
	return nil
}

// line is where a node begins.
func (t *Tree) line(n ast.Node) int { return t.fset.Position(n.Pos()).Line }

// under tells whether a folder or an import path is one of the given ones or lies in it.
func under(dir string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return dir == root || strings.HasPrefix(dir, root+"/")
	})
}

// own is the folder of a package of this module; false for any other import.
func own(importPath string) (string, bool) {
	return strings.CutPrefix(importPath, Module+"/")
}

// standard tells a package of the standard library: its first element has no dot.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}
