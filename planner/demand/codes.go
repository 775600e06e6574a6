package demand

import "math"

// Amounts are kept as codes: the exponent of the amount and the first bits of its mantissa, taken from its IEEE 754 form.
// Within an octave the codes are linear, as in an HDR histogram (Tene, 2012). This is a logarithm without a logarithm: exact
// on every machine, and rising. A code stands for the upper end of what it covers, so that decoding never gives less
// than was measured. 0 is "nothing measured".
const (
	memoryBits = 10 // of mantissa: a code is at most 0.1 % too much
	cpuBits    = 5  // at most 3.2 % too much
	codeExpMax = 62 // amounts from 2^63 on are one code
)

// encode returns the code of an amount, at least 1. What is below 1, and what is no number, is the least code:
// callers drop what cannot be true before.
func encode(v float64, bits uint) uint16 {
	if !(v > 1) {
		return 1
	}
	raw := math.Float64bits(v)
	exp := int(raw>>52) - 1023
	if exp > codeExpMax {
		return uint16(codeExpMax+1)<<bits + 1
	}
	code := uint16(exp)<<bits + uint16(raw<<12>>(64-bits)) + 1
	if raw<<(12+bits) != 0 {
		code++ // it is above the lower end of its step
	}
	return code
}

// decode returns the most that a code stands for.
func decode(code uint16, bits uint) float64 {
	if code == 0 {
		return 0
	}
	exp, part := int(code-1)>>bits, float64((code-1)&(1<<bits-1))
	return math.Ldexp(1+part/float64(int(1)<<bits), exp)
}
