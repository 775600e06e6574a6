package packio

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
)

func bin(price, most int64, capacity ...int64) model.Bin {
	return model.Bin{Cap: capacity, Price: price, Max: most, Card: -1}
}

func item(count int64, size ...int64) model.Item {
	return model.Item{Size: size, Count: count, Classes: []int{0}}
}

func problem(dims int, bins []model.Bin, items ...model.Item) *model.Problem {
	return &model.Problem{Dims: dims, Classes: 1, Domains: 1, Bins: bins, Items: items}
}

const baldiText = `NAME GBP_INSTANCES\prob_1_A.txt
COMMENT 7 of them
BINTYPES 2
ITEMS 3
BINS_SECTIONS
0 100 101 0 2 
1 150 151 0 0 
ITEMS_SECTIONS
0 60 200 1
1 40 200 1
2 60 200 1
`

func TestReadForms(t *testing.T) {
	once := item(2, 3)
	once.BinMax = 1
	tests := map[string]struct {
		source, text string
		format       Format
		want         Instance
	}{
		"vbp has one kind of bin at a cost of 1, and equal sizes become one kind of item": {
			source: "a.vbp", format: Auto, text: "2\n10 20\n3\n1 2 5\n3 4 1\n1 2 2\n",
			want: Instance{VBP, problem(2, []model.Bin{bin(1, 0, 10, 20)}, item(7, 1, 2), item(1, 3, 4)), []int64{0}},
		},
		"mvp has costs and quantities, and a bin of which there are none keeps its place in the numbering": {
			source: "a.mvbp", format: Auto, text: "1 3\n10 7 -1\n20 9 0\n30 11 4\n2\n1 5\n 3\n1 0\n 4\n",
			want: Instance{MVP, problem(1, []model.Bin{bin(7, 0, 10), bin(11, 4, 30)}, item(5, 3)), []int64{0, 2}},
		},
		"mvp in braces is known by its first word, and BINARY{1} lets an item into a bin once": {
			source: "-", format: Auto, text: "#INSTANCE_BEGIN#\n$INSTANCE{\n1\n1\n 10 1 -1\n1\n1 2\n 3\n};\n$VTYPE{I};\n$CTYPE{>};\n$METHOD{-3};\n$RELAX{0};\n$BINARY{1};\n#INSTANCE_END#\n",
			want: Instance{MVP, problem(1, []model.Bin{bin(1, 0, 10)}, once), []int64{0}},
		},
		"bpplib is items, capacity, sizes": {
			source: "N1C1W1_A.txt", format: Auto, text: "4\r\n100\r\n50\r\n30\r\n50\r\n20\r\n",
			want: Instance{BPPLIB, problem(1, []model.Bin{bin(1, 0, 100)}, item(2, 50), item(1, 30), item(1, 20)), []int64{0}},
		},
		"bpplib for cutting stock has a demand behind each size": {
			source: "csp.txt", format: BPPLIB, text: "2\n100\n50\t7\n30\t1\n",
			want: Instance{BPPLIB, problem(1, []model.Bin{bin(1, 0, 100)}, item(7, 50), item(1, 30)), []int64{0}},
		},
		"baldi has ids, and a bin with a max of zero cannot be had": {
			source: "prob.txt", format: Auto, text: baldiText,
			want: Instance{Baldi, problem(1, []model.Bin{bin(100, 2, 101)}, item(2, 60), item(1, 40)), []int64{0}},
		},
		"an item that fits no bin is for the solver to report": {
			source: "a.vbp", format: VBP, text: "1\n10\n1\n11 1\n",
			want: Instance{VBP, problem(1, []model.Bin{bin(1, 0, 10)}, item(1, 11)), []int64{0}},
		},
		"numbers alone are told apart by how many there are": {
			source: "-", format: Auto, text: "1\n10\n1\n5 3\n",
			want: Instance{VBP, problem(1, []model.Bin{bin(1, 0, 10)}, item(3, 5)), []int64{0}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Read(strings.NewReader(tc.text), tc.source, tc.format)
			if err != nil {
				t.Fatalf("Read: %v", err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	tests := map[string]struct {
		source, text string
		format       Format
		want         string
	}{
		"a text that ends early is told by its last line": {
			"a.vbp", "2\n10 20\n3\n1 2 5\n3 4", Auto, "a.vbp:5: the text ends where the demand of item 2 should stand"},
		"a word where a number should be": {
			"a.vbp", "1\n10\n1\n5 many\n", Auto, `a.vbp:4: the demand of item 1 is "many": want a whole number from 0 to 1099511627776`},
		"a fraction": {
			"a.txt", "1\n10\n2.5\n", BPPLIB, `a.txt:3: the size of item 1 is "2.5": want a whole number from 0 to 1099511627776`},
		"a negative size": {
			"a.txt", "1\n10\n-2\n", BPPLIB, `a.txt:3: the size of item 1 is "-2": want a whole number from 0 to 1099511627776`},
		"a number too large for the solver": {
			"a.txt", "1\n99999999999999999999\n2\n", BPPLIB, `a.txt:2: the capacity is "99999999999999999999": want a whole number from 0 to 1099511627776`},
		"something behind the last item": {
			"a.vbp", "1\n10\n1\n5 1\n7", VBP, `a.vbp:5: "7" is left over behind the last item`},
		"a header that promises too much": {
			"a.vbp", "1\n10\n10000001\n5 1\n", VBP, "a.vbp:3: the number of items is 10000001: more than 10000000"},
		"too many dimensions": {
			"a.vbp", "65\n", VBP, "a.vbp:1: the number of dimensions is 65: more than 64"},
		"no dimension": {
			"a.vbp", "0\n1\n", VBP, "a.vbp:1: an instance needs a dimension"},
		"more items than can be counted": {
			"a.vbp", "1\n10\n2\n1 1099511627776\n2 1\n", VBP, "a.vbp:5: more than 1099511627776 items in all"},
		"an item with a choice of sizes is another problem": {
			"a.mvp", "1 1\n10 1 -1\n1\n2 5\n3\n4\n", Auto, "a.mvp:4: item 1 has 2 choices of size: only items with one can be packed"},
		"fractions of bins are another problem": {
			"a.mvp", "$INSTANCE{1 1 10 1 -1 1\n1 5 3};\n$VTYPE{C};", Auto, "a.mvp:3: VTYPE{C} asks for fractions of bins: only whole bins can be packed"},
		"an option that VPSolver does not know": {
			"a.mvp", "$INSTANCE{1 1 10 1 -1 1\n1 5 3};\n$SPEED{9};", Auto, `a.mvp:3: "$SPEED" is no option of VPSolver`},
		"an option without its value": {
			"a.mvp", "$INSTANCE{1 1 10 1 -1 1\n1 5 3};\n$METHOD", Auto, "a.mvp:2: the text ends where $METHOD should stand"},
		"an optional item is another problem": {
			"b.txt", strings.Replace(baldiText, "1 40 200 1", "1 40 200 0", 1), Auto, "b.txt:10: item 1 is not compulsory: only items that must be packed can be"},
		"a bin that must be used is another problem": {
			"b.txt", strings.Replace(baldiText, "0 100 101 0 2", "0 100 101 3 9", 1), Auto, "b.txt:6: bin 0 must be used 3 times: only bins that may stay unused can be packed"},
		"a header out of order": {
			"b.txt", strings.Replace(baldiText, "ITEMS 3\n", "", 1), Auto, `b.txt:4: "BINS_SECTIONS" where ITEMS should stand`},
		"a header alone": {
			"b.txt", "BINTYPES", Auto, "b.txt:1: the text ends where the number of bins should stand"},
		"an empty text": {
			"e.txt", "", Auto, "e.txt: neither vbp, mvp, bpplib nor baldi: give --format to learn what is wrong"},
		"text that could be two forms": {
			"e.txt", "1\n1\n2\n1\n0\n", Auto, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(tc.text), tc.source, tc.format)
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("Read: got error %v, want one that is ErrInvalid", err)
			}
			if tc.want != "" && err.Error() != tc.want {
				t.Errorf("Read: got error\n%s\nwant\n%s", err, tc.want)
			}
		})
	}
}

func TestReadStopsAtTheLimit(t *testing.T) {
	_, err := Read(endless{}, "endless.vbp", Auto)
	if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "longer than 32 MiB") {
		t.Errorf("Read of an endless text: got %v, want a refusal by length", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '1'
	}
	return len(p), nil
}

func TestParseFormat(t *testing.T) {
	tests := map[string]struct {
		name string
		want Format
	}{
		"a name":                           {"bpplib", BPPLIB},
		"mvbp is mvp under its other name": {"MVBP", MVP},
		"auto is a choice":                 {"auto", Auto},
		"anything else is refused":         {"csv", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseFormat(tc.name)
			if got != tc.want || (err != nil) != (tc.want == "") {
				t.Errorf("ParseFormat(%q) = %q, %v; want %q", tc.name, got, err, tc.want)
			}
		})
	}
}

// TestPublishedInstances reads all of Baldi's files that are at hand. In TIPO0 a bin's max is what
// it takes to hold the total weight in bins of that kind alone, so it is recomputed here: a reader
// that took the wrong column would not agree.
func TestPublishedInstances(t *testing.T) {
	root := os.Getenv("TENON_TRACES")
	if root == "" {
		root = "../../../shared/traces"
	}
	files, err := filepath.Glob(filepath.Join(root, "packing/baldi-tipo0/*.txt"))
	if err != nil || len(files) == 0 {
		t.Skipf("no recorded traces at %s: set TENON_TRACES to the folder that holds packing/baldi-tipo0", root)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in, err := Read(strings.NewReader(string(text)), file, Auto)
		if err != nil {
			t.Errorf("Read: %v", err)
			continue
		}
		var total, items int64
		for _, it := range in.Problem.Items {
			total += it.Size[0] * it.Count
			items += it.Count
		}
		if !strings.Contains(string(text), "\n"+itemsHeader(items)+"\n") {
			t.Errorf("%s: read %d items, which is not what the header says", file, items)
		}
		for b, bin := range in.Problem.Bins {
			if bin.Max < total/bin.Cap[0] || bin.Max > total/bin.Cap[0]+1 {
				t.Errorf("%s: bin %d of %d has max %d for a total weight of %d", file, b, bin.Cap[0], bin.Max, total)
			}
		}
	}
	t.Logf("read %d instances", len(files))
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"2\n10 20\n1\n1 2 5\n", "1 1\n10 7 -1\n1\n1 5\n 3\n", "2\n100\n50\n30\n", "1\n100\n50 3\n", baldiText,
		"$INSTANCE{1 1 10 1 -1 1 1 5 3};$VTYPE{I};$CTYPE{>};$BINARY{1};", "$INSTANCE{1 1 10 1 -1 1 1 5 3};$VTYPE", "ITEMS BINTYPES",
	} {
		f.Add(seed, uint8(0))
	}
	f.Fuzz(func(t *testing.T, text string, pick uint8) {
		format := Formats()[int(pick)%len(Formats())]
		in, err := Read(strings.NewReader(text), "fuzz", format)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("Read(%q, %s): %v is not one line that is ErrInvalid", text, format, err)
			}
			return
		}
		if err := in.Problem.Validate(); err != nil {
			t.Fatalf("Read(%q, %s) is not valid: %v", text, format, err)
		}
		if len(in.BinIDs) != len(in.Problem.Bins) {
			t.Fatalf("Read(%q, %s): %d ids for %d bins", text, format, len(in.BinIDs), len(in.Problem.Bins))
		}
	})
}

func itemsHeader(n int64) string { return "ITEMS " + strconv.FormatInt(n, 10) }
