package explain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/explain"
)

// resized is the shop with requests that were chosen from usage.
func resized() planner.Plan {
	p := shop()
	day := func(n int) time.Time { return time.Date(2026, 10, n, 0, 0, 0, 0, time.UTC) }
	micro := func(n int64) *int64 { return &n }
	p.Rightsizing = &planner.Rightsizing{
		Source: "usage.csv.gz", Usage: "sha256:77aa", Policy: "sha256:88bb", From: day(1), To: day(29), Proof: "sha256:99cc",
		Asked:       planner.SizedPlan{PlannedPerHour: money("189.2"), LowerBoundPerHour: money("188.9"), CPUMilli: 812_000, MemoryMiB: 3_200_000, OOMKillsMicro: 310_000, UnderrunMicro: 2100},
		TargetsOnly: planner.SizedPlan{PlannedPerHour: money("154.04"), LowerBoundPerHour: money("153.9"), CPUMilli: 512_000, MemoryMiB: 2_100_000, OOMKillsMicro: 2_400_000, UnderrunMicro: 9900, Unplaced: 1},
		Joint:       planner.SizedPlan{PlannedPerHour: p.Cost.PlannedPerHour, LowerBoundPerHour: p.Cost.LowerBoundPerHour, CPUMilli: 498_000, MemoryMiB: 2_000_000, OOMKillsMicro: 2_310_000, UnderrunMicro: 9720, Unplaced: 1},
		Says:        "the requests were chosen with the nodes: at the risk of the targets they cost 7.7272 an hour less",
		Workloads: []planner.SizedWork{
			{Workload: "shop/Deployment/web", Replicas: 24, AskedPerPod: money("0.045"), TargetPerPod: money("0.021"), JointPerPod: money("0.0195")},
			{Workload: "shop/Deployment/cart", Replicas: 6, AskedPerPod: money("0.03"), TargetPerPod: money("0.03"), JointPerPod: money("0.03")},
		},
		Containers: []planner.Sizing{
			{
				Workload: "shop/Deployment/cart", Container: "api", Resource: "cpu", Class: "default", Pods: 6, Now: 500, Floor: 500, Target: 500, Ceiling: 500, Chosen: 500,
				Unknown: "3 hours of samples, and a day is the least", Kept: "3 hours of samples, and a day is the least", Why: "kept: 3 hours of samples, and a day is the least",
				Evidence: planner.Evidence{Samples: 36, Expected: 8064, Pods: 6, Typical: 100, Peak: 120, Says: []string{}},
			},
			{
				Workload: "shop/Deployment/web", Container: "app", Resource: "cpu", Class: "web", Pods: 24, Now: 2000, Floor: 610, Target: 820, Ceiling: 1210, Chosen: 610,
				RiskNow: micro(0), RiskFloor: micro(50_000), RiskTarget: micro(10_000), RiskCeiling: micro(1000), RiskChosen: micro(50_000),
				Why: "floor: 210m a pod less for 4 points more risk; 6 fit n1 (m7g.4xlarge), at the target 5 would",
				Evidence: planner.Evidence{From: day(1), To: day(29), Samples: 193_500, Expected: 193_536, Pods: 24, Percentile: 99, Typical: 310, Peak: 1950,
					PeakAt: day(13).Add(19 * time.Hour), Headroom: 5.1, Pattern: "weekly", WouldHaveUnder: 8800, Says: []string{"peaks on Tuesdays at 19:00, seen in 4 of 4 weeks", "the first 5 minutes of a pod do not count"}},
			},
			{
				Workload: "shop/Deployment/web", Container: "app", Resource: "memory", Class: "web", Pods: 24, Now: 4096, Floor: 1900, Target: 2230, Ceiling: 2610, Chosen: 2610,
				LimitNow: 4096, Limit: 2610, RiskNow: micro(0), RiskFloor: micro(50_000), RiskTarget: micro(10_000), RiskCeiling: micro(900), RiskChosen: micro(900),
				Why: "headroom handed back: 380 MiB a pod, which its nodes have free anyway",
				Evidence: planner.Evidence{From: day(1), To: day(29), Samples: 193_500, Expected: 193_536, Pods: 24, Percentile: 99.5, Typical: 1500, Peak: 2120,
					PeakAt: day(20), Headroom: 5.2, Pattern: "steady", WouldHaveKilled: 1, OOMKills: 2, Faults: 3, LevelRisk: 1800, Says: []string{"the highest day of each pod, 672 of them"}},
			},
		},
		GPUs: []planner.SizedGPU{{
			GPUAim: planner.GPUAim{
				Workload: "ml/Deployment/vision", Now: "1 × GPU", Class: "default",
				Choices: []planner.GPUChoice{{Model: "A100-40GB", MemoryMiB: 4864, MemoryUsed: 3100, SpeedMilli: 210, DutyMilli: 480, Why: "its peak fits with 10 % to spare"}},
				Refused: []planner.GPURefusal{{Model: "T4-16GB", Need: "1 × GPU", Why: "its speed for this work is not known"}},
			},
			Name: "ml/Deployment/vision", Used: true, Why: "the packing chose among 1g.5gb of A100-40GB",
		}},
		Notes: []planner.Note{{Severity: planner.Warning, Text: "2 targets are for containers or resources that the cluster does not have, or come twice, and are not used"}},
	}
	return p
}

func TestRightsizingGolden(t *testing.T) {
	golden(t, "sized_table", func() string { return before(t, explain.Table(resized(), explain.Options{}), "\nNodes, all") })
	golden(t, "sized_wide", func() string {
		return before(t, explain.Table(resized(), explain.Options{Wide: true, Width: 120}), "\nNodes\n")
	})
	golden(t, "sized_markdown", func() string { return before(t, explain.Markdown(resized()), "**Nodes**") })
	golden(t, "sized_workload", func() string { return workload(t, resized(), "web") })
	golden(t, "sized_unknown", func() string { return before(t, workload(t, resized(), "cart"), "\nRuns on\n") })
	golden(t, "sized_gpu", func() string { return before(t, workload(t, resized(), "vision"), "\nRuns on\n") })
	goldenFile(t, "report_sized.html", func() string { return report(t, resized()) })
}

func workload(t *testing.T, p planner.Plan, name string) string {
	t.Helper()
	text, err := explain.Workload(p, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// before is the part of a text that ends where another begins.
func before(t *testing.T, text, mark string) string {
	t.Helper()
	out, _, ok := strings.Cut(text, mark)
	if !ok {
		t.Fatalf("no %q in:\n%s", mark, text)
	}
	return out
}

// TestAWorkloadFitsOneScreen: whoever asks why a request was set so finds it without scrolling.
func TestAWorkloadFitsOneScreen(t *testing.T) {
	const screen = 50
	text := before(t, workload(t, resized(), "web"), "\nWhat else was looked at\n")
	if lines := strings.Count(text, "\n"); lines > screen {
		t.Errorf("it takes %d lines, a screen has %d", lines, screen)
	}
}
