package explain

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/pricing"
)

const (
	// HoursPerMonth turns an hourly price into a monthly one. It is the figure that AWS's own price pages use
	// (365·24/12 = 730), so that the two can be laid side by side.
	HoursPerMonth = 730

	million = 1_000_000 // shares are counted in millionths

	hourDecimals  = 4 // the dearest digit that the catalog's cheapest types need: t4g.nano is 0.0042 an hour
	monthDecimals = 2
)

// rounding says which way the digits that are not printed go.
type rounding int

const (
	nearest rounding = iota // halves away from zero
	down                    // towards zero: for bounds, which must not claim more than was proven
)

// decimal prints an amount with a fixed number of decimals (0 to 6) and thousands separators.
func decimal(m pricing.Micro, decimals int, r rounding) string {
	sign, magnitude := "", uint64(m)
	if m < 0 {
		sign, magnitude = "-", -uint64(m)
	}
	unit := uint64(1)
	for range 6 - decimals {
		unit *= 10
	}
	scaled := magnitude / unit
	if r == nearest && magnitude%unit >= (unit+1)/2 && unit > 1 {
		scaled++
	}
	if scaled == 0 {
		sign = ""
	}
	if decimals == 0 {
		return sign + group(strconv.FormatUint(scaled, 10))
	}
	digits := fmt.Sprintf("%0*d", decimals+1, scaled)
	point := len(digits) - decimals
	return sign + group(digits[:point]) + "." + digits[point:]
}

// group puts a comma before every third digit from the right.
func group(digits string) string {
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// currency prints amounts in one currency.
type currency string

// sign is what stands before an amount: "$" for US dollars, "EUR " for another code, nothing for none.
func (c currency) sign() string {
	switch c {
	case "USD":
		return "$"
	case "":
		return ""
	}
	return string(c) + " "
}

func (c currency) amount(m pricing.Micro, decimals int, r rounding) string {
	text := decimal(m, decimals, r)
	if bare, negative := strings.CutPrefix(text, "-"); negative {
		return "-" + c.sign() + bare
	}
	return c.sign() + text
}

// hour is an amount an hour, as in "$0.0255".
func (c currency) hour(m pricing.Micro) string { return c.amount(m, hourDecimals, nearest) }

// month is the same amount over a month of 730 hours, as in "$18.62".
func (c currency) month(m pricing.Micro) string {
	return c.amount(m.Times(HoursPerMonth), monthDecimals, nearest)
}

// both is "$0.0255 an hour ($18.62 a month)".
func (c currency) both(m pricing.Micro) string {
	return c.hour(m) + " an hour (" + c.month(m) + " a month)"
}

// count prints an integer with thousands separators.
func count(n int64) string {
	text := strconv.FormatInt(n, 10)
	if bare, negative := strings.CutPrefix(text, "-"); negative {
		return "-" + group(bare)
	}
	return group(text)
}

// plural is "1 pod", "12 pods".
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// cores prints milli-CPU as cores, as in "3.92".
func cores(milli int64) string { return trimmed(milli, 3) }

// gib prints MiB: "512 MiB" below one GiB, "15.25 GiB" above (hundredths, halves up).
func gib(mib int64) string {
	if mib < 1024 {
		return count(mib) + " MiB"
	}
	return trimmed(mulDiv(mib, 100, 1024, nearest), 2) + " GiB"
}

// cards prints thousandths of a card as cards: "1.46".
func cards(milli int64) string { return trimmed(milli, 3) }

// trimmed prints scaled/10^decimals without zeros at its end.
func trimmed(scaled int64, decimals int) string {
	text := decimal(pricing.Micro(satMul(scaled, pow10(6-decimals))), decimals, nearest)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func pow10(n int) int64 {
	out := int64(1)
	for range n {
		out *= 10
	}
	return out
}

// percent prints millionths as a percentage with one decimal, as in "97.3 %".
func percent(millionths int64) string {
	return decimal(pricing.Micro(satMul(millionths, 100)), 1, nearest) + " %"
}

// wholePercent prints millionths as a percentage without decimals. A share below one is never rounded up to 100 %:
// that would hide the last free slot.
func wholePercent(millionths int64) string {
	rounded := satAdd(millionths, 5_000) / 10_000
	if rounded == 100 && millionths < million {
		rounded = 99
	}
	return strconv.FormatInt(rounded, 10) + "%"
}

// floatPercent prints a percentage that the Plan holds as a float, with as many decimals as it takes to see two
// digits of it, at most four. A gap is rounded up, so that it is never shown smaller than it is.
func floatPercent(value float64, up bool) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "unknown"
	}
	decimals := 1
	for scale := math.Abs(value); scale != 0 && scale < 1 && decimals < 4; scale *= 10 {
		decimals++
	}
	unit := math.Pow(10, float64(decimals))
	if up {
		// 1e-6 of the last digit forgives what a binary float adds to a decimal that is exact.
		value = math.Ceil(float64(value*unit)-1e-6)/unit + 0 // + 0 turns a negative zero positive
	}
	return strconv.FormatFloat(value, 'f', decimals, 64) + " %"
}

// mulDiv is a·b/c in 128 bits, for amounts that are not negative; it stays at the end of the range on overflow and is
// zero where c is not positive or a or b is negative, so that a broken Plan is rendered and not a reason to panic.
func mulDiv(a, b, c int64, r rounding) int64 {
	if a <= 0 || b <= 0 || c <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(a), uint64(b))
	if high >= uint64(c) {
		return math.MaxInt64
	}
	quotient, remainder := bits.Div64(high, low, uint64(c))
	if r == nearest && remainder >= uint64(c)-remainder {
		quotient++
	}
	return int64(min(quotient, math.MaxInt64))
}

// share is part/whole in millionths.
func share(part, whole int64) int64 { return mulDiv(part, million, whole, nearest) }

// satMul and satAdd stay at the ends of the range, as pricing.Micro does.
func satMul(a, b int64) int64 { return int64(pricing.Micro(a).Times(b)) }
func satAdd(a, b int64) int64 { return int64(pricing.Micro(a).Plus(pricing.Micro(b))) }
