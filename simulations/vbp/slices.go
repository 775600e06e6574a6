package vbp

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner/gpu"
)

// ErrSlices marks a demand for slices that cannot be made into a problem.
var ErrSlices = errors.New("no such demand for slices")

// Mix is a demand for MIG slices on bins that hold nothing but cards, at a price of 1 each, so that the cost is the number of
// bins. It is written as [ParseMix] reads it.
type Mix struct {
	Model  string // gpu.Model.Key
	Cards  int64  // of one bin
	Slices []SliceCount
}

// SliceCount is how many slices of one profile are asked for.
type SliceCount struct {
	Profile string
	Count   int64
}

// KnownMixes are the demands on eight A100 of 40 GB (p4d.24xlarge) that Karpenter's allocator was tried on in November 2026. It
// needed 1, 2, 1, 2 and 8 bins. The fourth fills eight cards to the last slot.
func KnownMixes() []string {
	return []string{
		"A100-40GB/8/56x1g.5gb",
		"A100-40GB/8/57x1g.5gb",
		"A100-40GB/8/16x3g.20gb",
		"A100-40GB/8/16x1g.5gb+8x2g.10gb+8x3g.20gb",
		"A100-40GB/8/200x1g.5gb+60x3g.20gb",
	}
}

// ParseMix reads model, cards of a bin and counts of profiles: "A100-40GB/8/16x1g.5gb+8x2g.10gb".
func ParseMix(text string) (Mix, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return Mix{}, fmt.Errorf("%w: %q is not model/cards/counts", ErrSlices, text)
	}
	m := Mix{Model: parts[0]}
	var err error
	if m.Cards, err = strconv.ParseInt(parts[1], 10, 64); err != nil || m.Cards < 1 {
		return Mix{}, fmt.Errorf("%w: %q: %q is no number of cards", ErrSlices, text, parts[1])
	}
	for each := range strings.SplitSeq(parts[2], "+") {
		count, profile, _ := strings.Cut(each, "x")
		n, err := strconv.ParseInt(count, 10, 64)
		if err != nil || n < 1 {
			return Mix{}, fmt.Errorf("%w: %q: %q is no count of a profile", ErrSlices, text, each)
		}
		m.Slices = append(m.Slices, SliceCount{Profile: profile, Count: n})
	}
	return m, nil
}

// Problem makes the packing problem of the mix, an item for each profile.
func (m Mix) Problem() (*model.Problem, error) {
	d, err := newDeck(m.Model)
	if err != nil {
		return nil, err
	}
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Cards: []model.CardKind{d.kind}}
	for _, s := range m.Slices {
		at, ok := d.model.Profile(s.Profile)
		at = slices.Index(d.profiles, at)
		if !ok || at < 0 {
			return nil, fmt.Errorf("%w: %s has no plain profile %q", ErrSlices, m.Model, s.Profile)
		}
		p.Items = append(p.Items, model.Item{Size: []int64{0}, Count: s.Count, Classes: []int{0}, Needs: d.one(at)})
	}
	p.Bins = []model.Bin{{Cap: []int64{0}, Price: 1, Cards: m.Cards}}
	return p, nil
}

// SliceModels are the models that RandomSlices is meant for: A100 and H100, which share their placements; A30, with four slots; and
// RTX PRO 6000, on whose twelve slots free slots may be no free room.
func SliceModels() []string {
	return []string{"A100-40GB", "H100-80GB", "A30-24GB", "RTX-PRO-6000-96GB"}
}

// RandomSlices makes a demand for slices of one model beside CPU: one or two items for each profile that is drawn, of up to 40
// copies each. A bin has one card and 12 cores, or eight cards and 96 cores (a p4d.24xlarge's; 12 a card), at prices within a tenth of
// 1,000 a card: that is how p5.4xlarge and p5.48xlarge are priced. Items ask for half a core to 2.5 cores for each slice
// of compute, so that in some bins the cards are full first and in others the cores.
func RandomSlices(key string, seed uint64) (*model.Problem, error) {
	d, err := newDeck(key)
	if err != nil {
		return nil, err
	}
	rng := dice(seed, streamSlices+nameSum(key))
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Cards: []model.CardKind{d.kind}}
	for at := range d.profiles {
		if at > 0 && rng.IntN(3) == 0 { // one profile is always there: the first, of which most fit
			continue
		}
		for range between(rng, 1, 2) {
			compute := int64(d.model.Profiles[d.profiles[at]].ComputeSlices)
			p.Items = append(p.Items, model.Item{
				Size:    []int64{compute * between(rng, 5, 25) * 100},
				Count:   between(rng, 1, 40),
				Classes: []int{0}, Needs: d.one(at),
			})
		}
	}
	for _, cards := range []int64{1, 8} {
		p.Bins = append(p.Bins, model.Bin{Cap: []int64{12_000 * cards}, Price: cards * between(rng, 900, 1100), Cards: cards})
	}
	return p, nil
}

// nameSum makes the draws for each model others.
func nameSum(key string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // it never fails
	return h.Sum64()
}

// deck is a model of card as problems see it.
type deck struct {
	model    gpu.Model
	kind     model.CardKind
	profiles []int // by profile of kind: its index in the model
}

// newDeck takes the plain profiles of a model: those without an attribute such as "+me".
func newDeck(key string) (deck, error) {
	m, ok := gpu.ByKey(key)
	if !ok || m.MIG() != nil {
		return deck{}, fmt.Errorf("%w: %q is no model with known slices", ErrSlices, key)
	}
	d := deck{model: m, kind: model.CardKind{Slots: m.MemorySlices, Counters: m.Counters}}
	for i, f := range m.Profiles {
		if !strings.ContainsAny(f.Name, "+-") && len(f.Starts) > 0 {
			d.profiles = append(d.profiles, i)
			d.kind.Profiles = append(d.kind.Profiles, model.Profile{Size: f.MemorySlices, Starts: f.Starts, Max: int64(f.Max), Uses: f.Uses})
		}
	}
	return d, nil
}

// one is the need of one slice.
func (d deck) one(profile int) []model.CardNeed {
	need := model.CardNeed{Slices: make([]int64, len(d.profiles))}
	need.Slices[profile] = 1
	return []model.CardNeed{need}
}
