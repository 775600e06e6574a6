package arch

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var rules = map[string]func(*Tree) []Finding{
	"imports point inward":                             Imports,
	"the inner rings are pure":                         Purity,
	"files, functions and parameter lists can be read": Sizes,
	"packages are named by what they know":             Names,
	"packages say what they are":                       Docs,
	"the root holds the folders of the design":         Folders,
}

func TestRepository(t *testing.T) {
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Files) < 10 {
		t.Fatalf("only %d Go files: the rules look at the wrong folder", len(tree.Files))
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, finding := range rule(tree) {
				t.Error(finding)
			}
		})
	}
}

// TestRules runs each rule on trees of one file and compares what it finds, the place and the text
// up to the first colon of it.
func TestRules(t *testing.T) {
	file := func(pkg, body string) string { return "// Package x is here for a test.\npackage " + pkg + "\n" + body }
	long := strings.Repeat("\t_ = 0\n", FunctionLinesMax-2)
	tests := map[string]struct {
		path, source string
		want         []string
	}{
		"the inner ring may import the standard library, gonum and itself": {
			"binpack/lp/a.go", file("lp", `import ("slices"; "gonum.org/v1/gonum/mat"; "github.com/tenon-sh/tenon/pricing")`), nil},
		"the inner ring may not import anything else": {
			"planner/lower/a.go", file("lower", `import "k8s.io/api/core/v1"`), []string{"planner/lower/a.go:3: the inner ring imports k8s.io/api/core/v1"}},
		"the inner ring may not import the middle one": {
			"planner/a.go", file("planner", `import "github.com/tenon-sh/tenon/controllers/kube"`), []string{"planner/a.go:3: imports controllers/kube from a ring further out"}},
		"the middle ring may import Kubernetes' types and the inner ring": {
			"controllers/kube/a.go", file("kube", `import ("k8s.io/api/core/v1"; "github.com/tenon-sh/tenon/planner")`), nil},
		"the middle ring may not have a client": {
			"controllers/kube/a.go", file("kube", `import "k8s.io/client-go/rest"`), []string{"controllers/kube/a.go:3: the middle ring imports k8s.io/client-go/rest"}},
		"the middle ring may not open files": {
			"controllers/api/v1alpha1/a.go", file("v1alpha1", `import "os"`), []string{"controllers/api/v1alpha1/a.go:3: a pure package imports os"}},
		"a generator is a command and may open files": {
			"pricing/gen/a.go", file("main", `import ("os"; "time"; "math/rand"); func f() { go f(); time.Now() }`), nil},
		"a suite that tests call may import testing": {
			"binpack/conformance/a.go", file("conformance", `import "testing"`), nil},
		"and the inner ring may not import it": {
			"binpack/a.go", file("binpack", `import "github.com/tenon-sh/tenon/binpack/conformance"`), []string{"binpack/a.go:3: imports binpack/conformance from a ring further out"}},
		"pricing/aws is outside": {
			"pricing/aws/a.go", file("aws", `import "github.com/aws/aws-sdk-go-v2/aws"`), nil},
		"pricing may not import pricing/aws": {
			"pricing/a.go", file("pricing", `import "github.com/tenon-sh/tenon/pricing/aws"`), []string{"pricing/a.go:3: imports pricing/aws from a ring further out"}},
		"the checker shares only the nouns with the solver": {
			"binpack/check/a.go", file("check", `import ("math/big"; "github.com/tenon-sh/tenon/binpack/model"; "github.com/tenon-sh/tenon/binpack/cards")`),
			[]string{"binpack/check/a.go:3: the checker imports github.com/tenon-sh/tenon/binpack/cards"}},
		"the checker does without gonum": {
			"binpack/check/a.go", file("check", `import "gonum.org/v1/gonum/mat"`), []string{"binpack/check/a.go:3: the checker imports gonum.org/v1/gonum/mat"}},
		"one package may import Karpenter": {
			"controllers/karpenter/a.go", file("karpenter", `import "sigs.k8s.io/karpenter/pkg/apis/v1"`), nil},
		"and no other": {
			"cmd/tenon/a.go", file("main", `import "sigs.k8s.io/karpenter/pkg/apis/v1"`), []string{"cmd/tenon/a.go:3: imports sigs.k8s.io/karpenter/pkg/apis/v1"}},
		"controllers do not import simulations": {
			"controllers/actuate/a.go", file("actuate", `import "github.com/tenon-sh/tenon/simulations/openb"`), []string{"controllers/actuate/a.go:3: imports simulations"}},
		"commands may import simulations, and nobody imports commands": {
			"cmd/tenon/a.go", file("main", `import ("github.com/tenon-sh/tenon/simulations/openb"; "github.com/tenon-sh/tenon/cmd/other")`), []string{"cmd/tenon/a.go:3: imports a command"}},
		"test files may import what they need": {
			"planner/a_test.go", file("planner", `import ("os"; "time"); func f() { time.Now() }`), nil},
		"a clock in the inner ring": {
			"planner/a.go", file("planner", "import clock \"time\"\nvar t = clock.Now()\nvar d clock.Duration"), []string{"planner/a.go:4: time.Now in a pure package"}},
		"a goroutine in the inner ring": {
			"binpack/a.go", file("binpack", "func f() {\n\tgo f()\n}"), []string{"binpack/a.go:4: a goroutine in a pure package"}},
		"the global dice in the inner ring; seeded ones are fine": {
			"binpack/a.go", file("binpack", "import \"math/rand/v2\"\nvar a = rand.New(rand.NewPCG(1, 2))\nvar b = rand.IntN(3)"), []string{"binpack/a.go:5: rand.IntN rolls the global dice"}},
		"the old dice are seeded by nobody knows whom": {
			"binpack/a.go", file("binpack", `import "math/rand"`), []string{"binpack/a.go:3: a pure package imports math/rand"}},
		"a function of 70 lines is fine, its comment does not count": {
			"cmd/tenon/a.go", file("main", "// f is long.\nfunc f() {\n"+long+"}"), nil},
		"a function of 71 lines is not": {
			"cmd/tenon/a.go", file("main", "func f() {\n\t_ = 0\n"+long+"}"), []string{"cmd/tenon/a.go:3: f has 71 lines, more than 70"}},
		"a long test is fine": {
			"cmd/tenon/a_test.go", file("main", "func f(a, b, c, d, e, g int) {\n\t_ = 0\n"+long+"}"), nil},
		"six parameters": {
			"cmd/tenon/a.go", file("main", "func f(a, b, c int, d, e, g string) {}"), []string{"cmd/tenon/a.go:3: f takes 6 parameters, more than 5"}},
		"a file of 501 lines of code, among comments and blank lines": {
			"cmd/tenon/a.go", file("main", strings.Repeat("// no code\n\nvar _ = 0\n", FileLinesMax)), []string{"cmd/tenon/a.go: 501 lines of code, more than 500"}},
		"a file of 500 lines of code": {
			"cmd/tenon/a.go", file("main", strings.Repeat("// no code\n\nvar _ = 0\n", FileLinesMax-1)), nil},
		"a generated file may be as long as it likes": {
			"cmd/tenon/a.go", "// Code generated by x; DO NOT EDIT.\n\n" + file("main", strings.Repeat("var _ = 0\n", FileLinesMax)), nil},
		"an attic": {
			"planner/utils/a.go", file("utils", ""), []string{`planner/utils: a package named "utils"`}},
		"a name with an underscore": {
			"planner/gpu_mig/a.go", file("gpumig", ""), []string{`planner/gpu_mig: a package named "gpu_mig"`}},
		"a command may have a hyphen": {
			"cmd/tenon-controller/a.go", file("main", ""), nil},
		"a package without a comment": {
			"planner/a.go", "package planner\n", []string{"planner: no package comment"}},
		"a new folder at the root": {
			"internal/a.go", file("internal", ""), []string{"internal/: a new folder at the root"}},
		"a Go file at the root": {
			"a.go", file("tenon", ""), []string{"a.go: a Go file at the root"}},
		"testdata and hidden folders do not count": {
			".cache/x/a.go", "this does not even parse", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tree, err := Load(fstest.MapFS{tc.path: {Data: []byte(tc.source)}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, rule := range rules {
				for _, f := range rule(tree) {
					if f.Fix == "" {
						t.Errorf("%s says nothing of what to do", f)
					}
					got = append(got, strings.TrimSuffix(f.String(), ": "+f.Fix))
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
