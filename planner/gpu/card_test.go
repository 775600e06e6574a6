package gpu

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCard(t *testing.T) {
	h100, rtx, t4 := model(t, "H100-80GB"), model(t, "RTX-PRO-6000-96GB"), model(t, "T4-16GB")
	slice := func(m Model, name string) Use { return Slice(index(t, m, name)) }
	for claim, tc := range map[string]struct {
		card  Card
		uses  []Use
		want  error // of the last use; the others must succeed
		mode  Mode
		slots string
		free  int64
	}{
		"an idle card can become anything":              {card: Card{Model: h100}, mode: ModeIdle, free: 1000},
		"whole":                                         {card: Card{Model: t4}, uses: []Use{Whole()}, mode: ModeWhole},
		"whole twice":                                   {card: Card{Model: t4}, uses: []Use{Whole(), Whole()}, want: ErrMode, mode: ModeWhole},
		"a share of a whole card":                       {card: Card{Model: t4}, uses: []Use{Whole(), Share(1)}, want: ErrMode, mode: ModeWhole},
		"a slice of a whole card":                       {card: Card{Model: h100}, uses: []Use{Whole(), slice(h100, "1g.10gb")}, want: ErrMode, mode: ModeWhole},
		"shares up to a card":                           {card: Card{Model: t4}, uses: []Use{Share(500), Share(300), Share(200)}, mode: ModeShared},
		"shares leave the rest":                         {card: Card{Model: t4}, uses: []Use{Share(500), Share(300)}, mode: ModeShared, free: 200},
		"a share beyond the card, not spread":           {card: Card{Model: t4}, uses: []Use{Share(500), Share(501)}, want: ErrRoom, mode: ModeShared, free: 500},
		"a share of nothing":                            {card: Card{Model: t4}, uses: []Use{Share(0)}, want: ErrShare, mode: ModeIdle, free: 1000},
		"a share of more than a card":                   {card: Card{Model: t4}, uses: []Use{Share(1001)}, want: ErrShare, mode: ModeIdle, free: 1000},
		"a shared card is not whole":                    {card: Card{Model: t4}, uses: []Use{Share(1), Whole()}, want: ErrMode, mode: ModeShared, free: 999},
		"a shared card is not sliced":                   {card: Card{Model: h100}, uses: []Use{Share(1), slice(h100, "1g.10gb")}, want: ErrMode, mode: ModeShared, free: 999},
		"a sliced card is not shared":                   {card: Card{Model: h100}, uses: []Use{slice(h100, "1g.10gb"), Share(1)}, want: ErrMode, mode: ModeSliced, slots: "1g.10gb@6"},
		"slices find room beside each other":            {card: Card{Model: h100}, uses: []Use{slice(h100, "1g.10gb"), slice(h100, "3g.40gb"), slice(h100, "2g.20gb")}, mode: ModeSliced, slots: "1g.10gb@6 3g.40gb@0 2g.20gb@4"},
		"slices do not move, even if that would help":   {card: Card{Model: rtx, Mode: ModeSliced, Layout: parse(t, rtx, "1g.24gb@3 1g.24gb@6")}, uses: []Use{slice(rtx, "2g.48gb")}, want: ErrRoom, mode: ModeSliced, slots: "1g.24gb@3 1g.24gb@6"},
		"a slice of a card without MIG":                 {card: Card{Model: t4}, uses: []Use{Slice(0)}, want: ErrNoMIG, mode: ModeIdle, free: 1000},
		"a slice whose placements are unpublished":      {card: Card{Model: model(t, "RTX-PRO-4500-32GB")}, uses: []Use{Slice(0)}, want: ErrUnpublished, mode: ModeIdle, free: 1000},
		"a profile that the model does not have":        {card: Card{Model: h100}, uses: []Use{Slice(7)}, want: ErrUnknownProfile, mode: ModeIdle, free: 1000},
		"a kind of use that does not exist":             {card: Card{Model: t4}, uses: []Use{{Kind: 9}}, want: ErrMode, mode: ModeIdle, free: 1000},
		"the zero Card takes a pod, the zero Use":       {uses: []Use{{}}, mode: ModeWhole},
		"a fraction of an L4 is whole to its one pod":   {card: Card{Model: model(t, "L4-3Q")}, uses: []Use{Whole()}, mode: ModeWhole},
		"an unpublished model can be whole nonetheless": {card: Card{Model: model(t, "RTX-PRO-5000-48GB")}, uses: []Use{Whole()}, mode: ModeWhole},
	} {
		t.Run(claim, func(t *testing.T) {
			c := tc.card
			for i, u := range tc.uses {
				next, err := c.Add(u)
				want := tc.want
				if i < len(tc.uses)-1 {
					want = nil
				}
				if !errors.Is(err, want) {
					t.Fatalf("use %d: got %v, want %v", i, err, want)
				}
				if err == nil {
					c = next
				}
			}
			if err := c.Validate(); err != nil {
				t.Errorf("Validate: %v", err)
			}
			if c.Mode != tc.mode || text(c.Model, c.Layout) != tc.slots || c.FreeMilli() != tc.free {
				t.Errorf("%s with %q and %d free, want %s with %q and %d", c.Mode, text(c.Model, c.Layout), c.FreeMilli(),
					tc.mode, tc.slots, tc.free)
			}
		})
	}
}

// Cards are values: whoever holds the card from before an Add must not see it change, even where two Adds branch off it.
func TestAddLeavesTheReceiverAlone(t *testing.T) {
	m := model(t, "H100-80GB")
	one := index(t, m, "1g.10gb")
	for claim, uses := range map[string][2]Use{
		"slices": {Slice(one), Slice(index(t, m, "2g.20gb"))},
		"shares": {Share(100), Share(200)},
	} {
		base := Card{Model: m}
		for range 3 { // grow, so that append has spare room to write into
			base, _ = base.Add(uses[0])
		}
		left, err := base.Add(uses[0])
		if err != nil {
			t.Fatal(err)
		}
		before := left
		before.Layout, before.Shares = append(Layout{}, left.Layout...), append([]int64{}, left.Shares...)
		if _, err := base.Add(uses[1]); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before.Layout, left.Layout); uses[0].Kind == UseSlice && diff != "" {
			t.Errorf("%s: a sibling changed the card (-before +after):\n%s", claim, diff)
		}
		if diff := cmp.Diff(before.Shares, left.Shares); uses[0].Kind == UseShare && diff != "" {
			t.Errorf("%s: a sibling changed the card (-before +after):\n%s", claim, diff)
		}
	}
}

func TestCardValidate(t *testing.T) {
	m := model(t, "A30-24GB")
	for claim, tc := range map[string]struct {
		card Card
		want error
	}{
		"slices on an idle card":      {Card{Model: m, Layout: parse(t, m, "1g.6gb@0")}, ErrMode},
		"shares on a sliced card":     {Card{Model: m, Mode: ModeSliced, Layout: parse(t, m, "1g.6gb@0"), Shares: []int64{1}}, ErrMode},
		"a sliced card without slice": {Card{Model: m, Mode: ModeSliced}, ErrMode},
		"a mode that does not exist":  {Card{Model: m, Mode: 9}, ErrMode},
		"overlapping slices":          {Card{Model: m, Mode: ModeSliced, Layout: parse(t, m, "1g.6gb@0 2g.12gb@0")}, ErrOverlap},
		"shares beyond the card":      {Card{Model: m, Mode: ModeShared, Shares: []int64{600, 600}}, ErrRoom},
		"a share of nothing":          {Card{Model: m, Mode: ModeShared, Shares: []int64{0}}, ErrShare},
		"shares that would overflow":  {Card{Model: m, Mode: ModeShared, Shares: []int64{1 << 62, 1 << 62, 1 << 62}}, ErrShare},
	} {
		if err := tc.card.Validate(); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", claim, err, tc.want)
		}
	}
}

func TestModeString(t *testing.T) {
	for mode, want := range map[Mode]string{ModeIdle: "idle", ModeWhole: "whole", ModeSliced: "sliced", ModeShared: "shared", 9: "Mode(9)"} {
		if got := mode.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Whatever uses come in whatever order, a card that took them is valid, holds exactly what it said it took, and refuses
// what would make it two things at once.
func FuzzCard(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 1))
		c := Card{Model: catalog[rng.IntN(len(catalog))].clone()}
		kinds, slices, shares := map[UseKind]bool{}, 0, int64(0)
		for range 12 {
			u := Use{Kind: UseKind(rng.IntN(4)), Profile: rng.IntN(9) - 1, Milli: rng.Int64N(600) - 10}
			next, err := c.Add(u)
			if err != nil {
				continue
			}
			c = next
			kinds[u.Kind] = true
			switch u.Kind {
			case UseSlice:
				slices++
			case UseShare:
				shares += u.Milli
			case UseWhole: // there is nothing to add up
			}
			if err := c.Validate(); err != nil {
				t.Fatalf("after %+v: %v", u, err)
			}
		}
		sum := int64(0)
		for _, s := range c.Shares {
			sum += s
		}
		if len(kinds) > 1 || len(c.Layout) != slices || sum != shares {
			t.Errorf("%v kinds, %d slices of %d, shares %d of %d", kinds, len(c.Layout), slices, sum, shares)
		}
	})
}
