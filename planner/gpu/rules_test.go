package gpu

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each claim is one that NVIDIA's guide, captured nvidia-smi text or another project's mistake stands behind: see
// facts/gpu.md §1.1, §1.3 and §6.
func TestFits(t *testing.T) {
	for claim, tc := range map[string]struct {
		model, layout string
		want          error // nil: legal
	}{
		"an empty layout fits a card without MIG":         {"T4-16GB", "", nil},
		"4 × 1g.10gb fill an A100-40GB":                   {"A100-40GB", "1g.10gb@0 1g.10gb@2 1g.10gb@4 1g.10gb@6", nil},
		"7 × 1g.10gb fill an A100-80GB":                   {"A100-80GB", "1g.10gb@0 1g.10gb@1 1g.10gb@2 1g.10gb@3 1g.10gb@4 1g.10gb@5 1g.10gb@6", nil},
		"1g.10gb may not start at an odd slice of 40 GB":  {"A100-40GB", "1g.10gb@1", ErrStart},
		"slice 7 has memory and no compute":               {"A100-80GB", "1g.10gb@7", ErrStart},
		"3g + 3g":                                         {"A100-40GB", "3g.20gb@0 3g.20gb@4", nil},
		"3g + 3g + 1g: six of seven slices, and no room":  {"A100-40GB", "3g.20gb@0 3g.20gb@4 1g.5gb@6", ErrOverlap},
		"3 × 2g + 1g":                                     {"A100-40GB", "2g.10gb@0 2g.10gb@2 2g.10gb@4 1g.5gb@6", nil},
		"4g + 3g, which drivers before R510 refused":      {"A100-40GB", "4g.20gb@0 3g.20gb@4", nil},
		"4g starts at 0 only":                             {"A100-40GB", "4g.20gb@4", ErrStart},
		"a 2g may not straddle the halves":                {"H100-80GB", "2g.20gb@3", ErrStart},
		"a second 7g":                                     {"H100-80GB", "7g.80gb@0 7g.80gb@0", ErrTooMany},
		"two +me share one engine":                        {"RTX-PRO-6000-96GB", "1g.24gb+me@0 1g.24gb+me.all@3", ErrCounter},
		"two +me of one profile":                          {"A100-40GB", "1g.5gb+me@0 1g.5gb+me@1", ErrTooMany},
		"1g+me and 2g+me of an A30 want the same engine":  {"A30-24GB", "1g.6gb+me@0 2g.12gb+me@2", ErrCounter},
		"+me.all beside a plain slice":                    {"RTX-PRO-6000-96GB", "1g.24gb+me.all@0 1g.24gb@3", ErrCounter},
		"+me.all beside a graphics slice":                 {"RTX-PRO-6000-96GB", "2g.48gb+me.all@0 2g.48gb+gfx@6", ErrCounter},
		"+me.all beside bare slices (captured, config 7)": {"RTX-PRO-6000-96GB", "1g.24gb+me.all@0 1g.24gb-me@3 1g.24gb-me@6 1g.24gb-me@9", nil},
		"+me.all beside a bare half (captured, config 6)": {"RTX-PRO-6000-96GB", "2g.48gb+me.all@0 2g.48gb-me@6", nil},
		"the RTX grid is twelve, not four":                {"RTX-PRO-6000-96GB", "1g.24gb@1", ErrStart},
		"no placement of an RTX PRO 5000 is published":    {"RTX-PRO-5000-48GB", "1g.24gb@0", ErrUnpublished},
		"no placement of an RTX PRO 4500 is published":    {"RTX-PRO-4500-32GB", "2g.32gb@0", ErrUnpublished},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, tc.model)
			l := parse(t, m, tc.layout)
			if err := m.Fits(l); !errors.Is(err, tc.want) {
				t.Errorf("Fits(%s) = %v, want %v", tc.layout, err, tc.want)
			}
			if got, want := m.MIG() != nil || slowLegal(m, l), m.MIG() != nil || tc.want == nil; got != want {
				t.Errorf("slowLegal(%s) = %t, want %t", tc.layout, got, want)
			}
		})
	}
}

func TestFitsRefusesWhatIsNoProfile(t *testing.T) {
	m := model(t, "A30-24GB")
	for _, i := range []int{-1, len(m.Profiles)} {
		if err := m.Fits(Layout{{Profile: i}}); !errors.Is(err, ErrUnknownProfile) {
			t.Errorf("profile %d: got %v, want %v", i, err, ErrUnknownProfile)
		}
	}
	if err := model(t, "T4-16GB").Fits(Layout{{}}); !errors.Is(err, ErrNoMIG) {
		t.Errorf("a slice of a T4: got %v, want %v", err, ErrNoMIG)
	}
}

// The mock of go-nvml v0.13.4-1 gives an H100 a 3g of three slices, a 7g of seven and a double 1g of one slice at 0 to 6,
// and accepts three 7g on one card. Were its figures to reach our table, the numbers of layouts would tell. The famous 19
// alone would not: the mock's classic profiles have 19 maximal layouts too, which is why the tests above count more.
func TestTheMocksWrongSizesWouldBeCaught(t *testing.T) {
	mock := model(t, "H100-80GB")
	for name, size := range map[string]int{"3g.40gb": 3, "7g.80gb": 7, "1g.20gb": 1} {
		mock.Profiles[index(t, mock, name)].MemorySlices = size
	}
	double := index(t, mock, "1g.20gb")
	mock.Profiles[double].Starts = []int{0, 1, 2, 3, 4, 5, 6}
	if err := mock.Validate(); err != nil {
		t.Fatalf("the mock's figures are wrong but not contradictory: %v", err)
	}
	classic := indices(t, mock, "1g.10gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")
	layouts := 0
	mock.Layouts(classic, func(Layout) bool { layouts++; return true })
	if layouts == 298 {
		t.Error("the mock's figures give the 298 layouts of a real H100")
	}
	if got := len(mock.MaximalLayouts(mock.Plain())); got == 78 {
		t.Error("the mock's figures give the 78 maximal layouts of a real H100")
	}
	h100 := model(t, "H100-80GB")
	if err := h100.Fits(parse(t, h100, "7g.80gb@0 7g.80gb@0 7g.80gb@0")); err == nil {
		t.Error("three 7g on one H100 are legal, as in the mock")
	}
}

func TestOccupied(t *testing.T) {
	rtx, h100 := model(t, "RTX-PRO-6000-96GB"), model(t, "H100-80GB")
	for claim, tc := range map[string]struct {
		m      Model
		layout string
		want   uint64
		free   int
	}{
		"nothing":                        {h100, "", 0, 8},
		"a 3g takes four slices":         {h100, "3g.40gb@4", 0b1111_0000, 4},
		"a 7g takes all eight":           {h100, "7g.80gb@0", 0xff, 0},
		"an RTX quarter is three slices": {rtx, "1g.24gb@3 1g.24gb@6", 0b0001_1111_1000, 6},
	} {
		t.Run(claim, func(t *testing.T) {
			got := tc.m.Occupied(parse(t, tc.m, tc.layout))
			if got != tc.want || tc.m.FreeSlices(got) != tc.free {
				t.Errorf("Occupied(%s) = %b with %d free, want %b with %d", tc.layout, got, tc.m.FreeSlices(got), tc.want, tc.free)
			}
		})
	}
	if got := h100.Occupied(Layout{{Profile: 99}, {Profile: 0, Start: 7}, {Profile: -1}}); got != 0 {
		t.Errorf("placements outside the table occupy %b", got)
	}
}

func TestCountsIsTheMultiset(t *testing.T) {
	m := model(t, "A30-24GB")
	got := m.Counts(append(parse(t, m, "1g.6gb@0 2g.12gb@2 1g.6gb@1"), Placement{Profile: 77}))
	if diff := cmp.Diff([]int{2, 0, 1, 0, 0}, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// Whatever bytes come in as a layout, Fits agrees with the rule said the long way.
func FuzzFits(f *testing.F) {
	f.Add(uint8(9), []byte{3, 0, 4, 4})
	f.Add(uint8(25), []byte{3, 0, 4, 3})
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		m := catalog[int(which)%len(catalog)]
		var l Layout
		for k := 0; k+1 < len(raw) && k < 24; k += 2 {
			l = append(l, Placement{Profile: int(int8(raw[k])), Start: int(int8(raw[k+1]))})
		}
		if got, want := m.Fits(l) == nil, slowLegal(m, l); got != want {
			t.Errorf("%s: Fits(%v) = %t, the long way %t", m.Key, l, got, want)
		}
	})
}
