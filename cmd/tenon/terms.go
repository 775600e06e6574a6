package main

import (
	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// termsOptions are what is asked of a plan beside the facts.
type termsOptions struct {
	moveCost string
	sunk     string
	spot     int64
}

const sunkNone = "none"

func (o *termsOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.moveCost, "move-cost", "0", "what moving one pod costs, as `MONEY` an hour: it moves only where that saves so much an hour")
	f.StringVar(&o.sunk, "sunk-nodes", sunkNone, "`WHICH` nodes of today are paid for whatever is planned: none, reserved, all")
	f.Int64Var(&o.spot, "spot-pool-share", 0, "at most `PERCENT` of the CPU that pods which may use spot ask for, in one interruption pool (instance type and zone); 0: no such rule")
	choose(cmd, "sunk-nodes", sunkNone, string(planner.SunkReserved), string(planner.SunkAll))
}

func (o *termsOptions) parse() (planner.Terms, error) {
	if err := oneOf("sunk-nodes", o.sunk, sunkNone, string(planner.SunkReserved), string(planner.SunkAll)); err != nil {
		return planner.Terms{}, err
	}
	terms := planner.Terms{}
	if o.sunk != sunkNone {
		terms.Sunk = planner.SunkNodes(o.sunk)
	}
	price, err := pricing.ParseMicro(o.moveCost)
	if err != nil {
		return planner.Terms{}, badInputf("--move-cost: %w", err)
	}
	if price < 0 {
		return planner.Terms{}, badInputf("--move-cost %s: is negative", o.moveCost)
	}
	if o.spot < 0 || o.spot > 100 {
		return planner.Terms{}, badInputf("--spot-pool-share %d: is no percentage", o.spot)
	}
	terms.MovePriceMicro, terms.SpotPoolPercent = price, o.spot
	return terms, nil
}
