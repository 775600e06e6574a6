package collect

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

var update = flag.Bool("update", false, "write the golden files")

// TestCluster reads a dump of a small EKS cluster as kubectl lays it out, and compares what comes out of collect and
// kube with the golden file: workloads with their constraints, rules, limits, nodes, existing offers, and every note.
// testdata/cluster.yaml has on purpose: strings that look like YAML, a node group without Karpenter, a node on premises,
// a MIG node, a pod that must not be disrupted, a zonal volume, a workload that fits nowhere, and one with DRA claims.
func TestCluster(t *testing.T) {
	o, err := Read([]string{"testdata/cluster.yaml"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := kube.Snapshot(o, pricing.Embedded(), kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := describe(s)
	path := filepath.Join("testdata", "cluster.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got, -update writes it:\n%s", diff)
	}
}

// describe prints what a reader would check by hand. Offers to be made are counted by pool, since their number is the
// catalog's affair.
func describe(s planner.Snapshot) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	made := map[string]int{}
	for _, o := range s.Offers {
		if o.Nodes == nil {
			made[o.Pool+" "+o.CapacityType]++
			continue
		}
		say("existing %v %s %s held=%v max=%d used=%+v overhead=%+v cards=%+v", o.Nodes, o.CapacityType, o.PriceMicro, o.Held, o.Max, o.Used, o.Overhead, o.Cards)
	}
	for _, w := range s.Workloads {
		say("%s#%d × %d %+v gpu=%+v today=%v soft=%v", w.Ref, w.Shape, w.Replicas, w.Requests, w.GPU, w.Today, w.Soft)
		allowed := planner.NewSet(len(s.Offers))
		for _, c := range w.Constraints {
			allowed = allowed.And(c.Offers)
			say("    %s: %s", c.Kind, c.Text)
		}
		pools := map[string]bool{}
		for _, i := range allowed.Members() {
			pools[s.Offers[i].Pool] = true
		}
		say("    may run in pools %v", sorted(pools))
	}
	for _, r := range s.Rules {
		say("rule %s %v %v %d %v %v: %s", r.Kind, r.Members, r.Others, r.Max, r.Zones, r.Base, r.Text)
	}
	for _, l := range s.Limits {
		say("limit %+v", l)
	}
	for _, n := range s.Nodes {
		say("node %s %s priced=%v held=%v pods=%d %s", n.Name, n.PriceMicro, n.Priced, n.Held, n.Pods, n.Reason)
	}
	for _, u := range s.Stuck {
		say("stuck %+v", u)
	}
	for _, n := range s.Notes {
		if !strings.Contains(n.Text, "for lack of a spot price") { // counts types of the catalog
			say("%s %s: %s", n.Severity, n.Object, n.Text)
		}
	}
	for _, pool := range sorted(made) {
		say("to be made: %s", pool)
	}
	return b.String()
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
