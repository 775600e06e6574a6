package gpu

import (
	"testing"
)

func TestSmallestFor(t *testing.T) {
	for claim, tc := range map[string]struct {
		model     string
		milli     int64
		memoryMiB int64
		want      string // empty: none
	}{
		"a tenth of an H100":                                {"H100-80GB", 100, 0, "1g.10gb"},
		"121 thousandths is still 16 of 132 SMs":            {"H100-80GB", 121, 0, "1g.10gb"},
		"122 is not, and the double 1g has more SMs":        {"H100-80GB", 122, 0, "1g.20gb"},
		"g/7 would say 142 for a 1g; SMs say 121":           {"H100-80GB", 140, 0, "1g.20gb"},
		"196 thousandths is the last for the double 1g":     {"H100-80GB", 196, 0, "1g.20gb"},
		"198 wants a 2g":                                    {"H100-80GB", 198, 0, "2g.20gb"},
		"3g is 454 thousandths, not 428":                    {"H100-80GB", 454, 0, "3g.40gb"},
		"455 wants a 4g":                                    {"H100-80GB", 455, 0, "4g.40gb"},
		"the whole card":                                    {"H100-80GB", 1000, 0, "7g.80gb"},
		"an A100's 1g is 14 of 98 SMs, one seventh exactly": {"A100-40GB", 142, 0, "1g.5gb"},
		"143 is more than a seventh":                        {"A100-40GB", 143, 0, "2g.10gb"},
		"equal shares: the fewer memory slices":             {"A100-40GB", 1, 0, "1g.5gb"},
		"memory makes it the double":                        {"A100-40GB", 1, 4865, "1g.10gb"},
		"exactly the memory of a slice":                     {"A100-40GB", 1, 4864, "1g.5gb"},
		"SMs of a B200's 3g are unknown: sevenths":          {"B200-180GB", 142, 0, "1g.23gb"},
		"a quarter of an A30":                               {"A30-24GB", 250, 0, "1g.6gb"},
		"46 of 188 SMs are less than a quarter":             {"RTX-PRO-6000-96GB", 250, 0, "2g.48gb"},
		"244 thousandths of an RTX PRO 6000":                {"RTX-PRO-6000-96GB", 244, 0, "1g.24gb"},
		"no share is the smallest":                          {"H100-80GB", 0, 0, "1g.10gb"},
		"more than a card":                                  {"H100-80GB", 1001, 0, ""},
		"a share that overflows":                            {"H100-80GB", 1 << 62, 0, ""},
		"a share below any sense":                           {"H100-80GB", -1 << 63, 0, "1g.10gb"},
		"more memory than any slice":                        {"H100-80GB", 1, 81153, ""},
		"memory that nobody has reported":                   {"B300", 1, 1, ""},
		"no MIG":                                            {"L4-24GB", 1, 0, ""},
		"unpublished placements":                            {"RTX-PRO-4500-32GB", 1, 0, ""},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, tc.model)
			i, ok := m.SmallestWith(tc.milli, tc.memoryMiB)
			got := ""
			if ok {
				got = m.Profiles[i].Name
			}
			if got != tc.want {
				t.Errorf("SmallestWith(%d, %d) = %q, want %q", tc.milli, tc.memoryMiB, got, tc.want)
			}
			if k, found := m.SmallestFor(tc.milli); tc.memoryMiB == 0 && (k != i || found != ok) {
				t.Errorf("SmallestFor(%d) = %d, %t; SmallestWith says %d, %t", tc.milli, k, found, i, ok)
			}
		})
	}
}

// For every share of every model: the choice has the share, and no plain profile with less compute has it.
func TestSmallestForIsSmallest(t *testing.T) {
	for _, m := range Models() {
		for milli := range int64(1001) {
			i, ok := m.SmallestFor(milli)
			if ok != (m.MIG() == nil) {
				t.Fatalf("%s: a profile for %d thousandths %t", m.Key, milli, ok)
			}
			if !ok {
				break
			}
			// ShareMilli rounds down, so it may miss by less than one.
			if m.ShareMilli(i) < milli {
				t.Errorf("%s: %s has %d thousandths, want %d", m.Key, m.Profiles[i].Name, m.ShareMilli(i), milli)
			}
			for _, k := range m.Plain() {
				if m.ShareMilli(k) >= milli && m.ShareMilli(k) < m.ShareMilli(i) {
					t.Errorf("%s: %d thousandths get %s, %s is smaller", m.Key, milli, m.Profiles[i].Name, m.Profiles[k].Name)
				}
			}
		}
	}
}

// On every model that NVIDIA sells less compute goes with no more memory slices. A learned model may differ, and then
// compute decides, memory slices come second and the name last.
func TestSmallestIsByComputeFirst(t *testing.T) {
	for claim, tc := range map[string]struct {
		a, b Profile
		want string
	}{
		"less compute, though longer":      {Profile{Name: "a", SMs: 20, MemorySlices: 1}, Profile{Name: "b", SMs: 10, MemorySlices: 4}, "b"},
		"equal compute, shorter":           {Profile{Name: "a", SMs: 10, MemorySlices: 4}, Profile{Name: "b", SMs: 10, MemorySlices: 1}, "b"},
		"equal in both, the earlier name":  {Profile{Name: "b", SMs: 10, MemorySlices: 1}, Profile{Name: "a", SMs: 10, MemorySlices: 1}, "a"},
		"an attribute is never the choice": {Profile{Name: "a+me", SMs: 10, MemorySlices: 1}, Profile{Name: "b", SMs: 20, MemorySlices: 1}, "b"},
	} {
		m := Model{Key: "learned", MemorySlices: 4, SMs: 40, Profiles: []Profile{tc.a, tc.b}}
		for i := range m.Profiles {
			m.Profiles[i].Starts, m.Profiles[i].Max = []int{0}, 1
		}
		if i, ok := m.SmallestFor(100); !ok || m.Profiles[i].Name != tc.want {
			t.Errorf("%s: profile %d, %t; want %q", claim, i, ok, tc.want)
		}
	}
}

// Seven 1g slices do not use the card: the figures of facts/gpu.md §1.3.
func TestWhatSevenSmallSlicesStrand(t *testing.T) {
	for claim, tc := range map[string]struct {
		model, small, full string
		sms, fullSMs       int64
		mib, fullMiB       int64
	}{
		"H100: 112 of 132 SMs, 68.25 of 79.25 GiB": {"H100-80GB", "1g.10gb", "7g.80gb", 112, 132, 6825 * 1024 / 100, 7925 * 1024 / 100},
		"H200: 112 of 139.75 GiB":                  {"H200-141GB", "1g.18gb", "7g.141gb", 112, 132, 112 * 1024, 13975 * 1024 / 100},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, tc.model)
			small, full := m.Profiles[index(t, m, tc.small)], m.Profiles[index(t, m, tc.full)]
			if 7*small.SMs != tc.sms || full.SMs != tc.fullSMs || 7*small.MemoryMiB != tc.mib || full.MemoryMiB != tc.fullMiB {
				t.Errorf("%d of %d SMs, %d of %d MiB; want %d of %d, %d of %d", 7*small.SMs, full.SMs,
					7*small.MemoryMiB, full.MemoryMiB, tc.sms, tc.fullSMs, tc.mib, tc.fullMiB)
			}
		})
	}
}

func TestShareMilliOfNothing(t *testing.T) {
	for _, i := range []int{-1, 99} {
		if got := model(t, "H100-80GB").ShareMilli(i); got != 0 {
			t.Errorf("profile %d has %d thousandths", i, got)
		}
	}
	if got := model(t, "RTX-PRO-5000-48GB").ShareMilli(0); got != 0 {
		t.Errorf("an unpublished profile has %d thousandths", got)
	}
}
