package binpack

import "github.com/tenon-sh/tenon/binpack/colgen"

// Diagnosis says where the gap of a packing sits. It is told to people and is no part of any certificate: nothing checks it.
type Diagnosis struct {
	Cost, Bound int64 // of the packing, with moves
	Parts       []PartDiagnosis
	Outside     int64 // of Cost and Bound: moves out of bins of today that no part has
	// Free says that the bound was made for the problem with choices between domains left open, which the parts had settled.
	// The parts' own bounds hold for these choices only.
	Free bool
}

type (
	// PartDiagnosis says where the gap of one part sits.
	PartDiagnosis = colgen.Diagnosis
	// HardKind is a kind of bin whose best content is not known.
	HardKind = colgen.HardKind
)

// The ways in which work on a part ends.
const (
	Spent   = colgen.Spent
	Optimal = colgen.Optimal
	Near    = colgen.Near
	Stopped = colgen.Stopped
	Cut     = colgen.Cut
)

func (s *solver) diagnose(k *Packing, runs []running) Diagnosis {
	d := Diagnosis{Cost: k.Cost, Bound: k.LowerBound, Outside: int64(s.stands.outside), Free: !s.settled}
	for _, r := range runs {
		d.Parts = append(d.Parts, r.run.Diagnose())
	}
	return d
}
