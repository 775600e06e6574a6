package gpu_test

import (
	"fmt"

	"github.com/tenon-sh/tenon/planner/gpu"
)

// A name does not say how many slices fit: ask the model.
func ExampleByLabel() {
	for _, memoryMiB := range []int64{40960, 81920} {
		m, _ := gpu.ByLabel("a100", memoryMiB)
		i, _ := m.Profile("1g.10gb")
		fmt.Println(m.Key, "holds", m.Profiles[i].Max)
	}
	// Output:
	// A100-40GB holds 4
	// A100-80GB holds 7
}

// Half the card is free, in two pieces.
func ExampleModel_Place() {
	m, _ := gpu.ByKey("RTX-PRO-6000-96GB")
	quarter, _ := m.Profile("1g.24gb")
	half, _ := m.Profile("2g.48gb")
	want := make([]int, len(m.Profiles))
	want[half] = 1

	live := gpu.Layout{{Profile: quarter, Start: 3}, {Profile: quarter, Start: 6}}
	_, ok := m.Place(live, want)
	fmt.Println(m.FreeSlices(m.Occupied(live)), "of", m.MemorySlices, "slices free, a 2g fits:", ok)

	live[1].Start = 0
	added, ok := m.Place(live, want)
	fmt.Println("with the quarters side by side:", ok, "at slice", added[0].Start)
	// Output:
	// 6 of 12 slices free, a 2g fits: false
	// with the quarters side by side: true at slice 6
}

// From a demand to a file for the GPU Operator.
func ExamplePartedConfig() {
	m, _ := gpu.ByLabel("h100", 81920)
	want := make([]int, len(m.Profiles))
	for name, n := range map[string]int{"3g.40gb": 1, "1g.10gb": 9} {
		i, _ := m.Profile(name)
		want[i] = n
	}
	cards, _ := m.Deal(4, want)
	config, _ := gpu.PartedConfig(gpu.NodeConfig{Name: "tenon-inference", Model: m, Cards: cards})
	fmt.Print(config)
	// Output:
	// version: v1
	// mig-configs:
	//   "tenon-inference":
	//     - devices: [0]
	//       mig-enabled: true
	//       mig-devices:
	//         "3g.40gb": 1
	//         "1g.10gb": 4
	//     - devices: [1]
	//       mig-enabled: true
	//       mig-devices:
	//         "1g.10gb": 5
	//     - devices: [2, 3]
	//       mig-enabled: false
}

// A card is held in one way at a time.
func ExampleCard_Add() {
	m, _ := gpu.ByLabel("t4", 16384)
	card, _ := gpu.Card{Model: m}.Add(gpu.Share(600))
	_, err := card.Add(gpu.Share(500))
	fmt.Println(err)
	_, err = card.Add(gpu.Whole())
	fmt.Println(err)
	// Output:
	// no room on the card: share of 500 wanted, 400 left
	// the card is held in another way: whole card wanted, T4-16GB is shared
}
