package arch

import (
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"path"
	"slices"
	"strings"
)

// The sizes beyond which readers have been seen to give up.
const (
	FileLinesMax     = 500 // of code: blank lines and comments do not count
	FunctionLinesMax = 70
	ParametersMax    = 5
)

// Sizes bounds files, functions and parameter lists. Generated files are nobody's reading; in tests
// only the files are bounded, since a table may be as long as its claims.
func Sizes(t *Tree) []Finding {
	var found []Finding
	for _, f := range t.Files {
		if f.Generated {
			continue
		}
		if lines := codeLines(f.Source); lines > FileLinesMax {
			found = append(found, Finding{f.Path, 0, fmt.Sprintf("%d lines of code, more than %d", lines, FileLinesMax), "split it by what its parts are about"})
		}
		if f.Test {
			continue
		}
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				found = append(found, t.sizeOf(f, fn)...)
			}
		}
	}
	return found
}

func (t *Tree) sizeOf(f File, fn *ast.FuncDecl) []Finding {
	var found []Finding
	lines := t.fset.Position(fn.End()).Line - t.line(fn) + 1
	if fn.Doc != nil {
		lines = t.fset.Position(fn.End()).Line - t.fset.Position(fn.Name.Pos()).Line + 1
	}
	if lines > FunctionLinesMax {
		found = append(found, Finding{f.Path, t.line(fn.Name), fmt.Sprintf("%s has %d lines, more than %d", fn.Name.Name, lines, FunctionLinesMax), "name its steps and call them"})
	}
	if n := fn.Type.Params.NumFields(); n > ParametersMax {
		found = append(found, Finding{f.Path, t.line(fn.Name), fmt.Sprintf("%s takes %d parameters, more than %d", fn.Name.Name, n, ParametersMax), "take one struct whose fields say what they are"})
	}
	return found
}

// codeLines counts the lines that hold at least one token.
func codeLines(source []byte) int {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if tok == token.SEMICOLON && text == "\n" {
			continue
		}
		first := file.Line(pos)
		for i := range strings.Count(text, "\n") + 1 {
			lines[first+i] = true
		}
	}
}

// attics are names that say nothing of what is inside.
var attics = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base", "lib"}

// Names keeps attics out, and names that stumble.
func Names(t *Tree) []Finding {
	var found []Finding
	for _, dir := range t.dirs() {
		name := path.Base(dir)
		switch {
		case slices.Contains(attics, name):
			found = append(found, Finding{dir, 0, fmt.Sprintf("a package named %q", name), "name it by what it knows"})
		case strings.ToLower(name) != name || (strings.ContainsAny(name, "_-") && !under(dir, "cmd")):
			found = append(found, Finding{dir, 0, fmt.Sprintf("a package named %q", name), "use one short word in lower case"})
		}
	}
	return found
}

// Docs asks every package to say what it is.
func Docs(t *Tree) []Finding {
	documented, source := map[string]bool{}, map[string]bool{}
	for _, f := range t.Files {
		source[f.Dir] = source[f.Dir] || !f.Test
		documented[f.Dir] = documented[f.Dir] || (!f.Test && f.Syntax.Doc != nil)
	}
	var found []Finding
	for _, dir := range t.dirs() {
		if source[dir] && !documented[dir] {
			found = append(found, Finding{dir, 0, "no package comment", "begin one file with what the package computes, and what it refuses to do"})
		}
	}
	return found
}

// folders are the ones that the root may have; a new one begins as a design document.
var folders = []string{"binpack/", "charts/", "cmd/", "controllers/", "docs/", "planner/", "pricing/", "simulations/", "test/"}

// Folders keeps the root to the folders of the design, and free of Go files.
func Folders(t *Tree) []Finding {
	var found []Finding
	for _, name := range t.Tops {
		switch {
		case strings.HasSuffix(name, "/") && !slices.Contains(folders, name):
			found = append(found, Finding{name, 0, "a new folder at the root", "put it below one of " + strings.Join(folders, " ")})
		case strings.HasSuffix(name, ".go"):
			found = append(found, Finding{name, 0, "a Go file at the root", "give it a package"})
		}
	}
	return found
}

// dirs lists the folders with Go files, sorted.
func (t *Tree) dirs() []string {
	var dirs []string
	for _, f := range t.Files {
		if !slices.Contains(dirs, f.Dir) {
			dirs = append(dirs, f.Dir)
		}
	}
	slices.Sort(dirs)
	return dirs
}
