package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// facts is mig_profiles.json, as far as it is used here.
type facts struct {
	Generated string            `json:"generated"`
	Drivers   map[string]string `json:"driver_minimums"`
	GPUs      []factGPU         `json:"gpus"`
}

type factGPU struct {
	Key           string              `json:"key"`
	Products      []string            `json:"products"`
	MemoryGB      int64               `json:"memory_gb"`
	MemorySlices  int                 `json:"memory_slices"`
	ComputeSlices int                 `json:"compute_slices"`
	MemoryMiBNVML map[string]int64    `json:"memory_mib_nvml"`
	NameVariants  map[string][]string `json:"name_variants"`
	Profiles      []factProfile       `json:"profiles"`
	// Enumeration is what the author of the facts counted; only the tests compare it.
	Enumeration map[string]factCounts `json:"enumeration_by_rule"`
}

type factCounts struct {
	Layouts          int `json:"layouts_including_empty"`
	Multisets        int `json:"distinct_multisets_including_empty"`
	MaximalLayouts   int `json:"maximal_layouts"`
	MaximalMultisets int `json:"maximal_multisets"`
}

type factProfile struct {
	Name          string   `json:"profile"`
	DriverID      *int     `json:"nvidia_smi_profile_id"`
	ComputeSlices int      `json:"compute_slices"`
	MemorySlices  int      `json:"memory_slices"`
	PlacementSize *int     `json:"placement_size"`
	Attributes    []string `json:"attributes"`
	MemoryGiB     *float64 `json:"memory_gib"`
	Max           int      `json:"max_instances"`
	Starts        []int    `json:"placement_starts"`
	SMs           int64    `json:"sms"`
	Confidence    string   `json:"placement_confidence"`
	CopyEngines   int      `json:"copy_engines"`
	Decoders      int      `json:"nvdec"`
}

// base is the profile's name without its attributes: "1g.24gb" of "1g.24gb+me.all".
func (p factProfile) base() string {
	if at := strings.IndexAny(p.Name, "+-"); at >= 0 {
		return p.Name[:at]
	}
	return p.Name
}

func (p factProfile) is(attribute string) bool { return slices.Contains(p.Attributes, attribute) }

func readFacts(raw []byte) (facts, error) {
	var f facts
	if err := json.Unmarshal(raw, &f); err != nil {
		return facts{}, fmt.Errorf("decode facts: %w", err)
	}
	if f.Generated == "" || len(f.GPUs) == 0 {
		return facts{}, fmt.Errorf("decode facts: no date or no GPUs")
	}
	for _, g := range f.GPUs {
		for _, p := range g.Profiles {
			if p.PlacementSize != nil && *p.PlacementSize != p.MemorySlices {
				return facts{}, fmt.Errorf("%s %s: placement size %d, memory slices %d",
					g.Key, p.Name, *p.PlacementSize, p.MemorySlices)
			}
		}
	}
	return f, nil
}

func (f facts) gpu(key string) (factGPU, bool) {
	i := slices.IndexFunc(f.GPUs, func(g factGPU) bool { return g.Key == key })
	if i < 0 {
		return factGPU{}, false
	}
	return f.GPUs[i], true
}

// card is a row of cards.csv.
type card struct {
	key, label, architecture, capability, driver, source string
	labelMiB, memoryMiB, fractionMilli                   int64
	products                                             []string
}

type cardTable []card

func (t cardTable) has(key string) bool {
	return slices.ContainsFunc(t, func(c card) bool { return c.key == key })
}

const cardColumns = "key,label,label_mib,memory_mib,architecture,compute_capability,fraction_milli,driver,products,source"

func readCards(raw []byte) (cardTable, error) {
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("decode cards: %w", err)
	}
	if len(rows) < 2 || strings.Join(rows[0], ",") != cardColumns {
		return nil, fmt.Errorf("decode cards: want the columns %s", cardColumns)
	}
	var out cardTable
	for _, r := range rows[1:] {
		c := card{key: r[0], label: r[1], architecture: r[4], capability: r[5], driver: r[7],
			products: strings.Split(r[8], "|"), source: r[9]}
		for _, f := range []struct {
			text string
			to   *int64
		}{{r[2], &c.labelMiB}, {r[3], &c.memoryMiB}, {r[6], &c.fractionMilli}} {
			if f.text == "" {
				continue
			}
			if *f.to, err = strconv.ParseInt(f.text, 10, 64); err != nil {
				return nil, fmt.Errorf("decode cards: %s: %w", c.key, err)
			}
		}
		if c.source == "" || out.has(c.key) {
			return nil, fmt.Errorf("decode cards: %s has no source or comes twice", c.key)
		}
		out = append(out, c)
	}
	return out, nil
}
