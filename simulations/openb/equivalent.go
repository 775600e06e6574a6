package openb

import (
	"cmp"
	"fmt"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
)

// equivalent is the offer that stands for a machine of the node list.
type equivalent struct {
	offer  planner.Offer
	copies int64 // of the offer; 0: no offer is large enough
	guess  bool  // its model is not sold: the cheapest NVIDIA machine of its size stands for it
}

// price is that of all copies.
func (e equivalent) price() pricing.Micro { return e.offer.PriceMicro.Times(e.copies) }

// instanceType names what stands for the machine: "p3dn.24xlarge", "2 × g4dn.16xlarge".
func (e equivalent) instanceType() string {
	if e.copies > 1 {
		return fmt.Sprintf("%d × %s", e.copies, e.offer.InstanceType)
	}
	return e.offer.InstanceType
}

// addNodes gives each machine of the node list the price of its equivalent.
func (r *reader) addNodes() {
	known := map[machine]equivalent{}
	var sum fleetSum
	for _, node := range r.nodes.nodes {
		e, ok := known[node.machine]
		if !ok {
			e = r.equivalent(node.machine)
			known[node.machine] = e
		}
		today := planner.Node{
			Name:        node.name,
			GPUs:        node.gpus,
			Allocatable: planner.Resources{CPUMilli: node.cpuMilli, MemoryMiB: node.memoryMiB},
		}
		if e.copies > 0 {
			today.InstanceType, today.Zone, today.CapacityType = e.instanceType(), e.offer.Zone, e.offer.CapacityType
			today.PriceMicro, today.Priced, today.GPU = e.price(), true, e.offer.Cards.Model
		} else {
			today.Reason = "no type of the catalog is as large: " + node.text()
		}
		if node.gpus == 0 {
			today.GPU = ""
		}
		sum.add(node.machine, e)
		r.snap.Nodes = append(r.snap.Nodes, today)
	}
	if len(r.nodes.nodes) > 0 {
		r.noteNodes(sum)
	}
}

// equivalent finds the cheapest offer that is at least as large as a machine in CPU, memory and cards of its model; with
// Options.Split, the cheapest number of equal ones where one is not enough. Ties go to the first in order.
func (r *reader) equivalent(m machine) equivalent {
	e := equivalent{}
	var tests []fleet.Test
	if m.gpus > 0 {
		tests = append(tests, fleet.HasCards(1))
		if keys := r.dealer.deal(m.model).keys; len(keys) > 0 {
			tests = append(tests, fleet.HasModel(keys...))
		} else {
			e.guess = true
		}
	}
	candidates := fleet.Where(r.snap.Offers, tests...).Members()
	for _, most := range []int64{1, copiesMax} {
		for _, i := range candidates {
			next := equivalent{offer: r.snap.Offers[i], copies: m.copiesOf(r.snap.Offers[i]), guess: e.guess}
			if next.copies <= most && (e.copies == 0 || next.price() < e.price()) {
				e = next
			}
		}
		if e.copies > 0 || !r.opts.Split {
			break
		}
	}
	return e
}

// copiesMax bounds into how many equal machines one is split. The published lists need four (an A10 beside 1 TiB).
const copiesMax = 64

// copiesOf is how many of an offer are at least as large as the machine.
func (m machine) copiesOf(o planner.Offer) int64 {
	copies := max(1, ceil(m.cpuMilli, o.Capacity.CPUMilli), ceil(m.memoryMiB, o.Capacity.MemoryMiB))
	if m.gpus > 0 {
		copies = max(copies, ceil(m.gpus, o.Cards.Count))
	}
	return copies
}

// ceil divides and rounds up; what cannot be divided takes more copies than anybody may have.
func ceil(amount, by int64) int64 {
	if by <= 0 {
		return copiesMax + 1
	}
	return (amount + by - 1) / by
}

// text says what a machine has.
func (m machine) text() string {
	text := fmt.Sprintf("%d vCPU, %d MiB", m.cpuMilli/1000, m.memoryMiB)
	if m.gpus > 0 {
		text += fmt.Sprintf(", %d × %s", m.gpus, cmp.Or(m.model, "a GPU of unknown model"))
	}
	return text
}

// fleetSum counts machines for the notes.
type fleetSum struct {
	machines, guessed, unpriced int
	split                       int           // machines for which several stand
	wide                        int           // machines whose equivalent has more cards of the model than they have
	wideMicro                   pricing.Micro // what the cards beyond those would cost, at the price of the machine by card
	unpricedGPUs                int64
}

func (s *fleetSum) add(m machine, e equivalent) {
	s.machines++
	if e.copies > 1 {
		s.split++
	}
	cards := e.offer.Cards.Count * e.copies
	switch {
	case e.copies == 0:
		s.unpriced++
		s.unpricedGPUs += m.gpus
	case e.guess:
		s.guessed++
	case m.gpus > 0 && cards > m.gpus:
		s.wide++
		s.wideMicro = s.wideMicro.Plus(e.price().Times(cards-m.gpus) / pricing.Micro(cards))
	}
}

// noteNodes says how far the cost of today can be believed.
func (r *reader) noteNodes(sum fleetSum) {
	object := r.in.NodesName
	r.note(planner.Info, object, "today is a fleet of equivalents: each of the %d machines has the price of the cheapest "+
		"on-demand x86 type that is at least as large in CPU, memory and cards of its model", sum.machines)
	if sum.guessed > 0 {
		r.note(planner.Info, object, "%d machines have GPUs that cannot be had or are not named: each has the price of the "+
			"cheapest NVIDIA machine of its size, so that the cost of today is a floor for them", sum.guessed)
	}
	if sum.wide > 0 {
		r.note(planner.Warning, object, "%d machines have fewer cards than the smallest type of their model and size: today's "+
			"cost counts about %s %s an hour for cards that they do not have", sum.wide, sum.wideMicro, r.snap.Catalog.Currency)
	}
	if sum.split > 0 {
		r.note(planner.Info, object, "%d machines are larger than every type with their model of GPU: the cheapest number of "+
			"equal machines stands for each", sum.split)
	}
	if sum.unpriced > 0 {
		r.note(planner.Warning, object, "%d machines with %d GPUs are larger than every type with their model of GPU: they are "+
			"in no cost", sum.unpriced, sum.unpricedGPUs)
	}
}
