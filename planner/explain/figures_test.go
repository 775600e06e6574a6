package explain

import (
	"math"
	"testing"

	"github.com/tenon-sh/tenon/pricing"
)

func TestMoney(t *testing.T) {
	for claim, tc := range map[string]struct {
		micro     pricing.Micro
		in        currency
		wantHour  string
		wantMonth string
		wantBound string // at four decimals, as a lower bound is printed
	}{
		"nothing is nothing":                      {0, "USD", "$0.0000", "$0.00", "$0.0000"},
		"a nano's price keeps its digits":         {4_200, "USD", "$0.0042", "$3.07", "$0.0042"},
		"thousands are separated":                 {1_234_567_890_123, "USD", "$1,234,567.8901", "$901,234,559.79", "$1,234,567.8901"},
		"exactly a thousand is separated":         {1_000_000_000, "USD", "$1,000.0000", "$730,000.00", "$1,000.0000"},
		"halves go up, a bound goes down":         {9_999_950, "USD", "$10.0000", "$7,299.96", "$9.9999"},
		"just below a half goes down":             {9_999_949, "USD", "$9.9999", "$7,299.96", "$9.9999"},
		"a saving may be negative":                {-1_500_000, "USD", "-$1.5000", "-$1,095.00", "-$1.5000"},
		"what rounds to nothing has no sign":      {-1, "USD", "$0.0000", "$0.00", "$0.0000"},
		"another currency is named by its code":   {2_500_000, "EUR", "EUR 2.5000", "EUR 1,825.00", "EUR 2.5000"},
		"no currency is no sign":                  {2_500_000, "", "2.5000", "1,825.00", "2.5000"},
		"a month past the range stays at its end": {math.MaxInt64, "USD", "$9,223,372,036,854.7758", "$9,223,372,036,854.78", "$9,223,372,036,854.7758"},
		"the smallest amount does not overflow":   {math.MinInt64, "USD", "-$9,223,372,036,854.7758", "-$9,223,372,036,854.78", "-$9,223,372,036,854.7758"},
	} {
		t.Run(claim, func(t *testing.T) {
			if got := tc.in.hour(tc.micro); got != tc.wantHour {
				t.Errorf("hour of %d: got %s, want %s", tc.micro, got, tc.wantHour)
			}
			if got := tc.in.month(tc.micro); got != tc.wantMonth {
				t.Errorf("month of %d: got %s, want %s", tc.micro, got, tc.wantMonth)
			}
			if got := tc.in.amount(tc.micro, hourDecimals, down); got != tc.wantBound {
				t.Errorf("bound of %d: got %s, want %s", tc.micro, got, tc.wantBound)
			}
		})
	}
}

func TestQuantities(t *testing.T) {
	for claim, tc := range map[string]struct{ got, want string }{
		"whole cores have no decimals":                {cores(4000), "4"},
		"milli-CPU are exact":                         {cores(250), "0.25"},
		"one milli-CPU is seen":                       {cores(1), "0.001"},
		"below one GiB it is MiB":                     {gib(1023), "1,023 MiB"},
		"from one GiB it is GiB":                      {gib(1024), "1 GiB"},
		"GiB have two decimals":                       {gib(15_872 + 5), "15.5 GiB"},
		"a third of a GiB is rounded":                 {gib(2048 + 341), "2.33 GiB"},
		"large memory is separated":                   {gib(2_097_152), "2,048 GiB"},
		"counts are separated":                        {count(1_234_567), "1,234,567"},
		"a negative count keeps its sign":             {count(-1_234), "-1,234"},
		"one is singular":                             {plural(1, "pod", "pods"), "1 pod"},
		"none is plural":                              {plural(0, "pod", "pods"), "0 pods"},
		"a percentage has one decimal":                {percent(973_000), "97.3 %"},
		"halves of a percent's tenth go up":           {percent(973_500), "97.4 %"},
		"nearly full is not full":                     {wholePercent(999_999), "99%"},
		"full is full":                                {wholePercent(million), "100%"},
		"overfull is more than full":                  {wholePercent(1_040_000), "104%"},
		"a gap is rounded up":                         {floatPercent(0.40101, true), "0.41 %"},
		"a gap that is exact is not raised":           {floatPercent(0.41, true), "0.41 %"},
		"a small gap shows a digit":                   {floatPercent(0.0003, true), "0.0003 %"},
		"no gap is no gap, without a sign":            {floatPercent(0, true), "0.0 %"},
		"a saving is rounded to the nearest":          {floatPercent(22.84, false), "22.8 %"},
		"a gap that is no number is unknown":          {floatPercent(math.NaN(), true), "unknown"},
		"a gap without end is unknown":                {floatPercent(math.Inf(1), true), "unknown"},
		"a share of nothing is nothing":               {percent(share(5, 0)), "0.0 %"},
		"a negative amount is no share":               {percent(share(-5, 10)), "0.0 %"},
		"cards are counted in thousandths":            {cards(1460), "1.46"},
		"an SVG length is in hundredths of a percent": {hundredths(1250), "12.5%"},
	} {
		t.Run(claim, func(t *testing.T) {
			if tc.got != tc.want {
				t.Errorf("got %q, want %q", tc.got, tc.want)
			}
		})
	}
}

func TestMulDiv(t *testing.T) {
	for claim, tc := range map[string]struct {
		a, b, c int64
		r       rounding
		want    int64
	}{
		"the product may be wider than 64 bits": {math.MaxInt64, math.MaxInt64, math.MaxInt64, nearest, math.MaxInt64},
		"past the range it stays at its end":    {math.MaxInt64, 2, 1, nearest, math.MaxInt64},
		"far past the range too":                {math.MaxInt64, math.MaxInt64, 1, nearest, math.MaxInt64},
		"halves go up":                          {1, 1, 2, nearest, 1},
		"down cuts them off":                    {1, 1, 2, down, 0},
		"a third goes down":                     {1, 1, 3, nearest, 0},
		"nothing divides by nothing":            {1, 1, 0, nearest, 0},
		"negative amounts count as nothing":     {-7, 3, 2, nearest, 0},
	} {
		t.Run(claim, func(t *testing.T) {
			if got := mulDiv(tc.a, tc.b, tc.c, tc.r); got != tc.want {
				t.Errorf("mulDiv(%d, %d, %d): got %d, want %d", tc.a, tc.b, tc.c, got, tc.want)
			}
		})
	}
}
