package openb

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// testCatalog is a price list with one type for each case that the reader tells apart. The figures are made up.
func testCatalog() pricing.Catalog {
	machine := func(name string, vcpu, memoryMiB int64, price string, card pricing.GPU) pricing.InstanceType {
		micro, err := pricing.ParseMicro(price)
		if err != nil {
			panic(err)
		}
		return pricing.InstanceType{
			Name: name, Arch: "amd64", OS: []string{"linux"}, VCPU: vcpu, MemoryMiB: memoryMiB, GPU: card,
			Allocatable: pricing.Capacity{CPUMilli: vcpu*1000 - 100, MemoryMiB: memoryMiB - 1000, Pods: 58},
			Offerings:   []pricing.Offering{{CapacityType: pricing.OnDemand, PriceMicro: micro}},
		}
	}
	nvidia := func(name string, count, memoryMiB int64) pricing.GPU {
		return pricing.GPU{Manufacturer: "nvidia", Name: name, Count: count, MemoryMiB: memoryMiB}
	}
	arm := machine("c7g.large", 2, 4096, "0.05", pricing.GPU{})
	arm.Arch = "arm64"
	unpriced := machine("p9.huge", 192, 2<<20, "1", nvidia("h100", 8, 81920))
	unpriced.Offerings = nil
	return pricing.Catalog{
		Name: "test", Currency: "USD", Region: "here-1", Types: []pricing.InstanceType{
			machine("c7.large", 32, 65536, "1", pricing.GPU{}),
			arm,
			machine("g4ad.xlarge", 4, 16384, "0.3", pricing.GPU{Manufacturer: "amd", Name: "radeon-pro-v520", Count: 1, MemoryMiB: 8192}),
			machine("g4dn.big", 48, 196608, "4", nvidia("t4", 4, 16384)),
			machine("g4dn.small", 16, 65536, "1.2", nvidia("t4", 1, 16384)),
			machine("g5.small", 16, 65536, "1.6", nvidia("a10g", 1, 22888)),
			machine("g6f.large", 2, 8192, "0.2", nvidia("l4", 0, 2861)),
			machine("p3dn.24xlarge", 96, 786432, "31", nvidia("v100", 8, 32768)),
			machine("p4d.24xlarge", 96, 1179648, "22", nvidia("a100", 8, 40960)),
			machine("p5.4xlarge", 16, 262144, "7", nvidia("h100", 1, 81920)),
			unpriced,
		},
	}
}

const podHeader = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"

// read reads lists that must be readable. No nodes means no node list.
func read(t *testing.T, pods, nodes string, opts Options) planner.Snapshot {
	t.Helper()
	in := Input{Pods: strings.NewReader(pods), PodsName: "pods.csv", NodesName: "nodes.csv"}
	if nodes != "" {
		in.Nodes = strings.NewReader(nodes)
	}
	snap, err := Snapshot(in, testCatalog(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// typesOf names the instance types of a set of offers.
func typesOf(snap planner.Snapshot, set planner.Set) string {
	var names []string
	for _, i := range set.Members() {
		names = append(names, snap.Offers[i].InstanceType)
	}
	return strings.Join(names, " ")
}

// hasNote tells whether a note holds a text.
func hasNote(snap planner.Snapshot, text string) bool {
	for _, note := range snap.Notes {
		if strings.Contains(note.Text, text) {
			return true
		}
	}
	return false
}

func TestRowsOfOneShapeAreOneWorkload(t *testing.T) {
	snap := read(t, podHeader+
		"b,6000,12288,1,460,T4,LS,Running,0,9,0\n"+
		"a,12000,16384,1,1000,,LS,Running,0,9,0\n"+
		"c,6000,12288,1,460,t4|T4,BE,Failed,0,9,0\n"+
		"\n"+
		"d,500,1024,0,0,nan,BE,Pending,0,9,\n", "", Options{})
	want := []planner.Workload{
		{
			Ref: planner.Ref{Kind: "PodGroup", Name: "12000m-16384Mi-1gpu"}, Replicas: 1, QoS: "LS",
			Requests: planner.Resources{CPUMilli: 12000, MemoryMiB: 16384, Pods: 1}, GPU: planner.GPUNeed{Whole: 1},
		},
		{
			Ref: planner.Ref{Kind: "PodGroup", Name: "500m-1024Mi"}, Replicas: 1, QoS: "BE",
			Requests: planner.Resources{CPUMilli: 500, MemoryMiB: 1024, Pods: 1},
		},
		{
			Ref: planner.Ref{Kind: "PodGroup", Name: "6000m-12288Mi-460mgpu-t4"}, Replicas: 2, QoS: "BE,LS",
			Requests: planner.Resources{CPUMilli: 6000, MemoryMiB: 12288, Pods: 1}, GPU: planner.GPUNeed{ShareMilli: 460},
			Constraints: snap.Workloads[2].Constraints, // looked at below: sets have no form to print
		},
	}
	if diff := cmp.Diff(want, snap.Workloads); diff != "" {
		t.Errorf("workloads (-want +got):\n%s", diff)
	}
	constraint := snap.Workloads[2].Constraints[0]
	if got := typesOf(snap, constraint.Offers); got != "g4dn.big g4dn.small" || constraint.Kind != "gpuModel" || constraint.Text != "gpu_spec T4" {
		t.Errorf("got constraint %s %q on %s, want gpuModel \"gpu_spec T4\" on both g4dn", constraint.Kind, constraint.Text, got)
	}
	if !hasNote(snap, "all 4 pods of the list at once, whatever became of them (1 Failed, 1 Pending, 2 Running)") {
		t.Errorf("no note says which pods were taken: %v", snap.Notes)
	}
}

func TestOffersAreWhatTheRecordingCanRunOn(t *testing.T) {
	for name, tc := range map[string]struct {
		opts  Options
		wantZ string
		share bool
	}{
		"by default in the region's zone a, cards shared by time": {wantZ: "here-1a", share: true},
		"in the zone asked for, cards cut by MIG":                 {Options{Zone: "z", Sharing: MIG}, "z", false},
	} {
		t.Run(name, func(t *testing.T) {
			snap := read(t, podHeader, "", tc.opts)
			got := map[string]planner.Cards{}
			for _, o := range snap.Offers {
				if o.Zone != tc.wantZ || o.Arch != "amd64" || o.CapacityType != pricing.OnDemand {
					t.Errorf("offer %s is %s, %s in %s", o.InstanceType, o.Arch, o.CapacityType, o.Zone)
				}
				got[o.InstanceType] = o.Cards
			}
			want := map[string]planner.Cards{
				"c7.large": {}, "g4ad.xlarge": {}, "g6f.large": {},
				"g4dn.big":      {Model: "T4-16GB", Count: 4, Shareable: tc.share},
				"g4dn.small":    {Model: "T4-16GB", Count: 1, Shareable: tc.share},
				"g5.small":      {Model: "A10G-24GB", Count: 1, Shareable: tc.share},
				"p3dn.24xlarge": {Model: "V100-32GB", Count: 8, Shareable: tc.share},
				"p4d.24xlarge":  {Model: "A100-40GB", Count: 8, Shareable: tc.share, Partitionable: true},
				"p5.4xlarge":    {Model: "H100-80GB", Count: 1, Shareable: tc.share, Partitionable: true},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("cards by type (-want +got):\n%s", diff)
			}
		})
	}
}

func TestModelsAreMetByWhatIsSold(t *testing.T) {
	for name, tc := range map[string]struct {
		spec      string
		opts      Options
		wantTypes string // "": stuck
		wantText  string // in a note, or in the reason
	}{
		"T4 is sold": {spec: "T4", wantTypes: "g4dn.big g4dn.small"},
		"A10 is met by its near relative, and that is said": {spec: "A10", wantTypes: "g5.small", wantText: "1 pods name A10: met by A10G-24GB"},
		"V100M16 is met by the V100 with more memory":       {spec: "V100M16", wantTypes: "p3dn.24xlarge", wantText: "1 pods name V100M16: met by V100-32GB"},
		"V100M32 is sold":                                  {spec: "V100M32", wantTypes: "p3dn.24xlarge"},
		"of several, those sold serve":                     {spec: "P100|T4|V100M32", wantTypes: "g4dn.big g4dn.small p3dn.24xlarge", wantText: "1 pods name P100 among others and do without it: AWS never sold the P100"},
		"P100 is not sold, and the reason says what to do": {spec: "P100", wantText: "--gpu-map P100=v100"},
		"G2 is a secret":                                   {spec: "G2", wantText: "undisclosed code"},
		"a model nobody knows is not guessed at":           {spec: "H800", wantText: "H800 is not in the table"},
		"the user knows better":                            {spec: "P100", opts: Options{Map: map[string]string{"p100": "V100"}}, wantTypes: "p3dn.24xlarge", wantText: "as you asked for"},
		"the user may name the memory":                     {spec: "G2", opts: Options{Map: map[string]string{"G2": "a100/40960"}}, wantTypes: "p4d.24xlarge"},
		"the user's map goes before the table":             {spec: "T4", opts: Options{Map: map[string]string{"T4": "a10g"}}, wantTypes: "g5.small"},
		"a mapping that nothing needs is said":             {spec: "T4", opts: Options{Map: map[string]string{"G9": "t4"}}, wantTypes: "g4dn.big g4dn.small", wantText: "--gpu-map G9: no pod"},
	} {
		t.Run(name, func(t *testing.T) {
			snap := read(t, podHeader+"a,1000,1024,1,1000,"+tc.spec+",LS,Running,0,9,0\n", "", tc.opts)
			if tc.wantTypes == "" {
				if len(snap.Workloads) != 0 || len(snap.Stuck) != 1 || snap.Stuck[0].Count != 1 {
					t.Fatalf("got workloads %v and stuck %v, want one stuck pod", snap.Workloads, snap.Stuck)
				}
				if !strings.Contains(snap.Stuck[0].Reason, tc.wantText) {
					t.Errorf("got reason %q, want %q in it", snap.Stuck[0].Reason, tc.wantText)
				}
				return
			}
			if len(snap.Workloads) != 1 {
				t.Fatalf("got no workload, stuck: %v", snap.Stuck)
			}
			if got := typesOf(snap, snap.Workloads[0].Constraints[0].Offers); got != tc.wantTypes {
				t.Errorf("got types %s, want %s", got, tc.wantTypes)
			}
			if !hasNote(snap, tc.wantText) {
				t.Errorf("no note has %q: %v", tc.wantText, snap.Notes)
			}
		})
	}
}

func TestAUsersCatalogMaySellWhatAWSDoesNot(t *testing.T) {
	cat := testCatalog()
	p100 := cat.Types[4]
	p100.Name, p100.GPU = "gcp-p100", pricing.GPU{Manufacturer: "nvidia", Name: "Tesla-P100-PCIE-16GB", Count: 1, MemoryMiB: 16384}
	cat.Types = slices.Insert(cat.Types, 7, p100)
	snap, err := Snapshot(Input{Pods: strings.NewReader(podHeader + "a,1000,1024,1,1000,P100,LS,Running,0,9,0\n")}, cat, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(snap.Workloads) != 1 || typesOf(snap, snap.Workloads[0].Constraints[0].Offers) != "gcp-p100" {
		t.Errorf("got workloads %+v, stuck %v, want one pod on gcp-p100", snap.Workloads, snap.Stuck)
	}
}

func TestSharesByMIG(t *testing.T) {
	needs := func(a100, h100 planner.GPUNeed) map[string]planner.GPUNeed {
		return map[string]planner.GPUNeed{"A100-40GB": a100, "H100-80GB": h100}
	}
	one := func(profile string) planner.GPUNeed { return planner.GPUNeed{Slices: map[string]int64{profile: 1}} }
	for name, tc := range map[string]struct {
		row  string
		want map[string]planner.GPUNeed // nil: stuck, or not a share
	}{
		"a twentieth is the smallest slice":                      {"1,50,", needs(one("1g.5gb"), one("1g.10gb"))},
		"a share is counted in SMs, and H100's slices have less": {"1,140,", needs(one("1g.5gb"), one("1g.20gb"))},
		"no slice but the card has nine tenths":                  {"1,900,", needs(planner.GPUNeed{Whole: 1}, planner.GPUNeed{Whole: 1})},
		"T4 has no MIG":                                          {"1,500,T4", nil},
		"V100 is left out where H100 serves too":                 {"1,50,T4|H100", map[string]planner.GPUNeed{"H100-80GB": one("1g.10gb")}},
	} {
		t.Run(name, func(t *testing.T) {
			snap := read(t, podHeader+"a,1000,1024,"+tc.row+",LS,Running,0,9,0\n", "",
				Options{Sharing: MIG, Map: map[string]string{"H100": "h100"}})
			if tc.want == nil {
				if len(snap.Stuck) != 1 || !strings.Contains(snap.Stuck[0].Reason, "--gpu-sharing=time-slicing") {
					t.Fatalf("got stuck %v, want one that names the other way to share", snap.Stuck)
				}
				return
			}
			if diff := cmp.Diff(tc.want, snap.Workloads[0].GPU.ByModel); diff != "" {
				t.Errorf("needs by model (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPodsThatNoMachineHoldsAreStuck(t *testing.T) {
	for name, tc := range map[string]struct{ row, want string }{
		"more cards than any machine":              {"a,1000,1024,16,1000,,LS,Running,0,9,0", "it asks for 16 cards in one machine, and the largest of the catalog that it may use has 8"},
		"more cards than a machine of its model":   {"a,1000,1024,8,1000,T4,LS,Running,0,9,0", "largest of the catalog that it may use has 4"},
		"more CPU than any machine":                {"a,96000,1024,0,0,,LS,Running,0,9,0", "none of the 9 types that it may use has 96000m CPU"},
		"more memory than the ones with its cards": {"a,1000,70000,1,1000,A10,LS,Running,0,9,0", "none of the 1 types that it may use has 1000m CPU and 70000 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			snap := read(t, podHeader+tc.row+"\n", "", Options{})
			if len(snap.Workloads) != 0 || len(snap.Stuck) != 1 || !strings.Contains(snap.Stuck[0].Reason, tc.want) {
				t.Errorf("got %d workloads, stuck %v, want reason %q", len(snap.Workloads), snap.Stuck, tc.want)
			}
		})
	}
}

func TestAtTakesThoseAlive(t *testing.T) {
	list := podHeader +
		"before,1000,1,0,0,,LS,Succeeded,0,10,0\n" +
		"during,2000,1,0,0,,LS,Running,10,20,11\n" +
		"never deleted,3000,1,0,0,,LS,Running,5,,5\n" +
		"after,4000,1,0,0,,LS,Pending,11,30.0,\n"
	for name, tc := range map[string]struct {
		at   int64
		want []string
	}{
		"created at the second is alive, deleted at it is not": {10, []string{"2000m-1Mi", "3000m-1Mi"}},
		"nobody": {-1, nil},
		"without a deletion it is alive for ever": {1 << 40, []string{"3000m-1Mi"}},
	} {
		t.Run(name, func(t *testing.T) {
			snap := read(t, list, "", Options{At: &tc.at})
			var got []string
			for _, w := range snap.Workloads {
				got = append(got, w.Ref.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("alive (-want +got):\n%s", diff)
			}
			if tc.want == nil && !hasNote(snap, "none of the 4 pods was alive at second -1: the list runs from 0 to 30") {
				t.Errorf("no note says that nobody was alive: %v", snap.Notes)
			}
		})
	}
}

func TestColumnsAreFoundByName(t *testing.T) {
	snap := read(t, "\ufeff,gpu_milli,CPU_MILLI,note,num_gpu,name,memory_mib\r\n0,1000,2000.0,\"a, b\",2,x,512\r\n", "", Options{})
	if len(snap.Workloads) != 1 || snap.Workloads[0].Ref.Name != "2000m-512Mi-2gpu" {
		t.Fatalf("got %v, want one pod of 2000m, 512Mi and 2 GPUs", snap.Workloads)
	}
	for _, want := range []string{`columns not used: number 1, "note"`, "the list names no models"} {
		if !hasNote(snap, want) {
			t.Errorf("no note has %q: %v", want, snap.Notes)
		}
	}
}

func TestTheDigestIsThatOfTheBytes(t *testing.T) {
	snap := read(t, podHeader, "sn,cpu_milli,memory_mib,gpu,model\n", Options{})
	// printf '%s' "$podHeader" "$nodeHeader" | sha256sum
	if want := digestOf(podHeader + "sn,cpu_milli,memory_mib,gpu,model\n"); snap.Digest != want {
		t.Errorf("got %s, want %s", snap.Digest, want)
	}
	if snap.Source != "alibaba-gpu-2023: pods pods.csv, nodes nodes.csv" || !snap.NodesKnown {
		t.Errorf("got source %q, nodes known %t", snap.Source, snap.NodesKnown)
	}
}

func TestTheSameListsGiveTheSameSnapshot(t *testing.T) {
	pods, nodes := Generate(7, 500), GenerateNodes(7, 50)
	if !bytes.Equal(pods, Generate(7, 500)) || bytes.Equal(pods, Generate(8, 500)) {
		t.Fatal("Generate does not follow its seed")
	}
	first := read(t, string(pods), string(nodes), Options{})
	for range 3 {
		if diff := cmp.Diff(first, read(t, string(pods), string(nodes), Options{})); diff != "" {
			t.Fatalf("the same lists differ (-first +again):\n%s", diff)
		}
	}
}
