package gpu

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// greedyDriver creates instances one by one as the driver does, which chooses each start itself and never looks ahead.
// Its preference is read off the guide's examples: the highest legal start first, so that 2g lies at 4 and the first 1g
// at 6. (After those the guide shows further 1g at 0, 1, 2, 3, where this one goes down from 3; both take the same four.)
// It reports whether every instance found room.
func greedyDriver(m Model, l Layout) bool {
	var mask uint64
	for _, pl := range l {
		p := m.Profiles[pl.Profile]
		placed := false
		for _, s := range slices.Backward(p.Starts) {
			if mask&p.span(s) == 0 {
				mask, placed = mask|p.span(s), true
				break
			}
		}
		if !placed {
			return false
		}
	}
	return true
}

// The guide's own case on an A100: profiles 19, 19, 14, 9 in this order fail with "Insufficient Resources", 9, 19, 14, 19
// succeeds. The greedy driver must tell them apart, or it is no model of the driver.
func TestGreedyDriverActsAsTheGuideSays(t *testing.T) {
	m := model(t, "A100-40GB")
	byID := func(ids ...int) Layout {
		var l Layout
		for _, id := range ids {
			l = append(l, Placement{Profile: slices.IndexFunc(m.Profiles, func(p Profile) bool { return p.DriverID == id })})
		}
		return l
	}
	for claim, tc := range map[string]struct {
		order []int
		want  bool
	}{
		"19,19,14,9 is refused":                {[]int{19, 19, 14, 9}, false},
		"9,19,14,19 is accepted":               {[]int{9, 19, 14, 19}, true},
		"14 and five 19 are accepted":          {[]int{14, 19, 19, 19, 19, 19}, true},
		"largest first, 9,14,19,19, is, too":   {[]int{9, 14, 19, 19}, true},
		"a 7g and anything else is refused":    {[]int{0, 19}, false},
		"five double 1g are one too many (15)": {[]int{15, 15, 15, 15, 15}, false},
	} {
		if got := greedyDriver(m, byID(tc.order...)); got != tc.want {
			t.Errorf("%s: got %t", claim, got)
		}
	}
	var got []int
	for _, pl := range DriverOrder(m, byID(19, 19, 14, 9)) {
		got = append(got, m.Profiles[pl.Profile].DriverID)
	}
	if diff := cmp.Diff([]int{9, 14, 19, 19}, got); diff != "" {
		t.Errorf("DriverOrder of 19,19,14,9 (-want +got):\n%s", diff)
	}
}

// mig-parted's format has no placements: a config is good only if the driver, left to choose, finds room. In the order of
// DriverOrder it does, for every legal layout of every model; in the order of starts it sometimes does not.
func TestDriverAcceptsEveryLayoutLargestFirst(t *testing.T) {
	refused := 0
	for _, m := range Models() {
		m.Layouts(every(m), func(l Layout) bool {
			if !greedyDriver(m, DriverOrder(m, l)) {
				t.Errorf("%s: the driver refuses %s", m.Key, text(m, DriverOrder(m, l)))
			}
			if !greedyDriver(m, l) {
				refused++
			}
			return true
		})
	}
	if refused == 0 {
		t.Error("any order would do: the greedy driver is no test")
	}
}

func TestDriverOrderIsStableAndLeavesItsInputAlone(t *testing.T) {
	m := model(t, "A100-40GB")
	in := parse(t, m, "1g.5gb@6 1g.5gb@0 2g.10gb@2 4g.20gb@0 3g.20gb@4 1g.10gb@4")
	before := slices.Clone(in)
	want := "4g.20gb@0 3g.20gb@4 2g.10gb@2 1g.10gb@4 1g.5gb@6 1g.5gb@0"
	if diff := cmp.Diff(want, text(m, DriverOrder(m, in))); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, in); diff != "" {
		t.Errorf("the input was changed (-before +after):\n%s", diff)
	}
}

func TestPartedConfig(t *testing.T) {
	h100, rtx := model(t, "H100-80GB"), model(t, "RTX-PRO-6000-96GB")
	for claim, tc := range map[string]struct {
		configs []NodeConfig
		want    string
	}{
		"no configuration": {nil, "version: v1\nmig-configs: {}\n"},
		"equal cards are one group, whole cards have no MIG": {
			[]NodeConfig{{Name: "tenon-a", Model: h100, Cards: []Layout{
				parse(t, h100, "1g.10gb@0 3g.40gb@4"), nil, parse(t, h100, "3g.40gb@4 1g.10gb@2"), {},
				parse(t, h100, "1g.10gb@0 1g.10gb@1 1g.10gb@2 1g.10gb@3 1g.10gb@4 1g.10gb@5 1g.10gb@6")}}},
			`version: v1
mig-configs:
  "tenon-a":
    - devices: [0, 2]
      mig-enabled: true
      mig-devices:
        "3g.40gb": 1
        "1g.10gb": 1
    - devices: [1, 3]
      mig-enabled: false
    - devices: [4]
      mig-enabled: true
      mig-devices:
        "1g.10gb": 7
`},
		"configurations are sorted, attributes are kept": {
			[]NodeConfig{
				{Name: "true", Model: h100, Cards: []Layout{parse(t, h100, "7g.80gb@0")}},
				{Name: "media", Model: rtx, Cards: []Layout{parse(t, rtx, "1g.24gb-me@3 1g.24gb+me.all@0 2g.48gb-me@6")}},
			},
			`version: v1
mig-configs:
  "media":
    - devices: [0]
      mig-enabled: true
      mig-devices:
        "2g.48gb-me": 1
        "1g.24gb+me.all": 1
        "1g.24gb-me": 1
  "true":
    - devices: [0]
      mig-enabled: true
      mig-devices:
        "7g.80gb": 1
`},
	} {
		t.Run(claim, func(t *testing.T) {
			got, err := PartedConfig(tc.configs...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
		})
	}
}

// What is printed must mean the same to a YAML reader: it is read back into mig-parted's shape and compared.
func TestPartedConfigReadsBack(t *testing.T) {
	type entry struct {
		Devices    []int          `json:"devices"`
		Enabled    bool           `json:"mig-enabled"`
		MigDevices map[string]int `json:"mig-devices"`
	}
	type file struct {
		Version string             `json:"version"`
		Configs map[string][]entry `json:"mig-configs"`
	}
	m := model(t, "RTX-PRO-6000-96GB")
	out, err := PartedConfig(NodeConfig{Name: "1e3", Model: m, Cards: []Layout{
		parse(t, m, "2g.48gb+gfx@0 1g.24gb+me@6"), nil}})
	if err != nil {
		t.Fatal(err)
	}
	var got file
	if err := yaml.UnmarshalStrict([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	want := file{"v1", map[string][]entry{"1e3": {
		{[]int{0}, true, map[string]int{"2g.48gb+gfx": 1, "1g.24gb+me": 1}}, {[]int{1}, false, nil}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestPartedConfigRefuses(t *testing.T) {
	m := model(t, "A30-24GB")
	good := NodeConfig{Name: "a", Model: m, Cards: []Layout{nil}}
	for claim, tc := range map[string]struct {
		configs []NodeConfig
		want    error
		text    string
	}{
		"two of one name":        {[]NodeConfig{good, good}, ErrConfig, `two are named "a"`},
		"no name":                {[]NodeConfig{{Model: m, Cards: []Layout{nil}}}, ErrConfig, "not a label value"},
		"a name that breaks out": {[]NodeConfig{{Name: "a\": {}\nb", Model: m, Cards: []Layout{nil}}}, ErrConfig, "not a label value"},
		"a name that ends badly": {[]NodeConfig{{Name: "a-", Model: m, Cards: []Layout{nil}}}, ErrConfig, "not a label value"},
		"a name of 64 letters":   {[]NodeConfig{{Name: strings.Repeat("a", 64), Model: m, Cards: []Layout{nil}}}, ErrConfig, "not a label value"},
		"no cards":               {[]NodeConfig{{Name: "a", Model: m}}, ErrConfig, "no cards"},
		"an illegal layout":      {[]NodeConfig{{Name: "a", Model: m, Cards: []Layout{nil, parse(t, m, "2g.12gb@1")}}}, ErrStart, "card 1"},
		"slices of a T4":         {[]NodeConfig{{Name: "a", Model: model(t, "T4-16GB"), Cards: []Layout{{{}}}}}, ErrNoMIG, "card 0"},
	} {
		t.Run(claim, func(t *testing.T) {
			got, err := PartedConfig(tc.configs...)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) || got != "" {
				t.Errorf("PartedConfig = %q, %v; want %v with %q", got, err, tc.want, tc.text)
			}
		})
	}
	if _, err := PartedConfig(NodeConfig{Name: strings.Repeat("a", 63), Model: m, Cards: []Layout{nil}}); err != nil {
		t.Errorf("a name of 63 letters: %v", err)
	}
}
