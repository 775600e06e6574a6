package openb

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/planner"
)

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

const nodeHeader = "sn,cpu_milli,memory_mib,gpu,model\n"

// Each broken list must give one line that says where it is broken and what to write instead.
func TestBrokenPodLists(t *testing.T) {
	row := func(numbers string) string {
		return podHeader + "a,1,1,0,0,,LS,Running,0,9,0\na," + numbers + ",,LS,Running,0,9,0\n"
	}
	for name, tc := range map[string]struct{ list, want string }{
		"nothing":                     {"", "pods.csv: not an openb list: it is empty"},
		"only blanks":                 {"\n\n", "pods.csv:1: not an openb list: the header lacks name, cpu_milli"},
		"a node list":                 {nodeHeader, "the header lacks name, num_gpu, gpu_milli: want \"name,cpu_milli,memory_mib,num_gpu,gpu_milli\" (this is a node list)"},
		"gzip":                        {"\x1f\x8b\x08\x00", "pods.csv:1: not an openb list: it is gzip: unpack it first"},
		"a column twice":              {"name,name\n", `pods.csv:1: not an openb list: column "name" is there twice`},
		"semicolons":                  {strings.ReplaceAll(podHeader, ",", ";"), "the header lacks name"},
		"a short row":                 {podHeader + "a,1,1\n", "pods.csv:2: not an openb list: the row has 3 fields, the header 11"},
		"a long row":                  {podHeader + strings.Repeat(",", 11) + "\n", "the row has 12 fields, the header 11"},
		"an open quotation mark":      {podHeader + "\"a,1,1,0,0,,LS,Running,0,9,0\n", "pods.csv:2: not an openb list: a quotation mark does not close"},
		"a line without end":          {podHeader + strings.Repeat("x", lineMax+1), "pods.csv:2: not an openb list: the line is longer than 65536 bytes"},
		"no name":                     {podHeader + ",1,1,0,0,,LS,Running,0,9,0\n", "column name is empty: give the pod a name"},
		"negative CPU":                {row("-1,1,0,0"), `pods.csv:3: not an openb list: column cpu_milli is "-1": write a whole number from 0 to 1000000000`},
		"NaN memory":                  {row("1,NaN,0,0"), `column memory_mib is "NaN": write a whole number`},
		"1e99 CPU":                    {row("1e99,1,0,0"), `column cpu_milli is "1e99"`},
		"more than any machine":       {row("1000000001,1,0,0"), `column cpu_milli is "1000000001"`},
		"half a milli-CPU":            {row("1.5,1,0,0"), `column cpu_milli is "1.5"`},
		"empty memory":                {row("1,,0,0"), "column memory_mib is empty: write a whole number"},
		"hexadecimal":                 {row("0x10,1,0,0"), `column cpu_milli is "0x10"`},
		"a share without a card":      {row("1,1,0,500"), `column gpu_milli is "500": num_gpu is 0`},
		"a card without a share":      {row("1,1,1,0"), `column gpu_milli is "0": num_gpu is 1: write 1000`},
		"more than a card":            {row("1,1,1,1500"), `column gpu_milli is "1500": it is thousandths of one card`},
		"shares of several cards":     {row("1,1,4,500"), `column gpu_milli is "500": num_gpu is 4: only one card is shared`},
		"a model that moves a cursor": {podHeader + "a,1,1,1,1000,T4|\x1b[2J,LS,Running,0,9,0\n", `column gpu_spec is "T4|\x1b[2J"`},
		"an empty alternative":        {podHeader + "a,1,1,1,1000,T4|,LS,Running,0,9,0\n", "column gpu_spec"},
		"a long field is cut":         {row(strings.Repeat("9", 5000) + ",1,0,0"), strings.Repeat("9", 40) + `…": write`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Snapshot(Input{Pods: strings.NewReader(tc.list), PodsName: "pods.csv"}, testCatalog(), Options{})
			wantLine(t, err, ErrInput, tc.want)
		})
	}
}

func TestBrokenNodeLists(t *testing.T) {
	for name, tc := range map[string]struct{ list, want string }{
		"a pod list":     {podHeader, "(this is a pod list)"},
		"no name":        {nodeHeader + ",1,1,0,\n", "nodes.csv:2: not an openb list: column sn is empty"},
		"a name twice":   {nodeHeader + "n,1,1,0,\nm,1,1,0,\nn,1,1,0,\n", `nodes.csv:4: not an openb list: column sn is "n": line 2 has it too`},
		"two models":     {nodeHeader + "n,1,1,1,T4|P100\n", `column model is "T4|P100": a machine has one model`},
		"no number":      {nodeHeader + "n,1,1,many,T4\n", `column gpu is "many"`},
		"negative":       {nodeHeader + "n,1,-5,0,\n", `column memory_mib is "-5"`},
		"an escape code": {nodeHeader + "\x1b[2J,1,1,0,\n", `column sn is "\x1b[2J"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Snapshot(Input{
				Pods: strings.NewReader(podHeader), Nodes: strings.NewReader(tc.list), NodesName: "nodes.csv",
			}, testCatalog(), Options{})
			wantLine(t, err, ErrInput, tc.want)
		})
	}
}

func TestBadOptions(t *testing.T) {
	second := int64(5)
	short := "name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,1,1,0,0\n"
	for name, tc := range map[string]struct {
		list      string
		opts      Options
		wantError error
		want      string
	}{
		"a time for a list without times":   {short, Options{At: &second}, ErrNoTimes, "without creation_time and deletion_time nobody knows who was alive at 5"},
		"a bad time where one is asked for": {podHeader + "a,1,1,0,0,,LS,Running,soon,9,0\n", Options{At: &second}, ErrInput, `column creation_time is "soon"`},
		"an unknown way to share":           {short, Options{Sharing: "mps"}, ErrOption, `sharing "mps": write time-slicing or mig`},
		"a card that is not sold":           {short, Options{Map: map[string]string{"P100": "k80"}}, ErrMap, `"P100"="k80": write MODEL=CARD with one of the catalog's cards: a100/40960, a10g/22888`},
		"a memory that is not sold":         {short, Options{Map: map[string]string{"P100": "v100/16384"}}, ErrMap, "v100/32768"},
		"a memory that is no number":        {short, Options{Map: map[string]string{"P100": "v100/big"}}, ErrMap, "write the memory of one card in MiB"},
		"an empty model":                    {short, Options{Map: map[string]string{"": "v100"}}, ErrMap, "write MODEL=CARD"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Snapshot(Input{Pods: strings.NewReader(tc.list)}, testCatalog(), tc.opts)
			wantLine(t, err, tc.wantError, tc.want)
		})
	}
	t.Run("a broken disk is not the list's fault", func(t *testing.T) {
		disk := errors.New("disk on fire")
		_, err := Snapshot(Input{Pods: io.MultiReader(strings.NewReader(podHeader), broken{disk})}, testCatalog(), Options{})
		if !errors.Is(err, disk) || errors.Is(err, ErrInput) {
			t.Errorf("got %v, want the reader's error", err)
		}
	})
	t.Run("no pods at all", func(t *testing.T) {
		_, err := Snapshot(Input{}, testCatalog(), Options{})
		wantLine(t, err, ErrOption, "no pod list")
	})
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// wantLine checks an error: its kind, a part of its text, and that it is one printable line.
func wantLine(t *testing.T, err, kind error, text string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(fmt.Sprint(err), text) {
		t.Fatalf("got error %v\nwant %v with %q", err, kind, text)
	}
	if strings.ContainsAny(err.Error(), "\n\r\x1b\x00") || len(err.Error()) > 400 {
		t.Errorf("the error is not one short line: %q", err)
	}
}

func TestBadTimesDoNotMatterUnlessAskedFor(t *testing.T) {
	snap := read(t, podHeader+"a,1,1,0,0,,LS,Running,soon,later,\n", "", Options{})
	if len(snap.Workloads) != 1 {
		t.Errorf("got %d workloads, want 1", len(snap.Workloads))
	}
}

func TestOddRowsAreReadAndSaid(t *testing.T) {
	snap := read(t, podHeader+
		"a,1,1,0,0,T4,LS,Running,0,9,0\n"+
		"a,1,1,8,0,,LS,\x1b[2J,0,9,0\n", "", Options{})
	for _, want := range []string{"1 rows have the name of an earlier row", "1 CPU pods name a model", "1 Running, 1 other"} {
		if !hasNote(snap, want) {
			t.Errorf("no note has %q: %v", want, snap.Notes)
		}
	}
	if got := snap.Workloads[1].GPU; got.Whole != 8 {
		t.Errorf("num_gpu 8 with gpu_milli 0: got %+v, want 8 whole cards", got)
	}
}

// Whatever is read without an error accounts for every pod, once, and prints nothing that moves a cursor.
func FuzzPods(f *testing.F) {
	f.Add(podHeader+"a,6000,12288,1,460,T4|P100,LS,Running,0,9,0\n", int64(3), false)
	f.Add("name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,1,1,8,1000\n", int64(0), true)
	f.Add(string(Generate(1, 20)), int64(500_000), true)
	f.Add("\x1f\x8b", int64(0), false)
	cat := testCatalog()
	f.Fuzz(func(t *testing.T, list string, at int64, mig bool) {
		opts := Options{}
		if mig {
			opts.Sharing = MIG
		}
		if at > 0 {
			opts.At = &at
		}
		snap, err := Snapshot(Input{Pods: strings.NewReader(list), PodsName: "p"}, cat, opts)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("the error is no line: %q", err)
			}
			return
		}
		rows, err := readPods(strings.NewReader(list), "p", opts.At)
		if err != nil {
			t.Fatal(err)
		}
		if got := placed(snap); got != rows.pods {
			t.Errorf("%d pods in workloads and stuck, %d in the list", got, rows.pods)
		}
		names := map[string]bool{}
		for _, w := range snap.Workloads {
			if names[w.Ref.Name] || !isWord(strings.ReplaceAll(w.Ref.Name, "+", "-")) && len(w.Ref.Name) < 60 {
				t.Errorf("%q is no name of its own", w.Ref.Name)
			}
			names[w.Ref.Name] = true
			if w.Replicas <= 0 || w.Requests.CPUMilli < 0 || w.Requests.MemoryMiB < 0 || w.GPU.ShareMilli >= cardMilli {
				t.Errorf("%+v asks for what no pod asks for", w)
			}
		}
		for _, note := range snap.Notes {
			if strings.ContainsAny(note.Text, "\n\x1b") {
				t.Errorf("a note is no line: %q", note.Text)
			}
		}
	})
}

// placed counts the pods of a snapshot.
func placed(snap planner.Snapshot) int64 {
	var pods int64
	for _, w := range snap.Workloads {
		pods += w.Replicas
	}
	for _, u := range snap.Stuck {
		pods += u.Count
	}
	return pods
}

func FuzzNodes(f *testing.F) {
	f.Add(nodeHeader + "n,96000,393216,8,G2\n")
	f.Add(string(GenerateNodes(1, 20)))
	f.Fuzz(func(t *testing.T, list string) {
		nodes, err := readNodes(strings.NewReader(list), "n")
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("the error is no line: %q", err)
			}
			return
		}
		for i, node := range nodes.nodes {
			if !isWord(node.name) || i > 0 && node.name <= nodes.nodes[i-1].name {
				t.Errorf("machine %q is out of order or no name", node.name)
			}
		}
	})
}
