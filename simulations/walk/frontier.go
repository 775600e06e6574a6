package walk

import (
	"cmp"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
)

// Axis is what is compared: a risk and what it buys.
type Axis struct {
	Name        string
	Risk, Slack func(Tally) float64
}

// OfMemory is kills in 1000 container-days against the mean slack of memory.
func OfMemory() Axis { return Axis{"memory", Tally.KillRate, Tally.SlackMemory} }

// OfCPU is the share of time above the request against the mean slack of CPU.
func OfCPU() Axis { return Axis{"cpu", Tally.Under, Tally.SlackCPU} }

// Point is one setting of a method.
type Point struct{ Risk, Slack float64 }

// Hull returns the lower convex hull of points: from the least risk to the least slack, by ascending risk.
func Hull(points []Point) []Point {
	points = slices.Clone(points)
	slices.SortFunc(points, func(a, b Point) int { return cmp.Or(cmp.Compare(a.Risk, b.Risk), cmp.Compare(a.Slack, b.Slack)) })
	var hull []Point
	for _, p := range points {
		if k := len(hull); k > 0 && p.Slack >= hull[k-1].Slack {
			continue // no less slack at more risk
		}
		for k := len(hull); k > 1 && above(hull[k-2], hull[k-1], p); k = len(hull) {
			hull = hull[:k-1]
		}
		hull = append(hull, p)
	}
	return hull
}

// above reports whether b lies on or above the line from a to c.
func above(a, b, c Point) bool {
	return float64((b.Slack-a.Slack)*(c.Risk-a.Risk)) >= float64((c.Slack-a.Slack)*(b.Risk-a.Risk))
}

// SlackAt is the least slack on a hull at a risk. Where the hull ends before it, at less risk, it is that of its end. It is NaN
// where no setting has so little risk.
func SlackAt(hull []Point, risk float64) float64 {
	return along(hull, risk, func(p Point) (x, y float64) { return p.Risk, p.Slack })
}

// RiskAt is the least risk on a hull at a slack. Where the hull ends before it, at less slack, it is that of its end. It is NaN where
// no setting has so little slack.
func RiskAt(hull []Point, slack float64) float64 {
	turned := slices.Clone(hull)
	slices.Reverse(turned)
	return along(turned, slack, func(p Point) (x, y float64) { return p.Slack, p.Risk })
}

// along interpolates on points of ascending x.
func along(points []Point, at float64, of func(Point) (x, y float64)) float64 {
	y := math.NaN()
	for n, p := range points {
		px, py := of(p)
		if px > at {
			if n > 0 {
				x0, y0 := of(points[n-1])
				y = y0 + float64((py-y0)*((at-x0)/(px-x0)))
			}
			return y
		}
		y = py
	}
	return y
}

// Estimate is a figure with the interval that 95 % of the resamples lie in. A figure that is not reached is NaN.
type Estimate struct{ Value, Low, High float64 }

// MarshalJSON writes a figure that is not reached as null.
func (e Estimate) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]*float64{"value": number(e.Value), "low": number(e.Low), "high": number(e.High)})
}

func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Estimate) UnmarshalJSON(text []byte) error {
	var m map[string]*float64
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	for name, to := range map[string]*float64{"value": &e.Value, "low": &e.Low, "high": &e.High} {
		if *to = math.NaN(); m[name] != nil {
			*to = *m[name]
		}
	}
	return nil
}

// Versus compares a method, at all of its settings, with another at its default.
type Versus struct {
	Slack Estimate // the method's at the other's risk ÷ the other's
	Risk  Estimate // the method's at the other's slack ÷ the other's; NaN where the other has none
}

// Resamples is how many are drawn for an interval.
const Resamples = 400

// Compare compares on one axis. groups are those of the workloads; they are drawn anew within their group.
func Compare(settings []Result, base Result, groups []string, a Axis) Versus {
	slack := func(weights []int) float64 {
		b := base.weighted(weights)
		return SlackAt(hullOf(settings, weights, a), a.Risk(b)) / a.Slack(b)
	}
	risk := func(weights []int) float64 {
		b := base.weighted(weights)
		return RiskAt(hullOf(settings, weights, a), a.Slack(b)) / a.Risk(b)
	}
	return Versus{Slack: Bootstrap(groups, slack), Risk: Bootstrap(groups, risk)}
}

func hullOf(settings []Result, weights []int, a Axis) []Point {
	points := make([]Point, len(settings))
	for n, r := range settings {
		t := r.weighted(weights)
		points[n] = Point{Risk: a.Risk(t), Slack: a.Slack(t)}
	}
	return Hull(points)
}

// weighted adds up the workloads, each so often.
func (r Result) weighted(times []int) Tally {
	var t Tally
	for n := range r.Of {
		if times[n] > 0 {
			t.Add(&r.Of[n], times[n])
		}
	}
	return t
}

// Bootstrap returns a figure of all workloads and its interval over resamples of them: within each group as many are drawn
// as there are, with replacement, from a seed that is always the same. Resamples in which the figure does not exist do not count.
func Bootstrap(groups []string, figure func(times []int) float64) Estimate {
	times := make([]int, len(groups))
	for n := range times {
		times[n] = 1
	}
	e := Estimate{Value: figure(times), Low: math.NaN(), High: math.NaN()}
	var members [][]int
	place := map[string]int{}
	for n, g := range groups {
		at, ok := place[g]
		if !ok {
			at = len(members)
			place[g] = at
			members = append(members, nil)
		}
		members[at] = append(members[at], n)
	}
	dice := rand.New(rand.NewPCG(1979, uint64(len(groups))))
	var values []float64
	for range Resamples {
		clear(times)
		for _, m := range members {
			for range m {
				times[m[dice.IntN(len(m))]]++
			}
		}
		if v := figure(times); !math.IsNaN(v) && !math.IsInf(v, 0) {
			values = append(values, v)
		}
	}
	if len(values) >= Resamples/2 {
		slices.Sort(values)
		e.Low, e.High = values[len(values)*25/1000], values[len(values)-1-len(values)*25/1000]
	}
	return e
}
