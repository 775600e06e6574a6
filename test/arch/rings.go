package arch

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Ring is how far inside a package lies.
type Ring int

// The rings. A package may import its own ring and those inside it.
const (
	Inner Ring = iota
	Middle
	Outer
)

// RingOf tells the ring of a folder.
func RingOf(dir string) Ring {
	switch {
	case path.Base(dir) == "gen" || path.Base(dir) == "conformance" || under(dir, "pricing/aws"):
		return Outer
	case under(dir, "planner", "pricing", "binpack"):
		return Inner
	case under(dir, "controllers/api", "controllers/kube"):
		return Middle
	}
	return Outer
}

// What rings within the outer one may not have from the standard library: a way to learn of the world.
var worldly = []string{
	"context", "crypto/rand", "database/sql", "log", "math/rand", "net", "os", "plugin", "runtime/pprof", "syscall", "testing", "unsafe",
}

// clients are what the middle ring may not have from Kubernetes.
var clients = []string{
	"k8s.io/client-go", "sigs.k8s.io/controller-runtime", "sigs.k8s.io/karpenter", "k8s.io/klog", "github.com/go-logr",
}

// Imports keeps imports pointing inward.
func Imports(t *Tree) []Finding {
	var found []Finding
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		for _, spec := range f.Syntax.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				panic("an import that parses has a quoted path: " + spec.Path.Value)
			}
			if what, fix := judgeImport(f.Dir, to); what != "" {
				found = append(found, Finding{f.Path, t.line(spec), what, fix})
			}
		}
	}
	return found
}

// judgeImport says what is wrong with an import; "" if nothing is.
func judgeImport(dir, to string) (what, fix string) {
	ring := RingOf(dir)
	target, ours := own(to)
	switch {
	case ours && RingOf(target) > ring:
		return fmt.Sprintf("imports %s from a ring further out", target), "take what it knows as an argument, or move the code that needs it outward"
	case ours && under(target, "cmd"):
		return "imports a command", "move what is shared out of cmd"
	case ours && under(target, "simulations") && !under(dir, "simulations", "cmd", "test"):
		return "imports simulations", "only commands, tests and other simulations may"
	case under(dir, "binpack/check", "binpack/exact") && !standard(to) && target != "binpack/model":
		return "the checker imports " + to, "it must share nothing with the solver: the standard library and binpack/model only"
	case ring == Inner && !ours && !standard(to) && !under(to, "gonum.org/v1/gonum"):
		return "the inner ring imports " + to, "the standard library and gonum only: translate at the edge"
	case ring != Outer && under(to, worldly...) && to != "math/rand/v2":
		return "a pure package imports " + to, "time, files, network, logs and dice are arguments there"
	case ring == Middle && under(to, clients...):
		return "the middle ring imports " + to, "types only: clients, loggers and schedulers live in controllers/collect and its neighbours"
	case under(to, "sigs.k8s.io/karpenter") && !under(dir, "controllers/karpenter"):
		return "imports " + to, "its internals promise nothing: only controllers/karpenter may, ask that"
	}
	return "", ""
}

// worldlyCalls are functions of otherwise harmless packages that look at the world.
var worldlyCalls = map[string][]string{
	"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
}

// seededDice are the functions of math/rand/v2 that do not roll the global dice.
var seededDice = []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "PCG", "ChaCha8", "Source", "Zipf"}

// Purity keeps clocks, goroutines and global dice out of the inner and middle rings.
func Purity(t *Tree) []Finding {
	var found []Finding
	for _, f := range t.Files {
		if f.Test || RingOf(f.Dir) == Outer {
			continue
		}
		names := importNames(f)
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			if what, fix := judgeNode(n, names); what != "" {
				found = append(found, Finding{f.Path, t.line(n), what, fix})
			}
			return true
		})
	}
	return found
}

func judgeNode(n ast.Node, names map[string]string) (what, fix string) {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a goroutine in a pure package", "return the work to be done, and let a shell start it"
	case *ast.SelectorExpr:
		pkg, ok := n.X.(*ast.Ident)
		if !ok {
			return "", ""
		}
		from := names[pkg.Name]
		switch {
		case slices.Contains(worldlyCalls[from], n.Sel.Name):
			return fmt.Sprintf("%s.%s in a pure package", from, n.Sel.Name), "take the instant as an argument"
		case from == "math/rand/v2" && !slices.Contains(seededDice, n.Sel.Name):
			return "rand." + n.Sel.Name + " rolls the global dice", "take a *rand.Rand that was seeded"
		}
	}
	return "", ""
}

// importNames maps the name that a file has for each import to its path.
func importNames(f File) map[string]string {
	names := map[string]string{}
	for _, spec := range f.Syntax.Imports {
		to := strings.Trim(spec.Path.Value, "\"`")
		name := strings.TrimSuffix(to, "/v2")
		name = name[strings.LastIndex(name, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = to
	}
	return names
}
