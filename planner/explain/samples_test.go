package explain_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// A plot builds a Plan whose figures agree with each other: it sums requests, prices and placements itself, so that a
// sample only says what runs where.
type plot struct {
	planner.Plan
	requests map[string]planner.Resources
}

func newPlot(source string) *plot {
	at := time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC)
	return &plot{
		requests: map[string]planner.Resources{},
		Plan: planner.Plan{
			APIVersion:  planner.APIVersion,
			Kind:        planner.PlanKind,
			InputDigest: "sha256:4f0c2f7a9d2b6e1c8a55d0e3b7f14c96a2d8e0b13c47f5a6918d2e7b0c3f4a51",
			Source:      source,
			At:          &at,
			Catalog: planner.CatalogRef{
				Name: "aws", Region: "us-east-1", Currency: "USD", Date: "2026-08-30", Types: 1312,
				Source: "AWS price list and ec2:DescribeInstanceTypes", Digest: "sha256:11d2",
			},
			Cost:   planner.Cost{Currency: "USD"},
			Solver: planner.Solver{Status: "feasible", Iterations: 412, Columns: 3120, Pivots: 9034, Shapes: 44, Offers: 1204, Pruned: 388, Components: 3},
			Digest: "sha256:9b1e57c0a4de83f2617b5c9d0e4f8a3b2c6d1e7f5a9b8c3d2e1f0a4b7c6d5e8f",
		},
	}
}

// workload adds a workload with what one pod asks.
func (p *plot) workload(name string, cpuMilli, memoryMiB int64, gpu string) *planner.PlanWork {
	r := planner.Resources{CPUMilli: cpuMilli, MemoryMiB: memoryMiB, Pods: 1}
	p.requests[name] = r
	p.Workloads = append(p.Workloads, planner.PlanWork{
		Workload: name, Requests: r, GPU: gpu,
		PricePerPod: pricing.Micro(cpuMilli*21 + memoryMiB*3), Offers: 380,
	})
	return &p.Workloads[len(p.Workloads)-1]
}

// node adds a kind of node with the pods of one machine.
func (p *plot) node(n planner.PlanNode, pods ...planner.NodePods) *planner.PlanNode {
	n.ID = fmt.Sprintf("n%d", len(p.Nodes)+1)
	n.Pods = pods
	n.DaemonSets = planner.Resources{CPUMilli: 330, MemoryMiB: 620, Pods: 5}
	for _, w := range pods {
		r := p.requests[w.Workload]
		n.Requested.CPUMilli += r.CPUMilli * w.Count
		n.Requested.MemoryMiB += r.MemoryMiB * w.Count
		n.Requested.Pods += w.Count
		p.Placements = append(p.Placements, planner.Placement{Workload: w.Workload, Node: n.ID, Count: w.Count * n.Count})
	}
	p.Cost.PlannedPerHour += n.PricePerHour.Times(n.Count)
	if n.Held {
		p.Cost.HeldPerHour += n.PricePerHour.Times(n.Count)
	}
	for _, name := range n.Names {
		p.today(planner.TodayNode{
			Name: name, InstanceType: n.InstanceType, Zone: n.Zone, CapacityType: n.CapacityType, Pool: n.Pool,
			PricePerHour: &n.PricePerHour, Fate: map[bool]string{true: "held", false: "keep"}[n.Held], Node: n.ID,
		})
	}
	p.Changes.Add += n.Count - int64(len(n.Names))
	p.Nodes = append(p.Nodes, n)
	return &p.Nodes[len(p.Nodes)-1]
}

func (p *plot) today(t planner.TodayNode) {
	switch t.Fate {
	case "keep", "held":
		p.Changes.Keep++
	case "remove":
		p.Changes.Remove++
	}
	if t.PricePerHour == nil {
		p.Cost.UnpricedNodes++
	} else {
		now := *t.PricePerHour
		if p.Cost.NowPerHour != nil {
			now += *p.Cost.NowPerHour
		}
		p.Cost.NowPerHour = &now
	}
	p.Today = append(p.Today, t)
}

// plan closes the books: bound and gap, savings, replicas, moves, order.
func (p *plot) plan(gapPerMille int64) planner.Plan {
	planned := p.Cost.PlannedPerHour
	p.Cost.LowerBoundPerHour = planned - planned*pricing.Micro(gapPerMille)/1000
	if p.Cost.LowerBoundPerHour > 0 {
		gap := (planned - p.Cost.LowerBoundPerHour).Float64() / p.Cost.LowerBoundPerHour.Float64() * 100
		p.Cost.GapPercent = math.Ceil(gap*10000) / 10000
	}
	if p.Cost.NowPerHour != nil {
		saved := (*p.Cost.NowPerHour - planned).Float64() / p.Cost.NowPerHour.Float64() * 100
		p.Cost.SavedPercent = &saved
	}
	pods := map[string]int64{}
	for _, x := range p.Placements {
		pods[x.Workload] += x.Count
	}
	for _, u := range p.Unplaced {
		pods[u.Workload] += u.Count
	}
	for i := range p.Workloads {
		w := &p.Workloads[i]
		w.Replicas = pods[w.Workload]
		w.Moves = min(w.Moves, w.Replicas)
		p.Changes.Moves += w.Moves
	}
	slices.SortFunc(p.Workloads, func(a, b planner.PlanWork) int { return cmp.Compare(a.Workload, b.Workload) })
	return p.Plan
}

func money(text string) pricing.Micro {
	m, err := pricing.ParseMicro(text)
	if err != nil {
		panic(err) // a sample with a typo
	}
	return m
}

func pods(list ...any) []planner.NodePods {
	var out []planner.NodePods
	for i := 0; i < len(list); i += 2 {
		out = append(out, planner.NodePods{Workload: list[i].(string), Count: int64(list[i+1].(int))})
	}
	return out
}

func mig(profile string, start, size int, workload string) planner.PlanMIG {
	return planner.PlanMIG{Profile: profile, Start: start, Size: size, Workload: workload}
}

func whole(from, to int, workload string) []planner.PlanGPU {
	var out []planner.PlanGPU
	for i := from; i <= to; i++ {
		out = append(out, planner.PlanGPU{Index: i, Mode: "whole", User: workload})
	}
	return out
}

func names(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s-%d.ec2.internal", prefix, 17+i*23))
	}
	return out
}

// shop is a company's cluster: CPU nodes in three zones, an A100 machine cut by MIG, T4s shared by time, H100s given
// whole, a node that nobody may touch, pods that fit nowhere and notes of every severity.
func shop() planner.Plan {
	p := newPlot("cluster.yaml")
	p.Cost.UnpricedNodes = 0
	shopServices(p)
	shopGPUs(p)
	p.today(planner.TodayNode{
		Name: "ip-10-0-9-9.ec2.internal", InstanceType: "mac2.metal", Zone: "us-east-1a", CapacityType: "on-demand",
		Fate: "outside", Reason: "runs macOS; the plan is for linux",
	})
	for _, name := range names("ip-10-0-6", 2) {
		price := money("21.957642")
		p.today(planner.TodayNode{
			Name: name, InstanceType: "p4d.24xlarge", Zone: "us-east-1c", CapacityType: "on-demand", Pool: "gpu",
			PricePerHour: &price, Fate: "remove", Reason: "its MIG slices fit beside each other on n7",
		})
	}
	for _, name := range names("ip-10-0-7", 6) {
		price := money("1.536")
		p.today(planner.TodayNode{
			Name: name, InstanceType: "m5.8xlarge", Zone: "us-east-1b", CapacityType: "on-demand", Pool: "general",
			PricePerHour: &price, Fate: "remove", Reason: "its pods fit on 3 m7g.4xlarge for 0.9792 less an hour",
		})
	}
	p.Unplaced = []planner.Unplaced{
		{Workload: "ml/Job/pretrain-xl", Count: 2, Reason: "asks for 16 GPUs in one node; the largest type that its nodeSelector allows (p5.48xlarge) has 8"},
		{Workload: "legacy/Deployment/windows-gateway", Count: 1, Reason: "needs kubernetes.io/os In [windows]; no NodePool has it"},
	}
	p.Notes = []planner.Note{
		{Severity: planner.Info, Object: "shop/Deployment/web", Text: "preferred podAntiAffinity on topology.kubernetes.io/zone was counted and not obeyed: 1 of 3 zones holds no pod"},
		{Severity: planner.Warning, Object: "batch/CronJob/nightly", Text: "a CronJob has no pods now; its Jobs are not planned"},
		{Severity: planner.Warning, Object: "kube-system/DaemonSet/nvidia-mig-manager", Text: "nodes n9 and n10 change their MIG layout; the manager must be running before their pods are"},
		{Severity: planner.Info, Text: "spot prices are not in the catalog: spot offers were left out"},
	}
	p.Changes.Stay = 41
	asIs, built := money("171.0412"), money("149.9034")
	p.Cost.KarpenterPerHour = &built
	p.Karpenter = &planner.Built{
		Version: "v1.15.0", Nodes: 31, Unplaced: 1, PerHour: built, AsIsPerHour: &asIs,
		Pools: []planner.Pool{
			{
				Name: "general-m7g", Base: "general", InstanceTypes: []string{"c7g.8xlarge", "m7g.2xlarge", "m7g.4xlarge", "m7g.8xlarge"}, CapacityTypes: []string{"on-demand"},
				Weight: 60, Works: []planner.PoolWork{{Workload: "shop/Deployment/web"}, {Workload: "shop/Deployment/api"}}, Steered: true, Nodes: 9, PricePerHour: money("6.2"),
			},
			{
				Name: "gpu-mig", Base: "gpu", InstanceTypes: []string{"p5.4xlarge"}, CapacityTypes: []string{"on-demand"}, Weight: 50, Steered: true,
				Slices: map[string]int64{"3g.40gb": 1, "1g.10gb": 4}, Works: []planner.PoolWork{{Workload: "ml/Deployment/rank"}}, Nodes: 3, PricePerHour: money("20.64"),
			},
			{Name: "gpu-l4", Base: "gpu", InstanceTypes: []string{"g6.xlarge"}, CapacityTypes: []string{"spot"}, Weight: 40, Steered: true, Replicas: 4, Nodes: 2, PricePerHour: money("1.6")},
			{Name: "open", Base: "general", InstanceTypes: []string{"m7g.2xlarge"}, CapacityTypes: []string{"on-demand"}, Weight: 30, Nodes: 1, PricePerHour: money("0.32")},
		},
		Notes: []planner.Note{{Severity: planner.Warning, Object: "shop/web-0", Text: "Karpenter finds no node for it: no instance type has enough resources"}},
	}
	return p.plan(4)
}

func shopServices(p *plot) {
	for i, name := range strings.Fields("web api cart checkout search payments inventory recommend mail auth ledger pricing images " +
		"gateway feed reviews shipping tax fraud sessions catalog coupons orders returns stock alerts exports geo ads chat") {
		w := p.workload("shop/Deployment/"+name, int64(250+i*70%900), int64(384+i*530%3300), "")
		w.Moves = int64(i * 5 % 7)
	}
	web := &p.Workloads[0]
	web.Priority = 1000
	web.Constraints = []planner.PlanConstraint{
		{Kind: "arch", Text: "kubernetes.io/arch In [arm64]", Excludes: 811, PerPod: 0},
		{Kind: "spread", Text: "topologySpreadConstraints zone maxSkew 1 DoNotSchedule (shop/Deployment/web)", PerPod: money("0.00112")},
		{Kind: "nodeAffinity", Text: "karpenter.k8s.aws/instance-generation Gt [6]", Excludes: 402, PerPod: money("0.0031")},
	}
	web.Soft = []string{"preferred podAntiAffinity on topology.kubernetes.io/zone"}
	p.workload("data/StatefulSet/kafka", 3500, 27000, "").Constraints = []planner.PlanConstraint{
		{Kind: "volume", Text: "PersistentVolumes are in us-east-1a, us-east-1b", Excludes: 128, PerPod: 0},
	}
	p.workload("data/StatefulSet/postgres-with-a-very-long-name-that-somebody-thought-was-a-good-idea", 7000, 56000, "")
	p.workload("data/StatefulSet/redis", 900, 12000, "")
	p.workload("batch/Job/nightly-28861", 1900, 3600, "")
	general := planner.Resources{CPUMilli: 15890, MemoryMiB: 57691, Pods: 234, EphemeralMiB: 17917}
	for i, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
		n := planner.PlanNode{
			Pool: "general", InstanceType: "m7g.4xlarge", Zone: zone, CapacityType: "on-demand", Arch: "arm64",
			Count: int64(3 - i), PricePerHour: money("0.6528"), Allocatable: general,
		}
		if i == 0 {
			n.Names = names("ip-10-0-1", 2)
		}
		var content []planner.NodePods
		for j := range 10 {
			content = append(content, planner.NodePods{Workload: p.Workloads[i*10+j].Workload, Count: int64(1 + (i+j)%3)})
		}
		p.node(n, content...)
	}
	p.node(planner.PlanNode{
		Pool: "general", InstanceType: "c7g.8xlarge", Zone: "us-east-1a", CapacityType: "on-demand", Arch: "arm64", Count: 2,
		PricePerHour: money("1.16"), Allocatable: planner.Resources{CPUMilli: 31850, MemoryMiB: 57691, Pods: 234},
	}, pods("batch/Job/nightly-28861", 14, "shop/Deployment/web", 4)...)
	p.node(planner.PlanNode{
		Pool: "data", InstanceType: "r7g.4xlarge", Zone: "us-east-1b", CapacityType: "on-demand", Arch: "arm64", Count: 3,
		PricePerHour: money("0.8568"), Allocatable: planner.Resources{CPUMilli: 15890, MemoryMiB: 119300, Pods: 234}, Names: names("ip-10-0-2", 3),
	}, pods("data/StatefulSet/kafka", 2, "data/StatefulSet/postgres-with-a-very-long-name-that-somebody-thought-was-a-good-idea", 1)...)
	held := p.node(planner.PlanNode{
		Pool: "data", InstanceType: "r6i.2xlarge", Zone: "us-east-1b", CapacityType: "on-demand", Arch: "amd64", Count: 1, Held: true,
		PricePerHour: money("0.504"), Allocatable: planner.Resources{CPUMilli: 7910, MemoryMiB: 59300, Pods: 58}, Names: names("ip-10-0-3", 1),
		Note: "karpenter.sh/do-not-disrupt on data/Pod/backup-0",
	}, pods("data/StatefulSet/redis", 3)...)
	held.Stay = planner.Resources{CPUMilli: 2000, MemoryMiB: 8192, Pods: 2}
}

func shopGPUs(p *plot) {
	p.workload("ml/Deployment/embedder", 1800, 9000, "1g.5gb")
	p.workload("ml/Deployment/ranker", 2800, 14000, "2g.10gb")
	p.workload("ml/Deployment/vision", 5500, 30000, "3g.20gb")
	p.workload("ml/Deployment/whisper", 7000, 36000, "4g.20gb")
	p.workload("ml/StatefulSet/llm-70b", 90000, 900000, "8 × GPU")
	p.workload("ml/Deployment/notebook", 900, 3100, "230/1000 of a card")
	p.workload("ml/Deployment/ocr", 700, 2800, "460/1000 of a card")
	p.workload("ml/Job/pretrain-xl", 90000, 900000, "16 × GPU")
	p.workload("legacy/Deployment/windows-gateway", 500, 1024, "")
	const embedder, ranker, vision, whisper = "ml/Deployment/embedder", "ml/Deployment/ranker", "ml/Deployment/vision", "ml/Deployment/whisper"
	var cardsOfA100 []planner.PlanGPU
	for i := range 3 {
		cardsOfA100 = append(cardsOfA100, planner.PlanGPU{Index: i, Mode: "mig", Layout: []planner.PlanMIG{
			mig("4g.20gb", 0, 4, whisper), mig("3g.20gb", 4, 4, vision),
		}})
	}
	cardsOfA100 = append(cardsOfA100,
		planner.PlanGPU{Index: 3, Mode: "mig", Layout: []planner.PlanMIG{
			mig("3g.20gb", 4, 4, vision), mig("2g.10gb", 0, 2, ranker), mig("1g.5gb", 2, 1, embedder), mig("1g.5gb", 3, 1, "")}},
		planner.PlanGPU{Index: 4, Mode: "mig", Layout: []planner.PlanMIG{
			mig("1g.5gb", 0, 1, embedder), mig("1g.5gb", 1, 1, embedder), mig("1g.5gb", 2, 1, embedder), mig("1g.5gb", 3, 1, embedder),
			mig("1g.5gb", 4, 1, embedder), mig("1g.5gb", 5, 1, embedder), mig("1g.5gb", 6, 1, embedder)}},
		planner.PlanGPU{Index: 5, Mode: "live", Layout: []planner.PlanMIG{mig("live", 4, 4, ""), mig("2g.10gb", 0, 2, ranker)}},
		planner.PlanGPU{Index: 6, Mode: "idle"}, planner.PlanGPU{Index: 7, Mode: "idle"})
	p.node(planner.PlanNode{
		Pool: "gpu", InstanceType: "p4d.24xlarge", Zone: "us-east-1c", CapacityType: "on-demand", Arch: "amd64", Count: 1,
		PricePerHour: money("21.957642"), Allocatable: planner.Resources{CPUMilli: 95690, MemoryMiB: 1123000, Pods: 737},
		GPUModel: "A100-40GB", GPUs: cardsOfA100, Names: names("ip-10-0-4", 1),
	}, pods(embedder, 8, ranker, 2, vision, 4, whisper, 3)...)
	p.node(planner.PlanNode{
		Pool: "gpu", InstanceType: "p5.48xlarge", Zone: "us-east-1b", CapacityType: "on-demand", Arch: "amd64", Count: 2,
		PricePerHour: money("55.04"), Allocatable: planner.Resources{CPUMilli: 191690, MemoryMiB: 1990000, Pods: 100},
		GPUModel: "H100-80GB", GPUs: whole(0, 7, "ml/StatefulSet/llm-70b"), Names: names("ip-10-0-5", 2),
	}, pods("ml/StatefulSet/llm-70b", 1, "shop/Deployment/web", 2)...)
	share := func(index, notebooks, ocrs int64) planner.PlanGPU {
		return planner.PlanGPU{Index: int(index), Mode: "shared", Shares: slices.DeleteFunc([]planner.PlanPart{
			{Workload: "ml/Deployment/ocr", Milli: 460, Count: ocrs}, {Workload: "ml/Deployment/notebook", Milli: 230, Count: notebooks},
		}, func(s planner.PlanPart) bool { return s.Count == 0 })}
	}
	p.node(planner.PlanNode{
		Pool: "gpu", InstanceType: "g4dn.12xlarge", Zone: "us-east-1a", CapacityType: "on-demand", Arch: "amd64", Count: 1,
		PricePerHour: money("3.912"), Allocatable: planner.Resources{CPUMilli: 47690, MemoryMiB: 182000, Pods: 234},
		GPUModel: "T4-16GB", GPUs: []planner.PlanGPU{share(0, 2, 1), share(1, 2, 1), share(2, 2, 1), share(3, 0, 2)},
	}, pods("ml/Deployment/notebook", 6, "ml/Deployment/ocr", 5)...)
	p.node(planner.PlanNode{
		Pool: "gpu", InstanceType: "g4dn.xlarge", Zone: "us-east-1a", CapacityType: "on-demand", Arch: "amd64", Count: 2,
		PricePerHour: money("0.526"), Allocatable: planner.Resources{CPUMilli: 3920, MemoryMiB: 14600, Pods: 29},
		GPUModel: "T4-16GB", GPUs: []planner.PlanGPU{{Mode: "shared", Shares: []planner.PlanPart{{Workload: "ml/Deployment/notebook", Milli: 230, Count: 3}}}},
	}, pods("ml/Deployment/notebook", 3)...)
}

// fleet is a large cluster: kinds of node and workloads by the hundred, drawn from a fixed sequence.
func fleet(kinds, workloads int) planner.Plan {
	p := newPlot("fleet.json.gz")
	for i := range workloads {
		p.workload(fmt.Sprintf("team-%02d/Deployment/service-%04d", i%37, i), int64(100+i*37%1900), int64(128+i*211%7000), "")
	}
	for i := range kinds {
		var content []planner.NodePods
		for j := range 7 {
			content = append(content, planner.NodePods{Workload: p.Workloads[(i*7+j*j)%workloads].Workload, Count: int64(1 + j%2)})
		}
		n := planner.PlanNode{
			Pool: "general", InstanceType: fmt.Sprintf("m%d.%dxlarge", 5+i%4, 4<<(i%3)), Zone: "us-east-1" + string(rune('a'+i%3)), CapacityType: "on-demand",
			Count: 1, PricePerHour: pricing.Micro(768000 << (i % 3)), Allocatable: planner.Resources{CPUMilli: 15890 << (i % 3), MemoryMiB: 57691 << (i % 3), Pods: 234},
		}
		if i%2 == 0 {
			n.Names = []string{fmt.Sprintf("ip-10-%d-%d-%d.ec2.internal", i%7, i/256, i%256)}
		}
		p.node(n, content...)
	}
	return p.plan(9)
}

// empty is what planning nothing gives.
func empty() planner.Plan {
	p := newPlot("empty.yaml")
	p.Solver = planner.Solver{Status: "empty"}
	return p.plan(0)
}
