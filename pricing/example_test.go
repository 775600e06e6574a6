package pricing_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tenon-sh/tenon/pricing"
)

func ExampleEmbedded() {
	catalog := pricing.Embedded()
	fmt.Println(len(catalog.Types), "types,", len(catalog.Unpriced()), "of them without a price")
	for _, name := range []string{"m5.large", "p4d.24xlarge", "p4de.24xlarge", "g6f.large"} {
		t, _ := catalog.Lookup(name)
		price := t.Offerings[0]
		fmt.Printf("%s: %dm CPU, %d MiB, %d × %s of %d MiB, %s %s an hour (%s)\n", t.Name, t.Allocatable.CPUMilli,
			t.Allocatable.MemoryMiB, t.GPU.Count, t.GPU.Name, t.GPU.MemoryMiB, price.PriceMicro, catalog.Currency, price.Date)
	}
	// Output:
	// 1363 types, 18 of them without a price
	// m5.large: 1930m CPU, 6903 MiB, 0 ×  of 0 MiB, 0.096 USD an hour (2026-07-20)
	// p4d.24xlarge: 95690m CPU, 1082712 MiB, 8 × a100 of 40960 MiB, 21.957642 USD an hour (2026-07-20)
	// p4de.24xlarge: 95690m CPU, 1082712 MiB, 8 × a100 of 81920 MiB, 27.44705 USD an hour (2026-07-20)
	// g6f.large: 1930m CPU, 7002 MiB, 0 × l4 of 2861 MiB, 0.202 USD an hour (2026-07-20)
}

// A file of one's own lies on top of the embedded catalogue: a discount, a spot price, a reservation, and a machine that
// AWS does not sell.
func ExampleExtend() {
	own, err := pricing.ParseCSV(strings.NewReader(`#: name ours
#: price_date 2026-09-01
name,vcpu,memory_mib,zone,capacity_type,price_per_hour,count,reservation_id
m5.large,,,,,0.0816,,
m5.large,,,us-east-1a,spot,0.0371,,
p5.48xlarge,,,us-east-1b,reserved,0,4,cr-0a1b2c3d
rack-cpu,64,262144,,,0.9,12,
`), "ours.csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	catalog, err := pricing.Extend(pricing.Embedded(), own)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, change := range pricing.Diff(pricing.Embedded(), catalog) {
		fmt.Println(change)
	}
	// Output:
	// m5.large on-demand: price 0.096 -> 0.0816 (-15.0%)
	// m5.large spot in us-east-1a: price none -> 0.0371
	// p5.48xlarge reserved cr-0a1b2c3d in us-east-1b: price none -> 0
	// rack-cpu: added
}

func ExampleParseCSV_fault() {
	_, err := pricing.ParseCSV(strings.NewReader("name,price_per_hour\nm5.large,0\nm5.xlarge,\"0,17\"\n"), "prices.csv")
	fmt.Println(errors.Is(err, pricing.ErrInvalid))
	fmt.Println(err)
	// Output:
	// true
	// prices.csv:2:10: price_per_hour: zero would make on-demand m5.large free: give its price, leave it empty, or set the capacity type to reserved
	// prices.csv:3:11: price_per_hour: not an amount of money: "0,17" is not a plain decimal such as 12.5: see what one more hour costs, a plain decimal; 0 only for reserved; empty: no price, so the row offers nothing
}

func ExampleInstanceType_In() {
	t := pricing.InstanceType{Name: "m5.large", Offerings: []pricing.Offering{
		{CapacityType: pricing.OnDemand, PriceMicro: 96_000},
		{CapacityType: pricing.OnDemand, PriceMicro: 110_000, Zone: "us-east-1e"},
	}}
	fmt.Println(t.In("us-east-1a")[0].PriceMicro, t.In("us-east-1e")[0].PriceMicro)
	// Output: 0.096 0.11
}
