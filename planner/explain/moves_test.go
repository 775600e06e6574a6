package explain_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/explain"
)

// priced is the shop with 12 moves that cost something each.
func priced() planner.Plan {
	p := shop()
	each := money("0.0025")
	moves := each.Times(12)
	p.Cost.MovesPerHour, p.Cost.MovePricePerHour = &moves, &each
	p.Cost.LowerBoundPerHour = p.Cost.LowerBoundPerHour.Plus(moves)
	return p
}

// Where moves have a price every form says what they cost, that nobody is billed, and that the bound is of nodes and
// moves together; where they have none no form speaks of that.
func TestMovesAreNamedApartFromMoney(t *testing.T) {
	forms := map[string]func(planner.Plan) string{
		"table":    func(p planner.Plan) string { return explain.Table(p, explain.Options{Width: 200}) },
		"markdown": func(p planner.Plan) string { return strings.ReplaceAll(explain.Markdown(p), "\\$", "$") },
		"HTML": func(p planner.Plan) string {
			data, err := explain.HTML(p)
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		},
	}
	says := []string{"not billed: 12 moves at $0.0025 each", "of planned and moves together, gap", "nodes and moves together"}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			with, without := form(priced()), form(shop())
			for _, words := range says {
				if !strings.Contains(with, words) {
					t.Errorf("%q is missing in\n%s", words, with)
				}
				if strings.Contains(without, words) {
					t.Errorf("%q where moves have no price", words)
				}
			}
		})
	}
}

// The bar that the bound is compared with is as long as planned and moves together.
func TestTheBarIsOfWhatTheBoundIs(t *testing.T) {
	p := priced()
	data, err := explain.HTML(p)
	if err != nil {
		t.Fatal(err)
	}
	p.Cost.PlannedPerHour, p.Cost.MovesPerHour = p.Cost.PlannedPerHour.Plus(*p.Cost.MovesPerHour), nil
	same, err := explain.HTML(p)
	if err != nil {
		t.Fatal(err)
	}
	bar := regexp.MustCompile(`aria-label="Planned( and moves)?: ([^"]*)"`)
	got, want := bar.FindSubmatch(data), bar.FindSubmatch(same)
	if got == nil || want == nil || len(got[1]) == 0 || !bytes.Equal(got[2], want[2]) {
		t.Errorf("bar %q, want %q of planned and moves", got, want)
	}
}
