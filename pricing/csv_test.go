package pricing

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func mustParseCSV(t *testing.T, text string) Catalog {
	t.Helper()
	c, err := ParseCSV(strings.NewReader(text), "own.csv")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseCSV(t *testing.T) {
	list := func(price Micro) []Offering {
		return []Offering{{CapacityType: OnDemand, PriceMicro: price, Source: "own.csv"}}
	}
	for claim, tc := range map[string]struct {
		text string
		want []InstanceType
	}{
		"a name and a price put a price on a type of another catalogue": {
			text: "name,price_per_hour\nm5.large,0.08\n",
			want: []InstanceType{{Name: "m5.large", Offerings: list(80_000)}},
		},
		"a machine of one's own is allocatable as a whole": {
			text: "name,vcpu,memory_mib,price_per_hour\nrack-1,64,262144,1.5\n",
			want: []InstanceType{{Name: "rack-1", Arch: "amd64", OS: []string{"linux"}, VCPU: 64, MemoryMiB: 262144,
				Allocatable: Capacity{CPUMilli: 64000, MemoryMiB: 262144, Pods: 110}, Offerings: list(1_500_000)}},
		},
		"what its owner knows to be kept by the system is taken away": {
			text: "name,vcpu,memory_mib,allocatable_cpu_milli,allocatable_pods,price_per_hour\nrack-1,64,262144,63000,250,1.5\n",
			want: []InstanceType{{Name: "rack-1", Arch: "amd64", OS: []string{"linux"}, VCPU: 64, MemoryMiB: 262144,
				Allocatable: Capacity{CPUMilli: 63000, MemoryMiB: 262144, Pods: 250}, Offerings: list(1_500_000)}},
		},
		"GPUs become resources, others can be added": {
			text: "name,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,extended,price_per_hour\n" +
				"dgx.one,256,1048576,nvidia,h100,8,81559,rdma/ib=4;example.com/fpga=1,40\n",
			want: []InstanceType{{Name: "dgx.one", Family: "dgx", Size: "one", Arch: "amd64", OS: []string{"linux"}, VCPU: 256, MemoryMiB: 1048576,
				GPU: GPU{"nvidia", "h100", 8, 81559},
				Allocatable: Capacity{CPUMilli: 256000, MemoryMiB: 1048576, Pods: 110,
					Extended: map[string]int64{"nvidia.com/gpu": 8, "rdma/ib": 4, "example.com/fpga": 1}},
				Offerings: list(40_000_000)}},
		},
		"rows of one name are its offerings, sorted, and describe it between them": {
			text: "name,vcpu,memory_mib,zone,capacity_type,price_per_hour,count,reservation_id,price_date\n" +
				"b,2,4096,z2,spot,0.3,,,2026-09\n" +
				"a,1,1024,,,0.1,,,\n" +
				"b,,,z1,reserved,0,5,cr-7,\n",
			want: []InstanceType{
				{Name: "a", Arch: "amd64", OS: []string{"linux"}, VCPU: 1, MemoryMiB: 1024,
					Allocatable: Capacity{CPUMilli: 1000, MemoryMiB: 1024, Pods: 110}, Offerings: list(100_000)},
				{Name: "b", Arch: "amd64", OS: []string{"linux"}, VCPU: 2, MemoryMiB: 4096,
					Allocatable: Capacity{CPUMilli: 2000, MemoryMiB: 4096, Pods: 110}, Offerings: []Offering{
						{Zone: "z1", CapacityType: Reserved, Count: 5, ReservationID: "cr-7", Source: "own.csv"},
						{Zone: "z2", CapacityType: Spot, PriceMicro: 300_000, Date: "2026-09", Source: "own.csv"},
					}},
			},
		},
		"an empty price offers nothing": {
			text: "name,vcpu,memory_mib,price_per_hour\nsecret,2,4096,\n",
			want: []InstanceType{{Name: "secret", Arch: "amd64", OS: []string{"linux"}, VCPU: 2, MemoryMiB: 4096,
				Allocatable: Capacity{CPUMilli: 2000, MemoryMiB: 4096, Pods: 110}}},
		},
		"lines above the header speak for every row": {
			text: "# ours\n#: source rack list\n#: price_source invoice 7\n#: price_date 2026-09-01\nname,price_per_hour\na,2\n",
			want: []InstanceType{{Name: "a", Offerings: []Offering{{CapacityType: OnDemand, PriceMicro: 2 * Unit, Date: "2026-09-01", Source: "invoice 7"}}}},
		},
		"what spreadsheets do to a file is borne": {
			text: "\ufeffName, Price_Per_Hour \r\n\r\n\"a\", 2 \r\n",
			want: []InstanceType{{Name: "a", Offerings: list(2 * Unit)}},
		},
	} {
		t.Run(claim, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, mustParseCSV(t, tc.text).Types); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseCSVHeader(t *testing.T) {
	got := mustParseCSV(t, "#: name racks\n#: region fra1\n#: source inventory\n#: date 2026-10\nname,price_per_hour,currency\na,1,EUR\nb,2,EUR\n")
	want := Catalog{Name: "racks", Currency: "EUR", Region: "fra1", Source: "inventory", Date: "2026-10"}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Catalog{}, "Types")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseCSVNamesTheFault(t *testing.T) {
	for claim, tc := range map[string]struct{ text, want string }{
		"a price of zero would be free": {
			"name,price_per_hour\nm5.large,0\n",
			"own.csv:2:10: price_per_hour: zero would make on-demand m5.large free: give its price, leave it empty, or set the capacity type to reserved"},
		"a price that rounds to zero would be free too": {
			"name,capacity_type,price_per_hour\nm5.large,spot,0.0000001\n",
			"own.csv:2:15: price_per_hour: zero would make spot m5.large free: give its price, leave it empty, or set the capacity type to reserved"},
		"a price must be a number": {
			"name,price_per_hour\nm5.large,$1\n",
			`own.csv:2:10: price_per_hour: not an amount of money: "$1" is not a plain decimal such as 12.5: see what one more hour costs, a plain decimal; 0 only for reserved; empty: no price, so the row offers nothing`},
		"a price must not be negative": {
			"name,price_per_hour\nm5.large,-1\n",
			"own.csv:2:10: price_per_hour: -1 is out of range: give 0 to 100000000 an hour"},
		"a reservation must be finite": {
			"name,capacity_type,price_per_hour\nm5.large,reserved,0\n",
			"own.csv:2: count: a reservation without a count: say how many machines are reserved"},
		"a reservation must say its price": {
			"name,capacity_type,count,price_per_hour\nm5.large,reserved,3,\n",
			"own.csv:2: price_per_hour: a reservation without a price: write 0 for one that is paid for already"},
		"one thing has one price": {
			"name,price_per_hour\nm5.large,1\nm5.large,2\n",
			"own.csv:3:10: price_per_hour: a second price for m5.large on-demand: keep one for each zone, capacity type and reservation"},
		"one type has one size": {
			"name,vcpu,memory_mib,zone,price_per_hour\na,2,1,x,1\na,4,,y,1\n",
			`own.csv:3:3: vcpu: "4" here but "2" on line 2: see virtual CPUs; required, with memory_mib, for a type that the extended catalogue does not hold`},
		"half a size is none": {
			"name,vcpu,price_per_hour\na,2,1\n",
			"own.csv:2: memory_mib: missing: give the memory in MiB"},
		"a description needs a size": {
			"name,arch,price_per_hour\na,arm64,1\n",
			"own.csv:2:3: arch: given without vcpu and memory: give both, or leave the description to the catalogue that this one extends"},
		"an unknown column might have been the price": {
			"name,prize_per_hour\na,1\n",
			`own.csv:1:6: unknown column "prize_per_hour": correct or remove it; 'tenon catalog --help' lists the columns`},
		"columns are separated by commas": {
			"name;price_per_hour\na;1\n",
			"own.csv:1:1: columns are separated by ';': separate them by commas"},
		"a directive must be known": {
			"#: curency EUR\nname,price_per_hour\na,1\n",
			`own.csv:1:1: #:: "curency" is not known here: write name, currency, region, source, date, price_source or price_date and a value`},
		"a file holds one currency": {
			"name,price_per_hour,currency\na,1,EUR\nb,1,USD\n",
			`own.csv:3:5: currency: "USD" here but "EUR" on line 2: keep one currency in a file: Tenon holds no exchange rates`},
		"a currency is a code": {
			"#: currency euro\nname,price_per_hour\na,1\n",
			`own.csv:1:1: currency: "euro" is no currency code: write three capital letters, such as EUR`},
		"a row must name its type": {
			"name,price_per_hour\n,1\n",
			"own.csv:2:1: name: empty: say which instance type the row is about"},
		"rows have as many cells as the header": {
			"name,price_per_hour\na,1,2\n",
			"own.csv:2:1: 3 cells in a table of 2 columns: quote cells that contain a comma"},
		"an open quote is found": {
			"name,price_per_hour\n\"a,1\n",
			`own.csv:2:6: extraneous or missing " in quoted-field: quote the cell, and double the quotes inside it`},
		"an empty file has no header": {
			"", "own.csv:1: name: no header line: begin with a line of column names, such as name,price_per_hour"},
		"without names nothing is said": {
			"price_per_hour\n1\n",
			"own.csv:1: name: no such column: say which instance type each row is about"},
		"a GPU's cards are counted": {
			"name,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_memory_mib,price_per_hour\na,1,1,nvidia,t4,16384,1\n",
			"own.csv:2: gpu_count: missing: give the number of whole cards, 0 for a share of one"},
		"no more can be allocated than there is": {
			"name,vcpu,memory_mib,allocatable_memory_mib,price_per_hour\na,1,1000,1001,1\n",
			"own.csv:2:10: allocatable_memory_mib: 1001 of 1000 MiB: give more than 0 and at most the whole machine"},
		"a hostile name does not reach the terminal": {
			"name,price_per_hour\n\"\x1b[2J\",1\n",
			`own.csv:2:1: name: "\x1b[2J" cannot be the name of a type: use 1 to 63 letters, digits, '.', '-' or '_', as in the label node.kubernetes.io/instance-type`},
		"nor does it where the price is at fault too": {
			"price_per_hour,name\n0,\"\x1b[2J\"\n",
			`own.csv:2:3: name: "\x1b[2J" cannot be the name of a type: use 1 to 63 letters, digits, '.', '-' or '_', as in the label node.kubernetes.io/instance-type` + "\n" +
				`own.csv:2:1: price_per_hour: zero would make on-demand "\x1b[2J" free: give its price, leave it empty, or set the capacity type to reserved`},
		"a date is a date": {
			"name,price_per_hour,price_date\na,1,20.7.2026\n",
			`own.csv:2:5: price_date: "20.7.2026" is no date: write 2026, 2026-07 or 2026-07-20`},
	} {
		t.Run(claim, func(t *testing.T) {
			got, err := ParseCSV(strings.NewReader(tc.text), "own.csv")
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("got %v, %v; want an ErrInvalid", got, err)
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseCSVReportsAllFaultsInOrder(t *testing.T) {
	_, err := ParseCSV(strings.NewReader("name,vcpu,memory_mib,price_per_hour\na,x,1,1\nb,1,1,0\nc,1,1,y\n"), "own.csv")
	var lines []string
	for line := range strings.Lines(err.Error()) {
		lines = append(lines, line[:len("own.csv:2")])
	}
	if diff := cmp.Diff([]string{"own.csv:2", "own.csv:3", "own.csv:4"}, lines); diff != "" {
		t.Errorf("(-want +got):\n%s\n%v", diff, err)
	}
	many := "name,price_per_hour\n" + strings.Repeat(",1\n", 1000)
	_, err = ParseCSV(strings.NewReader(many), "own.csv")
	if got, want := strings.Count(err.Error(), "\n")+1, maxFaultsShown+1; got != want || !strings.HasSuffix(err.Error(), "and 980 more") {
		t.Errorf("a thousand faults print on %d lines, want %d:\n%v", got, want, err)
	}
}

func TestParseCSVStopsAtItsLimit(t *testing.T) {
	endless := io.MultiReader(strings.NewReader("name,price_per_hour\n"), neverEnding('#'))
	if _, err := ParseCSV(endless, "own.csv"); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "longer than 16 MiB") {
		t.Errorf("got %v, want a refusal of more than 16 MiB", err)
	}
	rows := "name,price_per_hour\n" + strings.Repeat("a,\n", MaxRows+1)
	if _, err := ParseCSV(strings.NewReader(rows), "own.csv"); err == nil || err.Error() != "own.csv:200002:1: more than 200000 rows: split the file" {
		t.Errorf("got %v, want a refusal of more than 200000 rows", err)
	}
	broken := errors.New("disk on fire")
	if _, err := ParseCSV(iotest.ErrReader(broken), "own.csv"); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's own error", err)
	}
}

type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

func TestFormatCSVReadsBackAsItWas(t *testing.T) {
	overlaid, err := Extend(Embedded(), mustParseCSV(t, "#: date 2026-09-01\nname,zone,capacity_type,price_per_hour,count,reservation_id\n"+
		"m5.large,us-east-1a,spot,0.03,,\nm5.large,us-east-1b,reserved,0,4,cr-1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for claim, want := range map[string]Catalog{
		"the embedded catalogue":            Embedded(),
		"the same with a user's offerings":  overlaid,
		"one that only overlays":            mustParseCSV(t, "name,allocatable_memory_mib,extended,price_per_hour\nm5.large,7000,nvidia.com/gpu=1,1\nx,,,\n"),
		"one with other systems and arches": mustParseCSV(t, "name,os,arch,vcpu,memory_mib,family,price_per_hour\na.b,windows;linux,arm64,1,2,fam,1\nc,linux,,1,2,,3\n"),
	} {
		t.Run(claim, func(t *testing.T) {
			got, err := ParseCSV(bytes.NewReader(want.FormatCSV("a\ncomment")), want.Source)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever ParseCSV accepts is sorted and free of unmeant zero prices, keeps within its limits, and reads back from
// FormatCSV as the same catalogue.
func FuzzParseCSV(f *testing.F) {
	for _, seed := range []string{
		"name,price_per_hour\nm5.large,0.08\n",
		"#: currency EUR\n#: date 2026\nname,vcpu,memory_mib,extended,os,price_per_hour\na.b,1,2,x/y=3;z=0,linux;windows,1\n",
		"name,zone,capacity_type,price_per_hour,count,reservation_id,price_date,price_source\na,z,reserved,0,1,cr,2026-01,me\na,,spot,1e-6,,,,\n",
		"name,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,price_per_hour,currency\ng,4,16384,nvidia,l4,0,2861,0.2,USD\n",
		"name,family,size,vcpu,memory_mib\na.b,,b,1,1\nc.d,c,d,1,1\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCSV(bytes.NewReader(data), "fuzz")
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("a fault of the file is no ErrInvalid: %v", err)
			}
			return
		}
		checkParsed(t, c)
		text := c.FormatCSV()
		again, err := ParseCSV(bytes.NewReader(text), "fuzz")
		if err != nil {
			t.Fatalf("does not read back: %v\n%s", err, text)
		}
		if diff := cmp.Diff(c, again); diff != "" {
			t.Fatalf("reads back as another (-want +got):\n%s\n%s", diff, text)
		}
	})
}

// checkParsed checks what both parsers promise of every catalogue they return.
func checkParsed(t *testing.T, c Catalog) {
	t.Helper()
	for i, it := range c.Types {
		if i > 0 && c.Types[i-1].Name >= it.Name {
			t.Fatalf("%q comes after %q", it.Name, c.Types[i-1].Name)
		}
		if faults := checkType(it); len(faults) > 0 {
			t.Fatalf("%q was accepted with %v", it.Name, faults)
		}
		for _, o := range it.Offerings {
			if o.CapacityType != Reserved && o.PriceMicro <= 0 {
				t.Fatalf("%q is free: %+v", it.Name, o)
			}
		}
	}
}
