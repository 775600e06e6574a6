package explain_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/explain"
)

// someTargets has one of each: lower, higher, the same, held, unknown, GPUs, an autoscaler.
func someTargets() planner.Targets {
	curve := func(points ...int64) planner.Curve {
		var c planner.Curve
		for i := 0; i < len(points); i += 2 {
			c = append(c, planner.CurvePoint{Request: points[i], Risk: points[i+1]})
		}
		return c
	}
	target := func(workload, container, resource string, now, floor, target, ceiling int64) planner.Target {
		return planner.Target{
			Workload: workload, Container: container, Resource: resource, Class: "default", Now: now, Floor: floor, Target: target, Ceiling: ceiling,
			Curve:    curve(floor, 50_000, target, 10_000, ceiling, 50),
			Evidence: planner.Evidence{Samples: 4032, Expected: 4032, Pods: 3, Percentile: 99, Typical: floor / 2, Peak: ceiling, Pattern: "daily", LevelRisk: 1800},
		}
	}
	held, unknown := target("shop/Deployment/cart", "app", "cpu", 500, 500, 500, 500), target("shop/Deployment/new", "app", "memory", 256, 256, 256, 256)
	held.Held = "class critical excludes it"
	unknown.Unknown, unknown.Curve = "too little was measured: 12 samples over 0.2 h", nil
	limited := target("shop/StatefulSet/db", "postgres", "memory", 4096, 5000, 5632, 6144)
	limited.LimitNow, limited.Limit = 8192, 8192
	return planner.Targets{
		Source: "usage.csv.gz", From: time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
		Containers: []planner.Target{
			target("shop/Deployment/web", "app", "cpu", 1000, 180, 240, 400), target("shop/Deployment/web", "app", "memory", 2048, 700, 812, 1100),
			limited, target("shop/StatefulSet/db", "postgres", "cpu", 2000, 1500, 2000, 2400), held, unknown,
		},
		GPUs: []planner.GPUAim{
			{Workload: "ml/Deployment/embed", Now: "1 × GPU", Model: "H100-80GB", Choices: []planner.GPUChoice{
				{Model: "H100-80GB", Need: planner.GPUNeed{Whole: 1}, Why: "as it is"},
				{Model: "H100-80GB", Need: planner.GPUNeed{Slices: map[string]int64{"1g.10gb": 1}}, MemoryUsed: 9011, MemoryMiB: 9984, DutyMilli: 532, SpeedMilli: 92, RiskMicro: 1200},
			}},
			{Workload: "ml/Deployment/train", Now: "8 × GPU", Unknown: "nothing was measured of its GPUs"},
		},
		Scalers: []planner.ScalerAim{{Scaler: "shop/HorizontalPodAutoscaler/web", Resource: "cpu", Now: 60, Percent: 90, Why: "60 % of 1000 is 600: where it scales today"}},
		Notes:   []planner.Note{{Severity: planner.Warning, Object: "shop/Pod/gone-1", Text: "belongs to no workload of the cluster"}},
	}
}

func TestTargets(t *testing.T) {
	golden(t, "targets", func() string { return explain.Targets(someTargets(), explain.Options{}) })
	golden(t, "targets_wide", func() string { return explain.Targets(someTargets(), explain.Options{Wide: true}) })
	golden(t, "targets_csv", func() string { return explain.TargetsCSV(someTargets()) })
}

func TestTargetsFitTheTerminal(t *testing.T) {
	for _, limit := range []int{60, 80, 132} {
		for line := range strings.SplitSeq(explain.Targets(someTargets(), explain.Options{Width: limit}), "\n") {
			if n := utf8.RuneCountInString(line); n > limit && limit >= 80 {
				t.Errorf("%d cells: %q", n, line)
			}
		}
	}
}

func TestTargetsOfNothing(t *testing.T) {
	if text := explain.Targets(planner.Targets{}, explain.Options{}); !strings.Contains(text, "0 requests") {
		t.Errorf("%q", text)
	}
}

// A name must not end a row, move the cursor, or be a formula in a spreadsheet.
func TestHostileTargets(t *testing.T) {
	hostile := someTargets()
	hostile.Containers[0].Workload, hostile.Containers[0].Container = "=cmd|' /C calc'!A0", "a,\"b\"\n\x1b[2J"
	hostile.Containers[4].Held = "x\x1b[31m"
	if text := explain.Targets(hostile, explain.Options{Wide: true}); strings.ContainsAny(text, "\x1b") {
		t.Errorf("an escape sequence came through: %q", text)
	}
	rows, err := csv.NewReader(strings.NewReader(explain.TargetsCSV(hostile))).ReadAll()
	if err != nil || len(rows) != 7 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if strings.HasPrefix(rows[1][0], "=") || !strings.HasPrefix(rows[1][0], "'=") {
		t.Errorf("a formula came through: %q", rows[1][0])
	}
}
