package openb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/pricing"
)

// recordings finds the published lists, which are not part of this repository.
func recordings(t *testing.T) string {
	t.Helper()
	root := os.Getenv("TENON_TRACES")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "traces") // beside the repository
	}
	folder := filepath.Join(root, "alibaba-gpu-v2023")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no recordings at %s: get cluster-trace-gpu-v2023/csv of github.com/alibaba/clusterdata and set TENON_TRACES", folder)
	}
	return folder
}

// The counts are of the lists at commit 7a6c496e of alibaba/clusterdata, on the embedded catalog. Every pod must be
// accounted for: placed or stuck, once.
func TestPublishedLists(t *testing.T) {
	folder := recordings(t)
	for name, tc := range map[string]struct {
		pods       int64
		workloads  int
		stuckPods  int64
		stuckByMIG int64 // with MIG: shares of models without it as well
	}{
		"cpu050":      {pods: 7439, workloads: 141},
		"cpu100":      {pods: 7853, workloads: 151},
		"cpu300":      {pods: 10094, workloads: 150},
		"default":     {pods: 8152, workloads: 151},
		"gpushare100": {pods: 8152, workloads: 78},
		"gpushare40":  {pods: 8152, workloads: 145},
		"gpuspec33":   {pods: 8152, workloads: 342, stuckPods: 696, stuckByMIG: 1302},
		"multigpu20":  {pods: 8324, workloads: 151},
		"multigpu30":  {pods: 8508, workloads: 151},
	} {
		t.Run(name, func(t *testing.T) {
			for _, sharing := range []string{TimeSlicing, MIG} {
				file := filepath.Join(folder, "openb_pod_list_"+name+".csv")
				pods, err := os.Open(file)
				if err != nil {
					t.Skipf("no list %s", file)
				}
				defer pods.Close()
				snap, err := Snapshot(Input{Pods: pods, PodsName: file}, pricing.Default(), Options{Sharing: sharing})
				if err != nil {
					t.Fatal(err)
				}
				var stuck int64
				for _, u := range snap.Stuck {
					stuck += u.Count
				}
				wantStuck := tc.stuckPods
				if sharing == MIG {
					wantStuck = max(wantStuck, tc.stuckByMIG)
				} else if len(snap.Workloads) != tc.workloads {
					t.Errorf("got %d workloads, want %d", len(snap.Workloads), tc.workloads)
				}
				if got := placed(snap); got != tc.pods || stuck != wantStuck {
					t.Errorf("%s: got %d pods, %d stuck, want %d and %d", sharing, got, stuck, tc.pods, wantStuck)
				}
			}
		})
	}
}

// 389 of the 1,523 machines are larger than every AWS type with their model: 387 with 2 T4 beside 104 vCPU, and 2 with an
// A10 beside a terabyte of memory.
func TestPublishedMachines(t *testing.T) {
	folder := recordings(t)
	for name, tc := range map[string]struct {
		split        bool
		wantUnpriced int
	}{
		"machine by machine": {false, 389},
		"split":              {true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			nodes, err := os.Open(filepath.Join(folder, "openb_node_list_all_node.csv"))
			if err != nil {
				t.Fatal(err)
			}
			defer nodes.Close()
			snap, err := Snapshot(Input{Pods: strings.NewReader(podHeader), Nodes: nodes}, pricing.Default(), Options{Split: tc.split})
			if err != nil {
				t.Fatal(err)
			}
			var cards int64
			unpriced := 0
			for _, node := range snap.Nodes {
				cards += node.GPUs
				if !node.Priced {
					unpriced++
				}
			}
			if len(snap.Nodes) != 1523 || cards != 6212 || unpriced != tc.wantUnpriced {
				t.Errorf("got %d machines with %d cards, %d without a price, want 1523, 6212 and %d",
					len(snap.Nodes), cards, unpriced, tc.wantUnpriced)
			}
		})
	}
}
