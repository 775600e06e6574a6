package gpu

import (
	"errors"
	"fmt"
	"slices"
)

// UseKind is how a pod holds a card.
type UseKind uint8

const (
	// UseWhole: the pod has the card to itself.
	UseWhole UseKind = iota
	// UseSlice: the pod has one MIG slice, isolated in memory and compute.
	UseSlice
	// UseShare: the pod takes turns with others (time-slicing) and is counted with a share of the card's time.
	UseShare
)

// Use is one pod's hold on one card. The zero Use is a whole card. A pod that asks for several cards or slices holds
// several Uses; a share never spreads over two cards, because half a card's time here and half there is not a card.
type Use struct {
	Kind UseKind
	// Profile is the MIG profile of a slice, an index into Model.Profiles.
	Profile int
	// Milli is the share, 1 to 1000 thousandths.
	Milli int64
}

// Whole is the use of a card by one pod alone.
func Whole() Use { return Use{Kind: UseWhole} }

// Slice is the use of one MIG slice of the given profile.
func Slice(profile int) Use { return Use{Kind: UseSlice, Profile: profile} }

// Share is the use of milli thousandths of a time-sliced card.
func Share(milli int64) Use { return Use{Kind: UseShare, Milli: milli} }

// Mode is what a card is at the moment. A card is one of these at a time: MIG and time-slicing the whole card exclude
// each other, and both exclude a pod that has the card to itself.
type Mode uint8

const (
	// ModeIdle: nobody holds the card, it may become anything.
	ModeIdle Mode = iota
	// ModeWhole: one pod has it.
	ModeWhole
	// ModeSliced: it is cut by MIG.
	ModeSliced
	// ModeShared: pods take turns.
	ModeShared
)

// String is the word that reports use.
func (m Mode) String() string {
	switch m {
	case ModeIdle:
		return "idle"
	case ModeWhole:
		return "whole"
	case ModeSliced:
		return "sliced"
	case ModeShared:
		return "shared"
	default:
		return fmt.Sprintf("Mode(%d)", uint8(m))
	}
}

// Why a card cannot take a use. A slice may also fail with the errors of [Model.Fits].
var (
	// ErrMode: the card is already held in another way.
	ErrMode = errors.New("the card is held in another way")
	// ErrRoom: no legal place for the slice beside the live ones, or not enough of the card's time left.
	ErrRoom = errors.New("no room on the card")
	// ErrShare: a share outside 1 to 1000.
	ErrShare = errors.New("a share must be 1 to 1000 thousandths")
)

// CardMilli is the whole of a card in the unit of shares.
const CardMilli = 1000

// Card is one physical card and who holds it. Build one with Card{Model: m} and Add; the zero Card has no MIG.
type Card struct {
	Model Model
	Mode  Mode
	// Layout holds the slices of a sliced card in the order in which they came. They do not move.
	Layout Layout
	// Shares are the shares of a shared card in the order in which they came, thousandths; their sum is at most CardMilli.
	Shares []int64
}

// Add returns the card with u added. The receiver is not changed; an error says why u cannot be added to it.
func (c Card) Add(u Use) (Card, error) {
	switch u.Kind {
	case UseWhole:
		if c.Mode != ModeIdle {
			return Card{}, fmt.Errorf("%w: whole card wanted, %s is %s", ErrMode, c.Model.Key, c.Mode)
		}
		c.Mode = ModeWhole
		return c, nil
	case UseSlice:
		return c.addSlice(u.Profile)
	case UseShare:
		return c.addShare(u.Milli)
	default:
		return Card{}, fmt.Errorf("%w: unknown kind of use %d", ErrMode, u.Kind)
	}
}

func (c Card) addSlice(profile int) (Card, error) {
	if err := c.Model.MIG(); err != nil {
		return Card{}, err
	}
	if profile < 0 || profile >= len(c.Model.Profiles) {
		return Card{}, fmt.Errorf("%w: index %d on %s", ErrUnknownProfile, profile, c.Model.Key)
	}
	name := c.Model.Profiles[profile].Name
	if c.Mode != ModeIdle && c.Mode != ModeSliced {
		return Card{}, fmt.Errorf("%w: slice %s wanted, %s is %s", ErrMode, name, c.Model.Key, c.Mode)
	}
	want := make([]int, len(c.Model.Profiles))
	want[profile] = 1
	added, ok := c.Model.Place(c.Layout, want)
	if !ok {
		return Card{}, fmt.Errorf("%w: %s on %s beside %d slices, %d of %d memory slices free", ErrRoom, name, c.Model.Key,
			len(c.Layout), c.Model.FreeSlices(c.Model.Occupied(c.Layout)), c.Model.MemorySlices)
	}
	c.Mode, c.Layout = ModeSliced, append(slices.Clone(c.Layout), added...)
	return c, nil
}

func (c Card) addShare(milli int64) (Card, error) {
	if milli < 1 || milli > CardMilli {
		return Card{}, fmt.Errorf("%w: %d", ErrShare, milli)
	}
	if c.Mode != ModeIdle && c.Mode != ModeShared {
		return Card{}, fmt.Errorf("%w: share of %d wanted, %s is %s", ErrMode, milli, c.Model.Key, c.Mode)
	}
	if free := c.FreeMilli(); milli > free {
		return Card{}, fmt.Errorf("%w: share of %d wanted, %d left", ErrRoom, milli, free)
	}
	c.Mode, c.Shares = ModeShared, append(slices.Clone(c.Shares), milli)
	return c, nil
}

// FreeMilli is the share of the card's time that can still be given away: all of an idle card, none of a whole or a
// sliced one.
func (c Card) FreeMilli() int64 {
	switch c.Mode {
	case ModeIdle, ModeShared:
		free := int64(CardMilli)
		for _, s := range c.Shares {
			free -= s
		}
		return max(free, 0)
	default:
		return 0
	}
}

// Validate reports what is wrong with a card that did not come from Add: contents that its mode does not have, a layout
// that its model forbids, shares beyond the card.
func (c Card) Validate() error {
	var faults []error
	if (c.Mode == ModeSliced) != (len(c.Layout) > 0) || (c.Mode == ModeShared) != (len(c.Shares) > 0) || c.Mode > ModeShared {
		faults = append(faults, fmt.Errorf("%w: %s with %d slices and %d shares", ErrMode, c.Mode, len(c.Layout), len(c.Shares)))
	}
	if err := c.Model.Fits(c.Layout); err != nil {
		faults = append(faults, err)
	}
	sum := int64(0)
	for _, s := range c.Shares {
		if s < 1 || s > CardMilli {
			faults = append(faults, fmt.Errorf("%w: %d", ErrShare, s))
			continue
		}
		if sum += s; sum > CardMilli {
			faults = append(faults, fmt.Errorf("%w: shares of %d or more", ErrRoom, sum))
			break
		}
	}
	return errors.Join(faults...)
}
