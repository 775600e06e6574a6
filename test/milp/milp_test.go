package milp

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// tools returns those that are installed, and skips where none is.
func tools(t *testing.T) []Tool {
	t.Helper()
	var found []Tool
	for _, tool := range Tools() {
		if _, err := tool.Path(); err != nil {
			t.Logf("left out: %v", err)
			continue
		}
		found = append(found, tool)
	}
	if len(found) == 0 {
		t.Skip("neither cbc (coinor-cbc) nor glpsol (glpk-utils) is installed: nothing to compare with")
	}
	return found
}

// two has bins of 10 for 7 and of 4 for 3, and four items of 3: best in one bin of 10 and one of 4, for 10.
func two() *model.Problem {
	return &model.Problem{
		Dims: 1, Classes: 1, Domains: 1,
		Items: []model.Item{{Size: []int64{3}, Count: 4, Classes: []int{0}}},
		Bins:  []model.Bin{{Cap: []int64{10}, Price: 7, Card: -1}, {Cap: []int64{4}, Price: 3, Card: -1}},
	}
}

func TestProgramIsWritten(t *testing.T) {
	p := &Program{Columns: []Column{{Cost: 3}, {Cost: 2, Most: 7}}, Whole: true, Rows: []Row{
		{Terms: []Term{{0, 2}, {1, 1}}, RHS: 5},
		{Terms: []Term{{0, 1}, {1, -4}}, AtMost: true, RHS: 1},
		{RHS: 1}, // nothing can meet it
	}}
	var b strings.Builder
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "Minimize\n cost:\n + 3 C0\n + 2 C1\nSubject To\n R0:\n +2 C0\n +1 C1\n >= 5\n R1:\n +1 C0\n -4 C1\n <= 1\n R2:\n 0 C0\n >= 1\n" +
		"Bounds\n C1 <= 7\nGenerals\n C0\n C1\nEnd\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestToolsAnswer(t *testing.T) {
	whole := Program{Columns: []Column{{Cost: 3}, {Cost: 2, Most: 7}}, Whole: true, Rows: []Row{{Terms: []Term{{0, 2}, {1, 2}}, RHS: 5}}}
	parts := whole
	parts.Whole = false
	none := whole
	none.Rows = []Row{{Terms: []Term{{1, 1}}, RHS: 8}}
	empty := whole
	empty.Rows = []Row{{RHS: 1}}
	for _, tool := range tools(t) {
		for name, tc := range map[string]struct {
			program Program
			status  Status
			value   float64
		}{
			"in whole numbers":        {whole, Optimal, 6},
			"in fractions":            {parts, Optimal, 5},
			"of what has no solution": {none, Infeasible, 0},
			"of a row without terms":  {empty, Infeasible, 0},
		} {
			got, err := Solve(t.Context(), tool, &tc.program, 5*time.Second)
			if err != nil || got.Status != tc.status || math.Abs(got.Value-tc.value) > 1e-6 {
				t.Errorf("%s, %s: got %q at %v, error %v, want %q at %v", tool, name, got.Status, got.Value, err, tc.status, tc.value)
			}
		}
	}
}

func TestAnswersAreRead(t *testing.T) {
	for text, want := range map[string]struct {
		read   func(string) (Status, float64, error)
		status Status
		value  float64
		err    bool
	}{
		"Optimal - objective value 9.00000000\n  0 C1 1 3\n":                                     {readCBC, Optimal, 9, false},
		"Stopped on time - objective value 12.50000000\n":                                        {readCBC, Feasible, 12.5, false},
		"Stopped on time (no integer solution - continuous used) - objective value 3.00000000\n": {readCBC, Nothing, 0, false},
		"Infeasible - objective value 99.00000000\n":                                             {readCBC, Infeasible, 0, false},
		"Integer infeasible - objective value 99.00000000\n":                                     {readCBC, Infeasible, 0, false},
		"Unbounded - objective value 1.0\n":                                                      {readCBC, Nothing, 0, true},
		"":                                                                                       {readCBC, Nothing, 0, true},
		"c Problem:    m\ns mip 2 2 o 9\ni 1 5\n":                                                {readGLPSol, Optimal, 9, false},
		"s bas 2 2 f f 9\n":                                                                      {readGLPSol, Optimal, 9, false},
		"s mip 2 2 f 10\n":                                                                       {readGLPSol, Feasible, 10, false},
		"s mip 2 2 n 0\n":                                                                        {readGLPSol, Infeasible, 0, false},
		"s bas 2 2 n f 0\n":                                                                      {readGLPSol, Infeasible, 0, false},
		"s mip 2 2 u 0\n":                                                                        {readGLPSol, Nothing, 0, false},
		"s mip 2 2 o x\n":                                                                        {readGLPSol, Nothing, 0, true},
		"e o f\n":                                                                                {readGLPSol, Nothing, 0, true},
	} {
		status, value, err := want.read(text)
		if status != want.status || value != want.value || (err != nil) != want.err {
			t.Errorf("%q: got %q at %v, error %v", text, status, value, err)
		}
	}
}

// Both ways to say a whole problem against exact, which tries everything, on tiny problems with all that they know.
func TestFormsSayTheProblem(t *testing.T) {
	found := tools(t)[0]
	compared := 0
	for seed := uint64(0); compared < 25; seed++ {
		p := exact.Random(seed, exact.Options{Copies: 6, NoCards: true, NoRules: true, NoSpreads: true, NoLimits: true})
		if errors.Join(plain(p), bare(p)) != nil {
			continue
		}
		p.Items[0].BinMax = int64(seed % 3)
		p.Bins[0].Max = int64(seed % 4)
		k, err := exact.Solve(p, 500_000)
		if err != nil {
			continue
		}
		compared++
		for name, form := range map[string]func() (*Program, error){
			"assignment": func() (*Program, error) { return Assignment(p, k.Cost) },
			"patterns":   func() (*Program, error) { return Patterns(p, 10_000) },
		} {
			m, err := form()
			if err != nil {
				t.Fatal(err)
			}
			if k.Cost == 0 {
				continue // nothing to say to a tool
			}
			if got, err := Solve(t.Context(), found, m, 10*time.Second); err != nil || got.Status != Optimal || int64(math.Round(got.Value)) != k.Cost {
				t.Errorf("seed %d: %s by %s: %q at %v, error %v, want the optimum of %d", seed, name, found, got.Status, got.Value, err, k.Cost)
			}
		}
	}
}

func TestPatternsAreMaximalAndAll(t *testing.T) {
	p := two()
	p.Items = append(p.Items, model.Item{Size: []int64{2}, Count: 1, Classes: []int{0}, BinMax: 1})
	m, err := Patterns(p, 100)
	if err != nil {
		t.Fatal(err)
	}
	// Of the bin of 10: three items of 3, or two and the one of 2. Of the bin of 4: one of either.
	if len(m.Columns) != 4 {
		t.Errorf("got %d contents, want 4: %+v", len(m.Columns), m)
	}
	if _, err := Patterns(p, 3); !errors.Is(err, ErrPatterns) {
		t.Errorf("got error %v, want %v", err, ErrPatterns)
	}
}

func TestRestrictedHasARowForEachLimit(t *testing.T) {
	p := two()
	p.Bins[1].Max = 5
	p.Bins[1].Uses = []model.Use{{Budget: 0, Amount: 3}}
	p.Budgets = []int64{9}
	three, one := []model.Load{{Item: 0, Count: 3}}, []model.Load{{Item: 0, Count: 1}}
	got := Restricted(p, []model.Packed{{Bin: 0, Items: three}, {Bin: 1, Items: one}, {Bin: 1, Items: one, Count: 4}})
	want := &Program{
		Columns: []Column{{Cost: 7}, {Cost: 3}},
		Rows: []Row{
			{Terms: []Term{{0, 3}, {1, 1}}, RHS: 4},
			{Terms: []Term{{1, 1}}, AtMost: true, RHS: 5},
			{Terms: []Term{{1, 3}}, AtMost: true, RHS: 9},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFormsRefuseWhatTheyCannotSay(t *testing.T) {
	for name, change := range map[string]func(*model.Problem){
		"cards":   func(p *model.Problem) { p.Items[0].Needs = []model.CardNeed{{Whole: 1}} },
		"budgets": func(p *model.Problem) { p.Budgets = []int64{1} },
		"caps":    func(p *model.Problem) { p.Caps = []model.Cap{{Items: []int{0}, Max: 1}} },
		"spreads": func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}}} },
	} {
		p := two()
		change(p)
		if _, err := Assignment(p, 10); !errors.Is(err, ErrForm) {
			t.Errorf("%s: assignment: error %v, want %v", name, err, ErrForm)
		}
		if _, err := Patterns(p, 10); !errors.Is(err, ErrForm) {
			t.Errorf("%s: patterns: error %v, want %v", name, err, ErrForm)
		}
	}
}

func TestAbsentToolsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, tool := range Tools() {
		if _, err := Solve(t.Context(), tool, &Program{}, time.Second); !errors.Is(err, ErrAbsent) || !strings.Contains(err.Error(), "Debian") {
			t.Errorf("error %v, want %v and where to get it", err, ErrAbsent)
		}
	}
}
