package explain

import (
	"fmt"

	"github.com/tenon-sh/tenon/pricing"
)

// Where moves have a price it takes part in what is minimised, and so in the bound. It is nobody's bill: every place that
// shows the bound then says of what sum it is.

// movesRemark says what the plan pays for moves.
func (v *view) movesRemark() string {
	each := v.Cost.MovePricePerHour
	if each == nil || *each <= 0 {
		return "not billed"
	}
	return fmt.Sprintf("not billed: %s at %s%s each", plural(int64(*v.Cost.MovesPerHour / *each), "move", "moves"), v.money.sign(), *each)
}

// gapRemark says how far the plan is from the bound, and of what sum.
func (v *view) gapRemark() string {
	gap := "gap " + floatPercent(v.Cost.GapPercent, true)
	if v.Cost.MovesPerHour != nil {
		return "of planned and moves together, " + gap
	}
	return gap
}

// together says that cost and bound count moves, where they do.
func (v *view) together() string {
	if v.Cost.MovesPerHour != nil {
		return ", nodes and moves together"
	}
	return ""
}

// sum is what the bound bounds: the planned cost, with moves where these have a price.
func (v *view) sum() pricing.Micro {
	if v.Cost.MovesPerHour == nil {
		return v.Cost.PlannedPerHour
	}
	return v.Cost.PlannedPerHour.Plus(*v.Cost.MovesPerHour)
}
