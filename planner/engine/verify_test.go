package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
)

func TestVerifyAcceptsTheSamePlanInAnotherDress(t *testing.T) {
	data := encode(t, decide(t, heldWorld()))
	var indented, unescaped bytes.Buffer
	if err := json.Indent(&indented, data, "", "\t"); err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	e := json.NewEncoder(&unescaped)
	e.SetEscapeHTML(false)
	if err := e.Encode(tree); err != nil { // sorts names
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"indented": indented.Bytes(), "with its fields sorted": unescaped.Bytes()} {
		if _, err := engine.Verify(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	plan := string(encode(t, decide(t, cpuWorld())))
	replace := func(old, by string) string {
		t.Helper()
		if !strings.Contains(plan, old) {
			t.Fatalf("the plan does not contain %s", old)
		}
		return strings.Replace(plan, old, by, 1)
	}
	cases := map[string]struct {
		text string
		want error
		says string
	}{
		"nothing":                               {"", engine.ErrPlan, "unexpected end"},
		"another kind of document":              {`{"apiVersion":"v1","kind":"List"}`, engine.ErrPlan, `"List"`},
		"a plan without proof":                  {`{"apiVersion":"tenon.sh/v1alpha1","kind":"Plan"}`, engine.ErrPlan, "no proof"},
		"more behind the plan":                  {plan + "{}", engine.ErrPlan, "after top-level value"},
		"half a plan":                           {plan[:len(plan)/2], engine.ErrPlan, "unexpected end"},
		"a field that stands twice":             {replace(`"cost":{`, `"cost":{"gapPercent":0,`), engine.ErrPlan, "$.cost.gapPercent: it stands twice"},
		"an unknown field":                      {replace(`"cost":{`, `"cost":{"bribe":1,`), engine.ErrChanged, "$.cost.bribe is 1, its proof gives nothing"},
		"an unknown field of the proof":         {replace(`"proof":{`, `"proof":{"bribe":1,`), engine.ErrPlan, "bribe"},
		"a field that is gone":                  {replace(`"currency":"USD","nowPerHour"`, `"nowPerHour"`), engine.ErrChanged, "$.cost.currency is nothing"},
		"a field that was put in other letters": {replace(`"gapPercent"`, `"GapPercent"`), engine.ErrChanged, "$.cost.GapPercent is"},
		"a cheaper plan, told with the place":   {replace(`"plannedPerHour":`, `"plannedPerHour":1`), engine.ErrChanged, "$.cost.plannedPerHour is 1"},
		"another digest":                        {replace(`"digest":"sha256:`, `"digest":"sha256:0`), engine.ErrChanged, "digest"},
		"another input":                         {replace(`"inputDigest":"sha256:00"`, `"inputDigest":"sha256:01"`), engine.ErrChanged, "$.inputDigest"},
		"a list that is shorter":                {replace(`"notes":[{"severity":"info","text":"a note"}]`, `"notes":[]`), engine.ErrChanged, "$.notes is a list of 0"},
		"a null":                                {replace(`"nowPerHour":null`, `"nowPerHour":0`), engine.ErrChanged, "$.cost.nowPerHour is 0, its proof gives null"},
		"a text where there was a list":         {replace(`"unplaced":[]`, `"unplaced":"none"`), engine.ErrChanged, `$.unplaced is "none"`},
		"a price of the problem":                {replace(`"price":96000`, `"price":95000`), engine.ErrChanged, "$.proof.problem.bins"},
		"a price of the snapshot":               {replace(`"price":0.096`, `"price":0.095`), engine.ErrChanged, "$.proof.problem.bins"},
		"a resource that is not in the table":   {replace(`"requests":1`, `"requests":99`), engine.ErrPlan, "no resources 99"},
		"a set that is none":                    {replace(`"sets":["`, `"sets":["*`), engine.ErrPlan, "sets[0]"},
		"a packing that overfills a node":       {replace(`"packing":{"bins":[{"bin":0,"count":`, `"packing":{"bins":[{"bin":0,"count":9`), engine.ErrProof, "illegal packing"},
		"a bound that nothing proves":           {replace(`"lowerBound":`, `"lowerBound":9`), engine.ErrProof, "unproven bound"},
		"a document nested without end":         {replace(`"notes":[`, `"notes":[`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+","), engine.ErrPlan, "deep"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := engine.Verify([]byte(tc.text))
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want %v that says %q", err, tc.want, tc.says)
			}
		})
	}
}

// A sound plan for a cheaper cluster verifies; against the cluster that it is said to be for, it does not.
func TestVerifyAgainstAnotherInput(t *testing.T) {
	cases := map[string]struct {
		edit func(*planner.Snapshot)
		says string
	}{
		"a price":      {func(s *planner.Snapshot) { s.Offers[0].PriceMicro = 1 }, "$.proof.snapshot.offers"},
		"a request":    {func(s *planner.Snapshot) { s.Workloads[0].Requests.CPUMilli-- }, "$.proof.snapshot.offers"},
		"a constraint": {func(s *planner.Snapshot) { s.Workloads[0].Constraints = nil }, "$.proof.snapshot"},
		"a pod less":   {func(s *planner.Snapshot) { s.Workloads[0].Replicas-- }, "$.proof.snapshot.workloads"},
		"the bytes":    {func(s *planner.Snapshot) { s.Digest = "sha256:ff" }, "$.proof.snapshot.digest"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := cpuWorld()
			tc.edit(&s)
			data := encode(t, decide(t, s))
			if _, err := engine.Verify(data); err != nil {
				t.Fatalf("Verify: %v", err)
			}
			if report, err := engine.VerifyAgainst(data, s); err != nil || !report.InputCompared {
				t.Errorf("against its own input: %+v, %v", report, err)
			}
			_, err := engine.VerifyAgainst(data, cpuWorld())
			if !errors.Is(err, engine.ErrInput) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("against the true input: got %v, want ErrInput that says %q", err, tc.says)
			}
		})
	}
}

func TestReport(t *testing.T) {
	plan := decide(t, heldWorld())
	got, err := engine.Verify(encode(t, plan))
	if err != nil {
		t.Fatal(err)
	}
	want := engine.Report{
		Digest: plan.Digest, InputDigest: "sha256:00", Source: "cluster.yaml", Currency: "USD", Planned: plan.Cost.PlannedPerHour,
		LowerBound: plan.Cost.LowerBoundPerHour, GapPercent: plan.Cost.GapPercent, Status: "optimal",
		Nodes: 2, Pods: 29, Workloads: 2, ItemKinds: 1, BinKinds: 5,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// FuzzVerify: whatever bytes come, Verify answers, and accepts only what says what its proof says.
func FuzzVerify(f *testing.F) {
	for _, world := range worlds() {
		f.Add(encode(f, decide(f, world())))
	}
	for _, world := range jointWorlds() {
		s, targets := world()
		f.Add(encode(f, jointly(f, s, targets)))
	}
	f.Add([]byte(`{"apiVersion":"tenon.sh/v1alpha1","kind":"Plan","proof":{"snapshot":{"offers":[{"type":"m"}]},"packing":{"bins":[{"bin":0}]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := engine.Verify(data)
		var plan planner.Plan
		if jsonErr := json.Unmarshal(data, &plan); err == nil && (jsonErr != nil || report.Digest != plan.Digest) {
			t.Errorf("a plan verifies that cannot be read, or with another digest: %v", jsonErr)
		}
		if _, err := engine.Alternatives(plan); err != nil && report.Digest != "" {
			t.Errorf("a plan verifies, and has no alternatives: %v", err)
		}
	})
}

// The same properties hold with the solver that people use.
func TestDecideWithTheSolver(t *testing.T) {
	solve := func(p *model.Problem, lim model.Limits) (*model.Packing, error) { return binpack.Solve(p, lim, nil) }
	for name, world := range worlds() {
		t.Run(name, func(t *testing.T) {
			s := world()
			plan, err := engine.Decide(engine.Input{Snapshot: s, Limits: binpack.FastLimits(), Solve: solve})
			if err != nil {
				t.Fatal(err)
			}
			checkMoney(t, plan)
			if _, err := engine.VerifyAgainst(encode(t, plan), s); err != nil {
				t.Error(err)
			}
		})
	}
}

// randomWorlds is how many random clusters the real solver plans in a test.
const randomWorlds = 400

// And on random clusters: with every rule that a Snapshot knows, the solver's answers pass the checker, the books
// balance, and the plan verifies against its input.
func TestDecideOnRandomWorldsWithTheSolver(t *testing.T) {
	solve := func(p *model.Problem, lim model.Limits) (*model.Packing, error) { return binpack.Solve(p, lim, nil) }
	for seed := range uint64(randomWorlds) {
		s := randomWorld(seed)
		plan, err := engine.Decide(engine.Input{Snapshot: s, Limits: binpack.FastLimits(), Solve: solve})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		checkPods(t, s, plan)
		checkMoney(t, plan)
		if _, err := engine.VerifyAgainst(encode(t, plan), s); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
