package openb

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

func TestMachinesArePricedAsTheirEquivalents(t *testing.T) {
	usd := func(text string) pricing.Micro {
		micro, err := pricing.ParseMicro(text)
		if err != nil {
			t.Fatal(err)
		}
		return micro
	}
	for name, tc := range map[string]struct {
		row      string
		opts     Options
		want     planner.Node // of today: type, price, GPU
		wantNote string
	}{
		"the cheapest that is as large": {
			row: "n,32000,65536,0,", want: planner.Node{InstanceType: "c7.large", PriceMicro: usd("1"), Priced: true},
			wantNote: "today is a fleet of equivalents: each of the 1 machines",
		},
		"a GPU machine needs its model": {
			row:  "n,16000,65536,1,A10",
			want: planner.Node{InstanceType: "g5.small", PriceMicro: usd("1.6"), Priced: true, GPU: "A10G-24GB", GPUs: 1},
		},
		"too few cards of the model: the next larger, and what that adds": {
			row:      "n,8000,32768,2,V100M16",
			want:     planner.Node{InstanceType: "p3dn.24xlarge", PriceMicro: usd("31"), Priced: true, GPU: "V100-32GB", GPUs: 2},
			wantNote: "today's cost counts about 23.25 USD an hour for cards that they do not have",
		},
		"a model that is not sold: the cheapest NVIDIA machine, as a floor": {
			row:      "n,8000,32768,1,P100",
			want:     planner.Node{InstanceType: "g4dn.small", PriceMicro: usd("1.2"), Priced: true, GPU: "T4-16GB", GPUs: 1},
			wantNote: "1 machines have GPUs that cannot be had or are not named",
		},
		"a model that is not named": {
			row:  "n,8000,32768,3,",
			want: planner.Node{InstanceType: "g4dn.big", PriceMicro: usd("4"), Priced: true, GPU: "T4-16GB", GPUs: 3},
		},
		"the user's map holds for machines too": {
			row: "n,8000,32768,8,P100", opts: Options{Map: map[string]string{"P100": "a100"}},
			want: planner.Node{InstanceType: "p4d.24xlarge", PriceMicro: usd("22"), Priced: true, GPU: "A100-40GB", GPUs: 8},
		},
		"larger than every type of its model: no price, and no cost": {
			row:      "n,104000,524288,2,T4",
			want:     planner.Node{GPUs: 2, Reason: "no type of the catalog is as large: 104 vCPU, 524288 MiB, 2 × T4"},
			wantNote: "1 machines with 2 GPUs are larger than every type",
		},
		"unless it may be split": {
			row: "n,94000,262144,2,T4", opts: Options{Split: true}, // two with 4 cards cost 8, six with one 7.2
			want:     planner.Node{InstanceType: "6 × g4dn.small", PriceMicro: usd("7.2"), Priced: true, GPU: "T4-16GB", GPUs: 2},
			wantNote: "1 machines are larger than every type with their model of GPU: the cheapest number of equal machines",
		},
	} {
		t.Run(name, func(t *testing.T) {
			snap := read(t, podHeader, nodeHeader+tc.row+"\n", tc.opts)
			got := snap.Nodes[0]
			if got.Priced && (got.Zone != "here-1a" || got.CapacityType != pricing.OnDemand) {
				t.Errorf("got %s in %s, want on-demand in here-1a", got.CapacityType, got.Zone)
			}
			got.Name, got.Zone, got.CapacityType, got.Allocatable = "", "", "", planner.Resources{}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("node (-want +got):\n%s", diff)
			}
			if !hasNote(snap, tc.wantNote) {
				t.Errorf("no note has %q: %v", tc.wantNote, snap.Notes)
			}
		})
	}
}
