// Command gen writes a workspace in which Karpenter's scheduler takes nothing by chance: a copy of the module of go.mod,
// in which what ranges over a Go map and decides by it goes in the order of the keys, and a go.work that puts the copy in
// its place. `make` writes it to .cache/order and sets GOWORK; without it everything builds and works as well, but two
// runs may differ where zones are equally good (karpenter.Ordered says which it is).
//
// A copy of the whole module, and not `go build -overlay`: the go command refuses an overlay beneath the module cache.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const module = "sigs.k8s.io/karpenter"

// change is one expression to wrap: every one in a function that reads `from`.
type change struct{ file, function, from, to string }

// The changes. A line of Karpenter that none of them finds any more is an error: somebody has to look.
var changes = []change{
	// Which of equally good domains is the first: spread, and the first pod of an affinity.
	{"pkg/controllers/provisioning/scheduling/topologygroup.go", "nextDomainTopologySpread", "t.domains", "inOrder(t.domains)"},
	{"pkg/controllers/provisioning/scheduling/topologygroup.go", "nextDomainAffinity", "t.domains", "inOrder(t.domains)"},
	// The values of a requirement, such as the zones that a node may still be in.
	{"pkg/scheduling/requirement.go", "Values", "r.values.UnsortedList()", "sets.List(r.values)"},
	// Which rule is named as the reason why a pod does not fit.
	{"pkg/controllers/provisioning/scheduling/topology.go", "getMatchingTopologies", "matchingTopologies", "rulesInOrder(matchingTopologies)"},
}

// support is what the changes call.
const support = `// Written by tenon's controllers/karpenter/gen.
package scheduling

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
)

func inOrder[M ~map[K]V, K cmp.Ordered, V any](m M) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

func rulesInOrder(groups []*TopologyGroup) []*TopologyGroup {
	slices.SortFunc(groups, func(a, b *TopologyGroup) int {
		if order := cmp.Or(cmp.Compare(a.Type, b.Type), strings.Compare(a.Key, b.Key), cmp.Compare(a.maxSkew, b.maxSkew)); order != 0 {
			return order
		}
		return strings.Compare(a.rawSelector.String(), b.rawSelector.String())
	})
	return groups
}
`

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen DIR (relative to the module's root)")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// write makes DIR/karpenter and DIR/go.work, the latter last, so that a run that was cut off leaves none.
func write(dir string) error {
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	if err != nil {
		return fmt.Errorf("download %s: %w", module, err)
	}
	source, version, goVersion := field(out, `"Dir"`), field(out, `"Version"`), ""
	if out, err = exec.Command("go", "env", "GOVERSION").Output(); err != nil {
		return err
	}
	goVersion = strings.TrimPrefix(strings.Fields(string(out))[0], "go")
	root, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	work := filepath.Join(dir, "go.work")
	if err := errors.Join(os.RemoveAll(filepath.Join(dir, "karpenter")), os.RemoveAll(work)); err != nil {
		return err
	}
	if err := copyModule(source, filepath.Join(dir, "karpenter")); err != nil {
		return err
	}
	return os.WriteFile(work, fmt.Appendf(nil, "go %s\n\nuse %q\n\nreplace %s %s => ./karpenter\n", goVersion, root, module, version), 0o600)
}

// field reads a string of the go command's JSON, one field a line.
func field(text []byte, name string) string {
	for line := range strings.SplitSeq(string(text), "\n") {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && key == name {
			return strings.Trim(value, `",`)
		}
	}
	return ""
}

// copyModule copies what a build reads: packages without tests, and the files that they embed.
func copyModule(from, to string) error {
	found := make([]int, len(changes))
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if name != "." && name != "pkg" && !strings.HasPrefix(name, "pkg/") {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		if strings.HasSuffix(name, "_test.go") || !strings.Contains(name, "/") && name != "go.mod" && name != "LICENSE" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if text, err = rewrite(name, text, found); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o600)
	})
	if err != nil {
		return err
	}
	for i, c := range changes {
		if found[i] == 0 {
			return fmt.Errorf("%s: no %s in %s any more: see changes", c.file, c.from, c.function)
		}
	}
	return os.WriteFile(filepath.Join(to, "pkg/controllers/provisioning/scheduling/tenon_order.go"), []byte(support), 0o600)
}

// rewrite applies the changes of a file, and counts them.
func rewrite(name string, text []byte, found []int) ([]byte, error) {
	if !slices.ContainsFunc(changes, func(c change) bool { return c.file == name }) {
		return text, nil
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	type edit struct {
		from, to int
		text     string
	}
	var edits []edit
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			for _, e := range decisive(n) {
				from, to := set.Position(e.Pos()).Offset, set.Position(e.End()).Offset
				at := slices.IndexFunc(changes, func(c change) bool {
					return c.file == name && c.function == f.Name.Name && c.from == string(text[from:to])
				})
				if at >= 0 {
					found[at]++
					edits = append(edits, edit{from, to, changes[at].to})
				}
			}
			return true
		})
	}
	var out bytes.Buffer
	last := 0
	for _, e := range edits {
		out.Write(text[last:e.from])
		out.WriteString(e.text)
		last = e.to
	}
	out.Write(text[last:])
	return format.Source(out.Bytes())
}

// decisive are the expressions of a statement whose order may decide: what is ranged over, and what is returned.
func decisive(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.RangeStmt:
		return []ast.Expr{n.X}
	case *ast.ReturnStmt:
		return n.Results
	}
	return nil
}
