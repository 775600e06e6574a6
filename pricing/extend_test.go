package pricing

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExtend(t *testing.T) {
	const base = "#: name base\n#: currency USD\n#: region r1\n#: source list\n#: date 2026-07-20\n" +
		"name,arch,vcpu,memory_mib,allocatable_memory_mib,zone,capacity_type,price_per_hour\n" +
		"a,arm64,2,4096,3900,,on-demand,1\n" +
		"a,,,,,z1,spot,0.3\n" +
		"b,,4,8192,8000,,,2\n"
	for claim, tc := range map[string]struct{ over, want string }{
		"a negotiated price replaces the list price and nothing else": {
			over: "#: source deal\n#: date 2026-09\nname,price_per_hour\na,0.8\n",
			want: "a arm64 2000m 3900Mi on-demand=0.8(deal) spot in z1=0.3(list)\nb amd64 4000m 8000Mi on-demand=2(list)\n",
		},
		"other zones, terms and reservations are added": {
			over: "#: source deal\nname,zone,capacity_type,price_per_hour,count,reservation_id\na,z2,spot,0.2,,\na,z1,reserved,0,3,cr-1\n",
			want: "a arm64 2000m 3900Mi on-demand=1(list) reserved cr-1 in z1=0(deal) spot in z1=0.3(list) spot in z2=0.2(deal)\nb amd64 4000m 8000Mi on-demand=2(list)\n",
		},
		"a description replaces the description and keeps the prices": {
			over: "name,vcpu,memory_mib\na,3,5000\n",
			want: "a amd64 3000m 5000Mi on-demand=1(list) spot in z1=0.3(list)\nb amd64 4000m 8000Mi on-demand=2(list)\n",
		},
		"measured allocatable figures replace one by one": {
			over: "name,allocatable_memory_mib\nb,8100\n",
			want: "a arm64 2000m 3900Mi on-demand=1(list) spot in z1=0.3(list)\nb amd64 4000m 8100Mi on-demand=2(list)\n",
		},
		"new types are added at their place, unpriced ones too": {
			over: "#: source own\nname,vcpu,memory_mib,price_per_hour\nab,1,1024,0.5\nz,1,1024,\n",
			want: "a arm64 2000m 3900Mi on-demand=1(list) spot in z1=0.3(list)\nab amd64 1000m 1024Mi on-demand=0.5(own)\n" +
				"b amd64 4000m 8000Mi on-demand=2(list)\nz amd64 1000m 1024Mi\n",
		},
		"a row without anything changes nothing": {
			over: "name,price_per_hour\na,\n",
			want: "a arm64 2000m 3900Mi on-demand=1(list) spot in z1=0.3(list)\nb amd64 4000m 8000Mi on-demand=2(list)\n",
		},
	} {
		t.Run(claim, func(t *testing.T) {
			from, over := mustParseCSV(t, base), mustParseCSV(t, tc.over)
			fromDigest, overDigest := from.Digest(), over.Digest()
			got, err := Extend(from, over)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, summary(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := got.Validate(); err != nil {
				t.Errorf("the result has faults: %v", err)
			}
			if from.Digest() != fromDigest || over.Digest() != overDigest {
				t.Error("an argument was written to")
			}
		})
	}
}

// summary prints what Extend joins: a line a type.
func summary(c Catalog) string {
	text := ""
	for _, it := range c.Types {
		text += it.Name + " " + it.Arch + " " + formatQuantity(it.Allocatable.CPUMilli) + "m " + formatQuantity(it.Allocatable.MemoryMiB) + "Mi"
		for _, o := range it.Offerings {
			text += " " + o.key() + "=" + o.PriceMicro.String() + "(" + o.Source + ")"
		}
		text += "\n"
	}
	return text
}

func TestExtendedHeader(t *testing.T) {
	got, err := Extend(
		Catalog{Name: "aws", Currency: "USD", Region: "us-east-1", Source: "list", Date: "2026-07-20"},
		Catalog{Name: "ours", Region: "eu-1", Source: "own.csv", Date: "2026-05"})
	if err != nil {
		t.Fatal(err)
	}
	want := Catalog{Name: "aws+ours", Currency: "USD", Region: "eu-1", Source: "list; own.csv", Date: "2026-05"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExtendRefuses(t *testing.T) {
	for claim, tc := range map[string]struct {
		over      string
		wantError error
		want      string
	}{
		"other money": {
			over: "#: currency EUR\nname,price_per_hour\nm5.large,1\n", wantError: ErrCurrency,
			want: "mixed currencies: own.csv counts in EUR, aws in USD: convert the prices of own.csv first"},
		"a type whose size nobody knows": {
			over: "name,price_per_hour\nm5.lrage,1\n", wantError: ErrInvalid,
			want: `own.csv: type "m5.lrage": vcpu: aws does not hold this type, so its size is not known: give vcpu and memory, or correct the name`},
		"more allocatable than the base's machine has": {
			over: "name,allocatable_memory_mib\nm5.large,9000\n", wantError: ErrInvalid,
			want: `own.csv: type "m5.large": allocatable.memoryMiB: 9000 of 8192 MiB: give more than 0 and at most the whole machine`},
	} {
		t.Run(claim, func(t *testing.T) {
			_, err := Extend(Embedded(), mustParseCSV(t, tc.over))
			if !errors.Is(err, tc.wantError) {
				t.Fatalf("got %v, want %v", err, tc.wantError)
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
