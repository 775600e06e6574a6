package pricing

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Micro is money per hour in millionths of the catalogue's currency. Integers keep a sum of ten thousand nodes
// the same in every order of addition, which floats do not.
type Micro int64

const (
	// Unit is one whole unit of the currency per hour, so 2*Unit is "2.00 an hour".
	Unit Micro = 1_000_000

	// MaxPrice is the dearest offering that a catalogue may hold: a hundred million units an hour. That leaves room for
	// currencies with many zeros (the dearest embedded type costs 361 USD) and is low enough that 92,000 nodes at that
	// price still sum within an int64.
	MaxPrice = 100_000_000 * Unit

	// microDecimals is the number of decimal places that a Micro holds.
	microDecimals = 6

	// maxDecimalText bounds the text that ParseMicro looks at: 24 digits hold every Micro, the rest is room for zeros.
	maxDecimalText = 64
)

// ErrMoney says that a text is no amount of money, or none that a Micro can hold.
var ErrMoney = errors.New("not an amount of money")

// ParseMicro reads a decimal such as "0.0255", "12" or "1e-05" without going through a float. Digits beyond the sixth
// decimal place are rounded to the nearest millionth, halves away from zero: the list price that first needs a seventh
// place would be off by half a millionth of a unit an hour, which is less than half a cent a year. Signs are read
// (savings can be negative); thousands separators, currency signs and spaces are not.
func ParseMicro(decimal string) (Micro, error) {
	if len(decimal) > maxDecimalText {
		return 0, fmt.Errorf("%w: %q… is longer than %d characters", ErrMoney, decimal[:16], maxDecimalText)
	}
	digits, point, negative, ok := splitDecimal(decimal)
	if !ok {
		return 0, fmt.Errorf("%w: %q is not a plain decimal such as 12.5", ErrMoney, decimal)
	}
	magnitude, ok := scaleDigits(digits, point+microDecimals)
	switch {
	case ok && negative && magnitude <= 1<<63:
		return Micro(-magnitude), nil // two's complement: also right for the smallest int64
	case ok && !negative && magnitude <= math.MaxInt64:
		return Micro(magnitude), nil
	}
	return 0, fmt.Errorf("%w: %q is more than %s", ErrMoney, decimal, Micro(math.MaxInt64))
}

// splitDecimal takes a decimal apart: its digits without the point, and how many of them stand before the point once
// the exponent has moved it (negative or beyond the end where zeros are left out).
func splitDecimal(text string) (digits string, point int, negative, ok bool) {
	switch {
	case strings.HasPrefix(text, "-"):
		negative, text = true, text[1:]
	case strings.HasPrefix(text, "+"):
		text = text[1:]
	}
	exponent := 0
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		parsed, err := strconv.ParseInt(text[at+1:], 10, 16)
		if err != nil {
			return "", 0, false, false
		}
		exponent, text = int(parsed), text[:at]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	digits = whole + fraction
	if digits == "" {
		return "", 0, false, false
	}
	for _, digit := range []byte(digits) {
		if digit < '0' || digit > '9' {
			return "", 0, false, false
		}
	}
	return digits, len(whole) + exponent, negative, true
}

// scaleDigits is the integer made of the first point digits (zeros appended where there are fewer), rounded by the
// next one. It reports false when that does not fit 64 bits.
func scaleDigits(digits string, point int) (uint64, bool) {
	trimmed := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(trimmed)
	if trimmed == "" || point < 0 {
		return 0, true
	}
	if point > 20 { // 10^20 > 2^64
		return 0, false
	}
	value := uint64(0)
	for place := range point {
		digit := uint64(0)
		if place < len(trimmed) {
			digit = uint64(trimmed[place] - '0')
		}
		high, low := bits.Mul64(value, 10)
		sum, carry := bits.Add64(low, digit, 0)
		if high != 0 || carry != 0 {
			return 0, false
		}
		value = sum
	}
	if point < len(trimmed) && trimmed[point] >= '5' {
		sum, carry := bits.Add64(value, 1, 0)
		return sum, carry == 0
	}
	return value, true
}

// String is the shortest decimal that means the same amount: "12.5", "0.000001", "-3", "0".
func (m Micro) String() string {
	sign, magnitude := "", uint64(m)
	if m < 0 {
		sign, magnitude = "-", -uint64(m)
	}
	whole, fraction := magnitude/uint64(Unit), magnitude%uint64(Unit)
	text := sign + strconv.FormatUint(whole, 10)
	if fraction == 0 {
		return text
	}
	return text + "." + strings.TrimRight(fmt.Sprintf("%06d", fraction), "0")
}

// Float64 is the amount for charts and statistics. Nothing that decides may use it.
func (m Micro) Float64() float64 { return float64(m) / float64(Unit) }

// Plus adds and, where an int64 would overflow, stays at the nearest end of the range.
func (m Micro) Plus(other Micro) Micro {
	sum := m + other
	switch {
	case m > 0 && other > 0 && sum < 0:
		return math.MaxInt64
	case m < 0 && other < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// Times is the price of count machines; where an int64 would overflow it stays at the nearest end of the range.
func (m Micro) Times(count int64) Micro {
	if m == 0 || count == 0 {
		return 0
	}
	product := m * Micro(count)
	overflow := product/Micro(count) != m ||
		(m == -1 && count == math.MinInt64) || (count == -1 && m == math.MinInt64)
	switch {
	case !overflow:
		return product
	case (m < 0) == (count < 0):
		return math.MaxInt64
	}
	return math.MinInt64
}

// MarshalJSON writes a plain decimal number, never an exponent.
func (m Micro) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalJSON reads a number from its decimal text, exactly, or a string that holds one. Null leaves m as it is.
func (m *Micro) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	text := string(data)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	parsed, err := ParseMicro(text)
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}
