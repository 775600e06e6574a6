package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/controllers/proposal"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// designed replaces the search for NodePools by one pool for the Deployment of testdata/tiny.yaml, and keeps what it was
// asked.
func designed(t *testing.T) *proposal.Builder {
	t.Helper()
	var asked proposal.Builder
	before := buildPlan
	t.Cleanup(func() { buildPlan = before })
	buildPlan = func(b proposal.Builder, _ context.Context, _ *planner.Snapshot, _ *planner.Plan) (*planner.Built, error) {
		asked = b
		asIs := pricing.Micro(600_000)
		return &planner.Built{Version: "v1.15.0", Nodes: 2, PerHour: 310_000, AsIsPerHour: &asIs, Pools: []planner.Pool{{
			Name: "general-small-a", Base: "general", InstanceTypes: []string{"small.a"}, CapacityTypes: []string{"on-demand"}, Weight: 50, Steered: true,
			Nodes: 2, PricePerHour: 310_000, Works: []planner.PoolWork{{Workload: "shop/Deployment/api"}},
		}}, Notes: []planner.Note{}}, nil
	}
	return &asked
}

// proposeArgs are tinyArgs for propose.
func proposeArgs(t *testing.T, args ...string) []string {
	return append([]string{"propose"}, tinyArgs(t, args...)[1:]...)
}

// nameless takes the names of temporary folders out.
func nameless(text string, args []string) string {
	return strings.ReplaceAll(stable(text), filepath.Dir(args[4]), "$DIR")
}

func TestProposeOutput(t *testing.T) {
	designed(t)
	for _, output := range proposeOutputs {
		t.Run("the tiny cluster as "+output, func(t *testing.T) {
			args := proposeArgs(t, "-o", output, "--headroom", "10%")
			got := tenon(t, "", args...)
			if got.code != exitOK || got.stderr != "" {
				t.Fatalf("exit code %d, stderr %q; want 0 and nothing", got.code, got.stderr)
			}
			golden(t, "propose_"+output, nameless(got.stdout, args))
		})
	}
}

// TestProposeWritesAFolder: the folder holds what was printed, twice the same bytes, and is not replaced by chance.
func TestProposeWritesAFolder(t *testing.T) {
	asked := designed(t)
	dir := filepath.Join(t.TempDir(), "out")
	args := proposeArgs(t, "-o", "markdown", "-d", dir, "--pools", "3", "--steer", "gpu")
	first := tenon(t, "", args...)
	if want := "wrote " + dir + ": 6 files; begin with " + filepath.Join(dir, "README.md") + "\n"; first.code != exitOK || first.stderr != want {
		t.Fatalf("exit code %d, stderr %q, want %q", first.code, first.stderr, want)
	}
	if asked.Limits.Pools != 3 || asked.Steer(&planner.Workload{}) || len(asked.Objects.NodePools) != 1 || len(asked.Catalog.Types) == 0 {
		t.Errorf("the search was asked for %d NodePools, steering what has no GPU: %t", asked.Limits.Pools, asked.Steer(&planner.Workload{}))
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil || string(readme) != first.stdout {
		t.Errorf("README.md is not what -o markdown printed (%v)", err)
	}
	if !strings.Contains(first.stdout, "--pools 3 --steer gpu") || strings.Contains(first.stdout, dir) {
		t.Errorf("how to make it again lacks a flag, or names where it was written:\n%s", first.stdout)
	}
	var plan planner.Plan
	data, err := os.ReadFile(filepath.Join(dir, "plan.json"))
	if err == nil {
		err = json.Unmarshal(data, &plan)
	}
	if err != nil || plan.Kind != planner.PlanKind {
		t.Errorf("plan.json is no plan: %v", err)
	}
	if again := tenon(t, "", args...); again.code != exitInput {
		t.Errorf("exit code %d for a folder that is full, want %d", again.code, exitInput)
	}
	if again := tenon(t, "", append(args, "--force")...); again.code != exitOK || again.stdout != first.stdout {
		t.Errorf("exit code %d with --force, or other bytes", again.code)
	}
}

func TestProposeWithoutAReplay(t *testing.T) {
	designed(t)
	buildPlan = func(proposal.Builder, context.Context, *planner.Snapshot, *planner.Plan) (*planner.Built, error) {
		return nil, nil
	}
	got := tenon(t, "", proposeArgs(t)...)
	if got.code != exitInternal || !strings.HasSuffix(got.stderr, "tenon: "+errNoDesign.Error()+"\n") || got.stdout != "" {
		t.Errorf("%+v", got)
	}
}

func TestShellWords(t *testing.T) {
	for word, want := range map[string]string{"a/b.yaml": "a/b.yaml", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(rm)": "'$(rm)'"} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
