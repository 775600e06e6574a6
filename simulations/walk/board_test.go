package walk_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenon-sh/tenon/simulations/loads"
	"github.com/tenon-sh/tenon/simulations/walk"
)

// TestScore: against itself a method is as it is, the oracle has no kills at less slack, and the whole goes through JSON.
func TestScore(t *testing.T) {
	all, err := loads.Make(loads.Options{Seed: 4, Workloads: 2, Days: 24, Step: 30})
	if err != nil {
		t.Fatal(err)
	}
	runs := 0
	b, err := walk.Score(all, []string{"asis", "oracle"}, "vpa", walk.Options{}, func(walk.Method) { runs++ })
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]walk.Row{}
	for _, r := range b.Rows {
		rows[r.Method] = r
		runs -= len(r.Settings)
	}
	if runs != 0 || len(b.Rows) != 3 {
		t.Fatalf("%d methods; %d runs were told beyond their settings", len(b.Rows), runs)
	}
	if v := rows["vpa"].Memory; v.Slack.Value > 1 || v.Risk.Value > 1 {
		t.Errorf("VPA's frontier lies above its default: %+v", v)
	}
	if v := rows["oracle"].Memory; v.Risk.Value != 0 || v.Slack.Value >= 1 {
		t.Errorf("oracle: %+v", v)
	}
	if v := rows["asis"].Memory.Risk.Value; !math.IsNaN(v) {
		t.Errorf("as asked there is never as little slack as VPA's, and yet the risk at it is %g", v)
	}
	if k := rows["vpa"].KillRate; !(k.Low < k.Value && k.Value < k.High) {
		t.Errorf("kill rate %+v", k)
	}
	var sum walk.Tally
	for _, g := range rows["vpa"].Groups {
		sum.Add(&g.Total, 1)
	}
	if n := len(rows["vpa"].Groups); n != len(loads.Families()) || sum.Kills != rows["vpa"].Total.Kills {
		t.Errorf("%d families with %d kills, of %d", n, sum.Kills, rows["vpa"].Total.Kills)
	}
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var back walk.Board
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, back, cmpopts.EquateNaNs(), cmpopts.IgnoreUnexported(walk.Tally{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("through JSON (-before +after):\n%s", diff)
	}
	if _, err := walk.Score(all, []string{"magic"}, "vpa", walk.Options{}, nil); err == nil {
		t.Error("no error of a method that is none")
	}
}
