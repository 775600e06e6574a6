package pricing

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ownJSON = `{
  "apiVersion": "tenon.sh/v1alpha1", "kind": "Catalog",
  "name": "racks", "currency": "EUR", "region": "fra1", "source": "own.yaml", "date": "2026-10",
  "types": [
    {"name": "rack.big", "vcpu": 64, "memoryMiB": 262144,
     "gpu": {"manufacturer": "nvidia", "name": "l4", "count": 2, "memoryMiB": 22888},
     "allocatable": {"cpuMilli": 63000, "extended": {"rdma/ib": 1}},
     "offerings": [
       {"capacityType": "reserved", "pricePerHour": 0, "count": 3, "reservationID": "ours"},
       {"zone": "fra1-a", "pricePerHour": 1.1, "date": "2026-09", "source": "invoice"}]},
    {"name": "m5.large", "offerings": [{"capacityType": "spot", "pricePerHour": "0.03"}]},
    {"name": "rack.new", "vcpu": 1, "memoryMiB": 1024, "offerings": [{"zone": "fra1-a"}]}
  ]
}`

const ownCSV = `#: name racks
#: currency EUR
#: region fra1
#: source own.yaml
#: date 2026-10
name,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,allocatable_cpu_milli,extended,zone,capacity_type,price_per_hour,count,reservation_id,price_date,price_source
rack.big,64,262144,nvidia,l4,2,22888,63000,rdma/ib=1,,reserved,0,3,ours,,
rack.big,,,,,,,,,fra1-a,,1.1,,,2026-09,invoice
m5.large,,,,,,,,,,spot,0.03,,,,
rack.new,1,1024,,,,,,,fra1-a,,,,,,
`

func TestJSONAndCSVSayTheSame(t *testing.T) {
	fromJSON, err := ParseJSON([]byte(ownJSON), "own.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mustParseCSV(t, ownCSV), fromJSON); diff != "" {
		t.Errorf("(-CSV +JSON):\n%s", diff)
	}
	if len(fromJSON.Types) != 3 || fromJSON.Types[1].Offerings[0].Count != 3 {
		t.Errorf("both parsers lost something: %+v", fromJSON.Types)
	}
	if diff := cmp.Diff([]string{"rack.new"}, fromJSON.Unpriced()); diff != "" {
		t.Errorf("unpriced (-want +got):\n%s", diff)
	}
}

func TestEmbeddedSurvivesJSON(t *testing.T) {
	want := Embedded()
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseJSON(data, "own.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseJSONNamesTheFault(t *testing.T) {
	for claim, tc := range map[string]struct{ text, want string }{
		"a price of zero would be free": {
			`{"types":[{"name":"a","offerings":[{"pricePerHour":1,"zone":"z"},{"pricePerHour":0}]}]}`,
			`own.yaml: types[0] "a": offerings[1].pricePerHour: zero would make on-demand a free: give its price, leave it empty, or set the capacity type to reserved`},
		"a reservation must say its price": {
			`{"types":[{"name":"a","offerings":[{"capacityType":"reserved","count":1}]}]}`,
			`own.yaml: types[0] "a": offerings[0].pricePerHour: a reservation without a price: write 0 for one that is paid for already`},
		"a field must be known": {
			`{"types":[{"name":"a"},{"name":"b","cpus":4}]}`,
			`own.yaml: types[1]: json: unknown field "cpus": see the fields of Catalog, InstanceType and Offering`},
		"a type stands once": {
			`{"types":[{"name":"a"},{"name":"a"}]}`,
			`own.yaml: types[1] "a": name: stands twice: put all its offerings into one entry`},
		"a GPU's cards are counted": {
			`{"types":[{"name":"a","vcpu":1,"memoryMiB":1,"gpu":{"name":"t4","manufacturer":"nvidia","memoryMiB":1}}]}`,
			`own.yaml: types[0] "a": gpu.count: missing: give the number of whole cards, 0 for a share of one`},
		"a number is no text": {
			`{"types":[{"name":"a","vcpu":"4"}]}`,
			`own.yaml: types[0]: vcpu: a string cannot stand here: write a whole number`},
		"the path into a type is the author's": {
			`{"types":[{"name":"a","gpu":{"memoryMiB":true}}]}`,
			`own.yaml: types[0]: gpu.memoryMiB: a bool cannot stand here: write a whole number`},
		"a list of systems is a list": {
			`{"types":[{"name":"a","os":"linux"}]}`,
			`own.yaml: types[0]: os: a string cannot stand here: write a list`},
		"types are listed": {
			"{\"name\": 7,\n \"types\": {}}",
			`own.yaml:1:10: name: a number cannot stand here: write text, in quotes`},
		"a fraction is no count": {
			`{"types":[{"name":"a","vcpu":1.5}]}`,
			`own.yaml: types[0]: vcpu: a number 1.5 cannot stand here: write a whole number`},
		"a price is money": {
			`{"types":[{"name":"a","offerings":[{"pricePerHour":"cheap"}]}]}`,
			`own.yaml: types[0]: not an amount of money: "cheap" is not a plain decimal such as 12.5: see the fields of Catalog, InstanceType and Offering`},
		"another kind is refused": {
			`{"kind":"Pod","types":[]}`,
			`own.yaml: kind: "Pod" is not a catalogue: write Catalog or leave it out`},
		"another version is refused": {
			`{"apiVersion":"v1","types":[]}`,
			`own.yaml: apiVersion: "v1" is not known here: write tenon.sh/v1alpha1 or leave it out`},
		"broken JSON is located": {
			"{\n  \"name\": oops}",
			`own.yaml:2:11: invalid character 'o' looking for beginning of value: see the fields of Catalog, InstanceType and Offering`},
		"a cut file is noticed": {
			`{"types":[`,
			`own.yaml: ends too early: check that the file is whole`},
		"two catalogues in a file are one too many": {
			`{"types":[]}{"types":[]}`,
			`own.yaml: something follows the catalogue: see the fields of Catalog, InstanceType and Offering`},
		"a currency is a code": {
			`{"currency":"euro","types":[]}`,
			`own.yaml: currency: "euro" is no currency code: write three capital letters, such as EUR`},
	} {
		t.Run(claim, func(t *testing.T) {
			got, err := ParseJSON([]byte(tc.text), "own.yaml")
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("got %v, %v; want an ErrInvalid", got, err)
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseJSONStopsAtItsLimit(t *testing.T) {
	if _, err := ParseJSON(make([]byte, MaxInputBytes+1), "own.yaml"); err == nil || !strings.Contains(err.Error(), "longer than 16 MiB") {
		t.Errorf("got %v, want a refusal of more than 16 MiB", err)
	}
	types := `{"types":[{}` + strings.Repeat(",{}", MaxRows) + "]}"
	if _, err := ParseJSON([]byte(types), "own.yaml"); err == nil || err.Error() != "own.yaml: types: more than 200000 types: split the file" {
		t.Errorf("got %v, want a refusal of more than 200000 types", err)
	}
}

// Whatever ParseJSON accepts keeps what checkParsed promises, and survives being written and read again.
func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(ownJSON))
	f.Add([]byte(`{"types":[{"name":"a","vcpu":1,"memoryMiB":1,"os":["b","a","a"],"offerings":[{"pricePerHour":1e-6}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseJSON(data, "fuzz")
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("a fault of the file is no ErrInvalid: %v", err)
			}
			return
		}
		checkParsed(t, c)
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseJSON(text, "fuzz")
		if err != nil {
			t.Fatalf("does not read back: %v\n%s", err, text)
		}
		if c.Digest() != again.Digest() {
			t.Fatalf("reads back as another (-want +got):\n%s", cmp.Diff(c, again))
		}
	})
}
