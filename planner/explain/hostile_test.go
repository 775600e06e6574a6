package explain_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/explain"
)

// scramble fills every field of a value, by reflection, so that a field which is added to planner.Plan tomorrow is
// attacked tomorrow too. Texts come from text, numbers from number; slices and maps get two members.
func scramble(v reflect.Value, text func() string, number func() int64) {
	switch v.Interface().(type) {
	case time.Time: // no text, and no number that is printed as one
		return
	case planner.GPUNeed: // it may hold itself; printed nowhere
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text())
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(number() >> (64 - v.Type().Bits()))
	case reflect.Float64:
		v.SetFloat(float64(number()))
	case reflect.Bool:
		v.SetBool(number()%2 == 0)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if _, isTime := v.Interface().(*time.Time); !isTime {
			scramble(v.Elem(), text, number)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return // Proof: printed nowhere
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			scramble(v.Index(i), text, number)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			scramble(key, text, number)
			scramble(value, text, number)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			scramble(v.Field(i), text, number)
		}
	default:
		panic("a Plan holds a " + v.Kind().String() + ": teach scramble to fill it")
	}
}

// attacks are texts that mean something to a browser, to a terminal, to GitHub, or to whoever lays out a line.
var attacks = []string{
	`"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `</style><svg onload=alert(1)>`, `</script><script>alert(1)//`,
	`</title><h1>x`, `" onmouseover="alert(1)`, `javascript:alert(1)`, `]]><!--`, `{{.}}`, `&lt;b&gt;&amp;`, `;}*{display:none}`,
	"\x1b[2J\x1b]0;owned\x07", "a\r\nb\tc\x00", "\u202etxt.exe\u2066", "\u2028\u2029\ufeff\u200b", "\xff\xfe\xc0\x80", "\u009b31m",
	"`` ` ``` |", "| a | b |\n|--|--|", "**bold** _x_ ~~y~~ <details>", "[a](http://x)", "@everyone #1 GH-1 www.x.org https://x.org",
	strings.Repeat("long", 4000), strings.Repeat("名前", 3000), "", "/", "a/b/c/", "web", "n1", "GPU", "CPU", "mig", "whole", "shared", "live",
	"keep", "remove", "A100-40GB", "1g.5gb", "460/1000", "nvidia.com/gpu", "optimal",
}

var extremes = []int64{0, 1, 2, 3, 7, 8, 1000, -1, -1000, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MaxInt32, 1 << 40}

func hostilePlan(seed uint64) planner.Plan {
	rng := rand.New(rand.NewPCG(seed, 1))
	var p planner.Plan
	scramble(reflect.ValueOf(&p).Elem(),
		func() string { return attacks[rng.IntN(len(attacks))] },
		func() int64 { return extremes[rng.IntN(len(extremes))] })
	// Names that agree reach the code that joins workloads, nodes and cards.
	for i := range p.Nodes {
		for j := range p.Nodes[i].Pods {
			p.Nodes[i].Pods[j].Workload = p.Workloads[j].Workload
		}
		for j := range p.Nodes[i].GPUs {
			g := &p.Nodes[i].GPUs[j]
			g.Mode = []string{"whole", "mig", "shared", "idle", "live", "?"}[rng.IntN(6)]
			g.User, g.Layout[0].Workload, g.Shares[0].Workload = p.Workloads[0].Workload, p.Workloads[1].Workload, p.Workloads[0].Workload
		}
		p.Today[i].Node = p.Nodes[i].ID
	}
	return p
}

// Whatever a Plan holds, every rendering ends, holds nothing that a terminal obeys, and the report keeps its structure.
func FuzzHostilePlan(f *testing.F) {
	for seed := range uint64(24) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		p := hostilePlan(seed)
		for _, fault := range cutFaults(audit(report(t, p))) {
			t.Errorf("seed %d: %s", seed, fault)
		}
		texts := map[string]string{
			"table":    explain.Table(p, explain.Options{}),
			"wide":     explain.Table(p, explain.Options{Wide: true}),
			"narrow":   explain.Table(p, explain.Options{Width: 1}),
			"markdown": explain.Markdown(p),
		}
		for _, w := range p.Workloads {
			text, err := explain.Subject(p, w.Workload, func(string) []explain.Alternative {
				return []explain.Alternative{{InstanceType: w.Workload, PricePerPod: math.MinInt64, Excluded: w.GPU}}
			})
			texts["subject"] = text
			if err != nil {
				texts["error"] = err.Error()
			}
		}
		for _, n := range p.Nodes {
			text, err := explain.Node(p, n.InstanceType)
			texts["node"] = text
			if err != nil {
				texts["node error"] = err.Error()
			}
		}
		for what, text := range texts {
			if !utf8.ValidString(text) {
				t.Errorf("seed %d: the %s is not UTF-8", seed, what)
			}
			for _, r := range text {
				if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
					t.Errorf("seed %d: the %s holds %U", seed, what, r)
					break
				}
			}
		}
	})
}

// A Plan is a value: rendering must not change it, nor share memory with what it changes.
func TestRenderingLeavesThePlanAlone(t *testing.T) {
	for seed := range uint64(5) {
		p, before := hostilePlan(seed), hostilePlan(seed)
		explain.Table(p, explain.Options{Wide: true})
		explain.Markdown(p)
		report(t, p)
		if !reflect.DeepEqual(p, before) {
			t.Fatalf("seed %d: rendering changed the plan", seed)
		}
	}
}

// No line is longer than the terminal, down to the 76 cells that the summary's figures need.
func TestTableFitsItsWidth(t *testing.T) {
	for claim, p := range map[string]planner.Plan{"everything": shop(), "much": fleet(300, 100), "nothing": empty()} {
		for _, cells := range []int{60, 80, 100, 140} {
			for line := range strings.Lines(explain.Table(p, explain.Options{Width: cells})) {
				if got := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); got > max(cells, 76) {
					t.Errorf("%s at %d: a line has %d cells: %q", claim, cells, got, line)
				}
				if strings.HasSuffix(line, " \n") {
					t.Errorf("%s at %d: a line ends in spaces: %q", claim, cells, line)
				}
			}
		}
	}
}

// Tables are aligned by cells, not by bytes or letters: with wide names the columns still stand under their heads.
func TestTableAlignsWideNames(t *testing.T) {
	p := shop()
	for i := range p.Nodes {
		p.Nodes[i].InstanceType = []string{"名前", "größe", "m5.large"}[i%3]
	}
	table := explain.Table(p, explain.Options{Width: 100})
	_, table, _ = strings.Cut(table, "\nNODES")
	ends := map[int]bool{}
	for i, line := range strings.Split(table, "\n") {
		if line == "" {
			break
		}
		if i == 0 {
			line = "NODES" + line
		}
		at := strings.Index(line, "us-east")
		if i == 0 {
			at = strings.Index(line, "ZONE")
		}
		cells := 0
		for _, r := range line[:at] {
			cells++
			if r > 0x2e80 {
				cells++
			}
		}
		ends[cells] = true
	}
	if len(ends) != 1 {
		t.Errorf("the zone column begins at %d different cells, want one:\n%s", len(ends), table)
	}
}
