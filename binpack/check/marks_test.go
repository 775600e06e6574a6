package check

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// cuts lists the counts of profiles that one card with live slots can be cut into, by trying every start for every instance.
func cuts(kind *model.CardKind, live uint64) [][]int64 {
	seen := map[string]bool{}
	var all [][]int64
	counts, uses := make([]int64, len(kind.Profiles)), make([]int64, len(kind.Counters))
	var walk func(f, at int, taken uint64)
	walk = func(f, at int, taken uint64) {
		if f == len(kind.Profiles) {
			key := make([]byte, len(counts))
			for n, c := range counts {
				key[n] = byte(c)
			}
			if !seen[string(key)] {
				seen[string(key)] = true
				all = append(all, append([]int64(nil), counts...))
			}
			return
		}
		profile := &kind.Profiles[f]
		if at == len(profile.Starts) {
			walk(f+1, 0, taken)
			return
		}
		walk(f, at+1, taken)
		slots := span(profile.Starts[at], profile.Size)
		fits := taken&slots == 0 && counts[f] < profile.Max
		for c, amount := range profile.Uses {
			fits = fits && uses[c]+amount <= kind.Counters[c]
		}
		if !fits {
			return
		}
		counts[f]++
		for c, amount := range profile.Uses {
			uses[c] += amount
		}
		walk(f, at+1, taken|slots)
		counts[f]--
		for c, amount := range profile.Uses {
			uses[c] -= amount
		}
	}
	walk(0, 0, live)
	return all
}

// hopper is the card of A100, H100 and H200.
func hopper() model.CardKind {
	return model.CardKind{Share: 1000, Slots: 8, Counters: []int64{1}, Profiles: []model.Profile{
		{Size: 1, Starts: []int{0, 1, 2, 3, 4, 5, 6}, Max: 7, Uses: []int64{0}},
		{Size: 2, Starts: []int{0, 2, 4, 6}, Max: 4, Uses: []int64{0}},
		{Size: 2, Starts: []int{0, 2, 4}, Max: 3, Uses: []int64{0}},
		{Size: 4, Starts: []int{0, 4}, Max: 2, Uses: []int64{0}},
		{Size: 4, Starts: []int{0}, Max: 1, Uses: []int64{0}},
		{Size: 8, Starts: []int{0}, Max: 1, Uses: []int64{1}},
	}}
}

// Whatever cards can be cut into is inside every row, on random cards with and without live slots.
func TestRowsOfABinAllowAllThatItsCardsCarry(t *testing.T) {
	found := 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 21))
		kind := model.CardKind{Share: 100, Slots: 1 + rnd.IntN(9), Counters: []int64{1 + rnd.Int64N(6)}}
		for range 1 + rnd.IntN(4) {
			f := model.Profile{Size: 1 + rnd.IntN(kind.Slots), Max: 1 + rnd.Int64N(8), Uses: []int64{rnd.Int64N(3)}}
			for s := 0; s+f.Size <= kind.Slots; s++ {
				if rnd.IntN(2) == 0 {
					f.Starts = append(f.Starts, s)
				}
			}
			kind.Profiles = append(kind.Profiles, f)
		}
		live := []uint64{0, rnd.Uint64() & span64(kind.Slots)}
		p := &model.Problem{Cards: []model.CardKind{kind}, Bins: []model.Bin{{Card: 0, Cards: 2, Live: live}}}
		space := newRoom(p, 0)
		found += len(space.marks)
		row := make([]int64, len(space.rows))
		for _, a := range cuts(&kind, live[0]) {
			for _, b := range cuts(&kind, live[1]) {
				need := model.CardNeed{Slices: make([]int64, len(a))}
				for f := range a {
					need.Slices[f] = a[f] + b[f]
				}
				if space.take(row, nil, &need); copies(1, row, space.rows) != 1 {
					t.Fatalf("seed %d: %v and %v lie on cards %+v with live %b, and take %v of %v", seed, a, b, kind, live, row, space.rows)
				}
			}
		}
	}
	if found < 100 {
		t.Errorf("%d rows of marks", found)
	}
}

// On A100 and H100 the rows allow nothing else: on one card and on two, whatever is inside all of them can be cut.
func TestRowsOfABinSayWhatHoppersCarry(t *testing.T) {
	kind := hopper()
	one := cuts(&kind, 0)
	can := map[[6]int64]bool{}
	for _, a := range one {
		for _, b := range one {
			can[[6]int64{a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5]}] = true
		}
	}
	p := &model.Problem{Cards: []model.CardKind{kind}, Bins: []model.Bin{{Card: 0, Cards: 2}}}
	space := newRoom(p, 0)
	row, inside := make([]int64, len(space.rows)), 0
	var n [6]int64
	var walk func(f int)
	walk = func(f int) {
		if f < len(n) {
			for n[f] = 0; n[f] <= 2*kind.Profiles[f].Max; n[f]++ {
				walk(f + 1)
			}
			return
		}
		space.take(row, nil, &model.CardNeed{Slices: n[:]})
		if copies(1, row, space.rows) == 1 {
			if inside++; !can[n] {
				t.Errorf("%v is inside all rows, and no two cards carry it", n)
			}
		}
	}
	walk(0)
	if inside != len(can) {
		t.Errorf("%d counts are inside all rows, of %d that two cards carry", inside, len(can))
	}
}
