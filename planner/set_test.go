package planner_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
)

// A Set must answer as a map of its members does.
func TestSetIsASetOfIntegers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var a, b planner.Set
		ma, mb := map[int]bool{}, map[int]bool{}
		for range rng.IntN(30) {
			i, j := rng.IntN(200), rng.IntN(200)
			a.Add(i)
			b.Add(j)
			ma[i], mb[j] = true, true
		}
		var both []int
		for i := range 200 {
			if a.Has(i) != ma[i] {
				t.Fatalf("Has(%d) = %v, want %v", i, a.Has(i), ma[i])
			}
			if ma[i] && mb[i] {
				both = append(both, i)
			}
		}
		if got := a.And(b).Members(); !slices.Equal(got, both) {
			t.Fatalf("And: members %v, want %v", got, both)
		}
		if a.Len() != len(ma) || a.Has(-1) || a.Has(100_000) {
			t.Fatalf("Len %d, want %d; or it has what was never added", a.Len(), len(ma))
		}
	}
}

func TestSetEquality(t *testing.T) {
	short, long := planner.NewSet(3), make(planner.Set, 5)
	for i := range 3 {
		long.Add(i)
	}
	if !short.Equal(long) || !long.Equal(short) {
		t.Error("sets with the same members differ by their length")
	}
	long.Add(200)
	if short.Equal(long) || long.Equal(short) {
		t.Error("sets with other members are equal")
	}
	if diff := cmp.Diff([]int{0, 1, 2}, short.Members()); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	and := short.And(long)
	and.Add(1)
	and[0] = 0
	if short.Len() != 3 {
		t.Error("And aliases its receiver")
	}
}

func TestRefPrintsAsPeopleWriteIt(t *testing.T) {
	for want, r := range map[string]planner.Ref{
		"shop/Deployment/web": {Namespace: "shop", Kind: "Deployment", Name: "web"},
		"Node/n1":             {Kind: "Node", Name: "n1"},
	} {
		if got := r.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
