package pricing

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"
)

func TestParseMicro(t *testing.T) {
	for claim, tc := range map[string]struct {
		text      string
		want      Micro
		wantError error
	}{
		"a whole number is units":                       {text: "12", want: 12_000_000},
		"six decimals are exact":                        {text: "21.957642", want: 21_957_642},
		"a leading point is read":                       {text: ".5", want: 500_000},
		"a trailing point is read":                      {text: "5.", want: 5_000_000},
		"the seventh decimal rounds to the nearest":     {text: "0.0000014", want: 1},
		"a half rounds away from zero":                  {text: "0.0000015", want: 2},
		"a negative half rounds away from zero":         {text: "-0.0000015", want: -2},
		"rounding carries":                              {text: "0.9999995", want: 1_000_000},
		"rounding can make something of less than one":  {text: "0.0000005", want: 1},
		"what is too small is zero":                     {text: "0.0000004", want: 0},
		"the exponent that YAML prints is read":         {text: "1e-05", want: 10},
		"a positive exponent is read":                   {text: "1.5E+2", want: 150_000_000},
		"an absurdly small exponent is zero":            {text: "1e-9999", want: 0},
		"zero with an absurd exponent is zero":          {text: "0e9999", want: 0},
		"leading zeros do not count":                    {text: "00000000000000000000000000012", want: 12_000_000},
		"the largest amount fits":                       {text: "9223372036854.775807", want: math.MaxInt64},
		"the smallest amount fits":                      {text: "-9223372036854.775808", want: math.MinInt64},
		"one more than the largest does not":            {text: "9223372036854.775808", wantError: ErrMoney},
		"rounding past the largest does not fit":        {text: "9223372036854.7758075", wantError: ErrMoney},
		"an absurdly large exponent does not fit":       {text: "1e9999", wantError: ErrMoney},
		"an exponent beyond counting does not fit":      {text: "1e99999999999", wantError: ErrMoney},
		"twenty digits do not fit":                      {text: "18446744073709551616", wantError: ErrMoney},
		"nothing is no amount":                          {text: "", wantError: ErrMoney},
		"a point is no amount":                          {text: ".", wantError: ErrMoney},
		"a sign is no amount":                           {text: "-", wantError: ErrMoney},
		"thousands separators are not guessed at":       {text: "1,234.5", wantError: ErrMoney},
		"currency signs are not read":                   {text: "$5", wantError: ErrMoney},
		"not a number is no amount":                     {text: "NaN", wantError: ErrMoney},
		"two points are no amount":                      {text: "1.2.3", wantError: ErrMoney},
		"hexadecimal is not read":                       {text: "0x10", wantError: ErrMoney},
		"spaces are not read":                           {text: " 1", wantError: ErrMoney},
		"a very long text is refused before it is read": {text: "0." + string(make([]byte, 100)), wantError: ErrMoney},
	} {
		t.Run(claim, func(t *testing.T) {
			got, err := ParseMicro(tc.text)
			if !errors.Is(err, tc.wantError) || got != tc.want {
				t.Errorf("ParseMicro(%q) = %d, %v; want %d, %v", tc.text, got, err, tc.want, tc.wantError)
			}
		})
	}
}

// The oracle is math/big: the rational that the text says, times a million, rounded half away from zero.
func FuzzParseMicro(f *testing.F) {
	for _, seed := range []string{"0.0255", "-1e-6", "9223372036854.775807", "1.5e3", "000.0000005", ".", "1e", "+7", "1e19"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseMicro(text)
		if err != nil {
			if got != 0 {
				t.Errorf("ParseMicro(%q) = %d beside an error", text, got)
			}
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok {
			return
		}
		distance := new(big.Rat).Sub(new(big.Rat).Mul(exact, big.NewRat(int64(Unit), 1)), new(big.Rat).SetInt64(int64(got)))
		if distance.Abs(distance).Cmp(big.NewRat(1, 2)) > 0 {
			t.Errorf("ParseMicro(%q) = %d millionths, which is %s away", text, got, distance.FloatString(9))
		}
		if again, err := ParseMicro(got.String()); err != nil || again != got {
			t.Errorf("%q prints as %q, which reads as %d, %v; want %d", text, got, again, err, got)
		}
	})
}

func TestMicroString(t *testing.T) {
	for claim, tc := range map[string]struct {
		amount Micro
		want   string
	}{
		"trailing zeros are cut":      {12_500_000, "12.5"},
		"whole units have no point":   {3 * Unit, "3"},
		"zero is zero":                {0, "0"},
		"a millionth has six places":  {1, "0.000001"},
		"small debts keep their sign": {-1, "-0.000001"},
		"the largest prints":          {math.MaxInt64, "9223372036854.775807"},
		"the smallest prints":         {math.MinInt64, "-9223372036854.775808"},
	} {
		t.Run(claim, func(t *testing.T) {
			if got := tc.amount.String(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestMicroJSON(t *testing.T) {
	for claim, tc := range map[string]struct {
		data      string
		want      Micro
		wantError bool
	}{
		"a number is read from its text":           {data: "0.1", want: 100_000},
		"a float64 would lose this one":            {data: "9007199254.740993", want: 9_007_199_254_740_993},
		"a string that holds a number is read too": {data: `"12.5"`, want: 12_500_000},
		"null leaves what was there":               {data: "null", want: 7},
		"a word is refused":                        {data: `"dear"`, wantError: true},
		"a list is refused":                        {data: `[1]`, wantError: true},
	} {
		t.Run(claim, func(t *testing.T) {
			got := Micro(7)
			err := json.Unmarshal([]byte(tc.data), &got)
			if (err != nil) != tc.wantError || (err == nil && got != tc.want) {
				t.Fatalf("Unmarshal(%s) = %d, %v; want %d, error %v", tc.data, got, err, tc.want, tc.wantError)
			}
		})
	}
	if got, err := json.Marshal(struct{ Price Micro }{12_500_000}); err != nil || string(got) != `{"Price":12.5}` {
		t.Errorf("got %s, %v; want a plain number", got, err)
	}
}

// The oracle is big.Int, clamped to the range of an int64.
func FuzzMicroArithmetic(f *testing.F) {
	for _, pair := range [][2]int64{{1, 2}, {math.MaxInt64, 1}, {math.MinInt64, -1}, {-1, math.MinInt64}, {math.MinInt64, math.MinInt64}, {1 << 40, 1 << 30}, {0, -5}, {math.MaxInt64, -1}} {
		f.Add(pair[0], pair[1])
	}
	clamp := func(exact *big.Int) Micro {
		switch {
		case exact.IsInt64():
			return Micro(exact.Int64())
		case exact.Sign() > 0:
			return math.MaxInt64
		}
		return math.MinInt64
	}
	f.Fuzz(func(t *testing.T, a, b int64) {
		if got, want := Micro(a).Plus(Micro(b)), clamp(new(big.Int).Add(big.NewInt(a), big.NewInt(b))); got != want {
			t.Errorf("%d plus %d = %d, want %d", a, b, got, want)
		}
		if got, want := Micro(a).Times(b), clamp(new(big.Int).Mul(big.NewInt(a), big.NewInt(b))); got != want {
			t.Errorf("%d times %d = %d, want %d", a, b, got, want)
		}
	})
}
