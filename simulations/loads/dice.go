package loads

import "math/rand/v2"

// dice are seeded draws that give the same on every machine. math.Exp, Log and NormFloat64 are not among what they use: these
// differ in the last bit between machines.
type dice struct{ *rand.Rand }

// stream tells this generator's numbers from those of another with the same seed.
const stream = 0x6c6f616473 // "loads"

func newDice(seed, family, workload uint64) dice {
	return dice{rand.New(rand.NewPCG(seed^stream<<20, family<<32|workload))}
}

// between is uniform.
func (d dice) between(low, high float64) float64 { return low + float64((high-low)*d.Float64()) }

// chance is true with a probability in per cent.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// bell is nearly normal with mean 0 and variance 1: the sum of four uniform draws, so that it ends at ±3.46.
func (d dice) bell() float64 {
	const mean, deviation = 2 * 65535, 37836.7 // 65536 · √(4/12)
	u := d.Uint64()
	sum := u&0xffff + u>>16&0xffff + u>>32&0xffff + u>>48
	return (float64(sum) - mean) / deviation
}

// wide is nearly normal with a longer tail: to ±6.
func (d dice) wide() float64 { return (d.bell() + d.bell() + d.bell()) / 1.7320508 }

// spread is lognormal around 1: times or divided by a factor with one standard deviation.
func (d dice) spread(factor float64) float64 { return power(factor, d.wide()) }

// heavy is at least 1 with a tail that falls as 1/x^alpha, cut at most.
func (d dice) heavy(alpha, most float64) float64 {
	return min(power(1/(1-float64(0.9999*d.Float64())), 1/alpha), most)
}

// wait is about exponential with the given mean, at least 1.
func (d dice) wait(mean float64) int {
	return int(1 + float64(mean*log2(1/(1-float64(0.9999*d.Float64())))*0.693147))
}

// power is base^x for a base above 0.
func power(base, x float64) float64 { return exp2(float64(x * log2(base))) }

// exp2 is 2^x, to about 1e-7, with the same bits everywhere.
func exp2(x float64) float64 {
	whole := int(x)
	if float64(whole) > x {
		whole--
	}
	f := x - float64(whole)
	sum := 1.0
	for n := 9.0; n >= 1; n-- { // the series of e^(f ln 2)
		sum = 1 + float64(sum*(f*0.6931471805599453/n))
	}
	for ; whole > 0; whole-- {
		sum *= 2
	}
	for ; whole < 0; whole++ {
		sum /= 2
	}
	return sum
}

// log2 is the binary logarithm of what is above 0, with the same bits everywhere.
func log2(x float64) float64 {
	whole := 0.0
	for ; x >= 2; x /= 2 {
		whole++
	}
	for ; x < 1; x *= 2 {
		whole--
	}
	z := (x - 1) / (x + 1)
	square, term, sum := z*z, z, 0.0
	for n := 1.0; n < 20; n += 2 { // 2 artanh z ÷ ln 2
		sum += float64(term / n)
		term *= square
	}
	return whole + float64(sum*2.8853900817779268)
}

// noise is a factor around 1 with a memory: each step keeps a part of the one before.
type noise struct{ at, keep, fresh, width float64 }

func newNoise(keep, width float64) noise {
	return noise{keep: keep, fresh: root(1 - float64(keep*keep)), width: width}
}

func (n *noise) next(d dice) float64 {
	n.at = float64(n.keep*n.at) + float64(n.fresh*d.bell())
	return max(1+float64(n.width*n.at), 0.05)
}

// root is the square root by Newton's method.
func root(x float64) float64 {
	y := (1 + x) / 2
	for range 12 {
		y = (y + x/y) / 2
	}
	return y
}

// hill is a smooth bump: 0 at 0 and 1, 1 in the middle; 0 outside.
func hill(x float64) float64 {
	if x <= 0 || x >= 1 {
		return 0
	}
	y := 4 * float64(x*(1-x))
	return float64(y * y)
}
