package demand

import (
	"fmt"
	"math"
)

// Which pattern a load has, for people to read: nothing is decided by it. All chosen.
const (
	steadyWithin = 0.05 // of the mean: hours that differ less are steady
	seasonLeast  = 0.6  // of the variance that hours of the day or week explain
	spikeTimes   = 1.5  // of the median, in less than a twentieth of the hours
)

// pattern names the shape of the hours.
func (n *need) pattern() string {
	x, when := n.hours[n.regime.start:], n.when[n.regime.start:]
	switch {
	case n.leak > 0:
		return "leaking"
	case len(n.hours) < hoursLeast:
		return ""
	case n.regime.start > 0:
		return "stepped"
	}
	mean, variance := moments(x)
	if math.Sqrt(variance) < steadyWithin*mean && n.tail.apart == 0 {
		return "steady"
	}
	day, week := explained(x, when, 24), explained(x, when, 168)
	switch {
	case len(x) >= 48 && day > seasonLeast:
		return "daily"
	case len(x) >= 13*24 && week > seasonLeast+0.2:
		return "weekly"
	}
	high, mid := 0, median(x)
	for _, v := range n.most[n.regime.start:] {
		if v > spikeTimes*mid {
			high++
		}
	}
	switch {
	case high > 0 && 20*high < len(x):
		return "spiking"
	case high > 0:
		return "bursty"
	}
	return "uneven"
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		variance += float64((v - mean) * (v - mean))
	}
	return mean, variance / float64(len(x))
}

// explained returns which share of the variance the means of the slots of a period explain.
func explained(x []float64, when []int32, period int32) float64 {
	sum, count := make([]float64, period), make([]float64, period)
	for i, v := range x {
		sum[when[i]%period] += v
		count[when[i]%period]++
	}
	mean, variance := moments(x)
	between := 0.0
	for i := range sum {
		if count[i] > 0 {
			d := sum[i]/count[i] - mean
			between += float64(count[i] * d * d)
		}
	}
	if variance == 0 {
		return 0
	}
	return between / float64(len(x)) / variance
}

// busy says when in a day or week the level is highest: "Thursday 08–16h", all in UTC; "" where no slot stands out.
func busy(x []float64, when []int32, period int32) string {
	sum, count := make([]float64, period), make([]float64, period)
	for i, v := range x {
		sum[when[i]%period] += v
		count[when[i]%period]++
	}
	mean, _ := moments(x)
	top := int32(0)
	for i := range sum {
		if count[i] > 0 {
			sum[i] /= count[i]
		}
		if sum[i] > sum[top] {
			top = int32(i)
		}
	}
	high := func(i int32) bool { return sum[(i+period)%period] > (mean+sum[top])/2 }
	if !high(top) {
		return ""
	}
	from, to := top, top+1
	for high(from-1) && to-from < period {
		from--
	}
	for high(to) && to-from < period {
		to++
	}
	from, to = (from+period)%period, (to+period)%period
	day := ""
	if period == 168 {
		day = hourStart(from + 168*((when[0]-from+167)/168)).Format("Monday ")
	}
	return fmt.Sprintf("%s%02d–%02dh UTC", day, from%24, to%24)
}
