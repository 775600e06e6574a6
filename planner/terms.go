package planner

import "github.com/tenon-sh/tenon/pricing"

// Terms are what is asked of a plan beside the facts. The zero value asks for the cheapest nodes alone.
type Terms struct {
	// MovePriceMicro is what moving one pod costs, as money an hour: a pod moves only where that saves at least so
	// much an hour. It takes part in what is minimised, and is told apart from what nodes cost. 0: moves cost nothing.
	MovePriceMicro pricing.Micro `json:"movePrice,omitempty"`
	Sunk           SunkNodes     `json:"sunkNodes,omitempty"`
	// SpotPoolPercent is how much of the CPU that pods which may use spot ask for can lie in one interruption pool, in
	// percent, counted as the CPU of its nodes. 0: no such rule.
	SpotPoolPercent int64 `json:"spotPoolPercent,omitempty"`
}

// SpotPool is an interruption pool: spot capacity of one instance type in one zone, which a cloud reclaims together.
type SpotPool struct {
	InstanceType string `json:"type"`
	Zone         string `json:"zone"`
}

// SunkNodes says which nodes of today are paid for whatever is planned. They are held, though their pods may move:
// using them costs nothing more, and giving them up saves nothing.
type SunkNodes string

// Which nodes are sunk.
const (
	SunkNone     SunkNodes = ""         // only held ones
	SunkReserved SunkNodes = "reserved" // those of capacity type reserved: a reservation is billed as long as it lasts
	SunkAll      SunkNodes = "all"      // all nodes of today
)

// Covers reports whether an offer's nodes are sunk. Nodes that are yet to be made never are.
func (s SunkNodes) Covers(o *Offer) bool {
	if len(o.Nodes) == 0 {
		return false
	}
	return s == SunkAll || s == SunkReserved && o.CapacityType == "reserved"
}
