package karpenter

import (
	"slices"
	"strconv"
)

// Ordered says that this binary was built with a Karpenter that takes nothing by chance (make, controllers/karpenter/gen).
// Where it is false, two runs of one world may differ where zones are equally good.
var Ordered = ordered()

// ordered asks a requirement for 32 values: by chance they are in order once in 32! times.
func ordered() bool {
	var names []string
	for i := range 32 {
		names = append(names, strconv.Itoa(100+i))
	}
	return slices.IsSorted(in("tenon.sh/ordered", names...).Values())
}
