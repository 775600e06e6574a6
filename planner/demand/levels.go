package demand

import (
	"fmt"
	"math"
	"slices"
)

// Changes of level cannot be foreseen for one container, and the targets do not cover them (see docs/design/0003-demand.md). How
// often they come is known, from the container and from all others of the recording, and so the risk that is told has them in it.
//
// They come at a rate that is the container's own: gamma distributed over the containers, with a mean and a shape that are the likeliest
// for the pool, and so of the container's own count a negative binomial (Greenwood and Yule 1920; empirical Bayes, Robbins 1956). How far they
// go is a Pareto distribution from levelLeast on, with the pool's mean logarithm. After a change by a factor a request is what it was before
// over the factor.
const (
	levelLeast  = 1.15 // times what was before: less is the tail's
	levelBefore = 7    // days, at most, that are compared with what came: a whole week
	levelKnown  = 3    // of these at least
	levelAfter  = 3    // days that it has to last
	levelFall   = 0.9  // times the least of levelKnown days: a fall, if all of levelKnown days stay below
	levelFactor = 8    // parts of the distribution of factors that are looked at
	levelSteps  = 16   // parts of a horizon
)

// What is believed of changes before any were seen. Chosen: a change of each container in 500 days, worth 100 days, and by half in the mean
// of those that are seen.
const (
	rateBelief  = 1.0 / 500 // a day
	rateDays    = 100
	shapeBelief = 0.125 // few containers have most of the changes
	sizeBelief  = 0.35  // mean logarithm above levelLeast
	sizeWeight  = 3
)

// rises are the changes of level upwards of one container.
type rises struct {
	days  int // on which one would have been seen
	count int
	logs  float64 // sum of the logarithms of their factors over levelLeast
}

// risesOf looks at a level of each day, newest first, for days from which on it was higher than on any day of the week before. Of the last
// days the hours tell, by their regime.
func risesOf(newest, hours []float64, now regime) rises {
	var r rises
	x := slices.Clone(newest)
	slices.Reverse(x)
	from := 0 // where the level begins that is compared with
	for i := range x {
		last := min(i+levelAfter, len(x))
		if i-from >= levelKnown && last-i == levelAfter && slices.Max(x[i:last]) < levelFall*slices.Min(x[i-levelKnown:i]) {
			from = i
		}
		if i < levelBefore || i-from < levelKnown {
			continue
		}
		r.days++
		grew := max(x[i-1]/x[i-2], 1) // what goes on growing does not change
		before := x[max(from, i-levelBefore):i]
		if last-i == levelAfter && slices.Min(x[i:last]) > levelLeast*grew*grew*slices.Max(before) {
			r.add(median(x[i:last]) / median(before))
			from = i
		}
	}
	if since := len(hours) - now.start; now.rose && since < 24*levelAfter && len(x) > levelBefore && from < len(x)-levelAfter {
		if f := median(hours[now.start:]) / median(hours[max(0, now.start-24*levelKnown):now.start]); f > levelLeast {
			r.add(f)
		}
	}
	return r
}

func (r *rises) add(factor float64) {
	r.count++
	r.logs += math.Log(max(factor/levelLeast, 1))
}

// or adds the changes that another resource of the same container shows and this one does not. Hours of CPU are kept for two weeks, days of memory for
// six, and what changes one level mostly changes the other.
func (r rises) or(o rises) rises {
	if more := o.count - r.count; more > 0 {
		r.logs += float64(more) * o.logs / float64(o.count)
		r.count = o.count
	}
	r.days = max(r.days, o.days)
	return r
}

// rates are what is known of the changes of all containers of a recording.
type rates struct {
	all        rises
	containers int     // that were looked at
	changed    int     // of these
	shape      float64 // of the gamma distribution of rates
	days       float64 // its other parameter: shape ÷ days is the mean, in changes a day
	size       float64 // mean logarithm of factors over levelLeast
}

// ratesOf fits the pool.
func ratesOf(all []rises) rates {
	var r rates
	for _, x := range all {
		r.containers++
		if x.count > 0 {
			r.changed++
		}
		r.all = rises{r.all.days + x.days, r.all.count + x.count, r.all.logs + x.logs}
	}
	mean := (float64(r.all.count) + rateBelief*rateDays) / (float64(r.all.days) + rateDays)
	best := math.Inf(-1)
	for shape := 1.0 / 32; shape <= 4; shape *= 2 {
		if l := likely(all, shape, mean); l > best {
			best, r.shape, r.days = l, shape, shape/mean
		}
	}
	r.size = (r.all.logs + sizeBelief*sizeWeight) / (float64(r.all.count) + sizeWeight)
	return r
}

// likely is the logarithm of the likelihood of a shape, with the belief that it is about shapeBelief.
func likely(all []rises, shape, mean float64) float64 {
	days := shape / mean
	off := math.Log(shape / shapeBelief)
	sum := -off * off / 8
	none, _ := math.Lgamma(shape)
	for _, x := range all {
		n, t := float64(x.count), float64(x.days)
		some, _ := math.Lgamma(shape + n)
		sum += some - none + float64(shape*math.Log(days/(days+t))) - float64(n*math.Log(days+t))
	}
	return sum
}

// rises are those of memory, once the regime is known.
func (m *memoryNeed) rises() rises {
	newest := blocksOf(m.seen, 24)
	for _, v := range m.days {
		if v > 0 {
			newest = append(newest, v)
		}
	}
	return risesOf(newest, m.hours, m.regime)
}

// rises are those of CPU, once the regime is known: of the middle of each day's hours, since a day's most is rarely twice the same.
func (c *cpuNeed) rises() rises {
	level := c.level()
	var newest []float64
	for i := len(level); i >= 12; i -= 24 {
		newest = append(newest, median(level[max(0, i-24):i]))
	}
	return risesOf(newest, level, c.regime)
}

// changes are those of level that one container has to expect.
type changes struct {
	own     rises
	pool    rates
	factors [levelFactor]float64
}

func (p *rates) changes(own rises) changes {
	l := changes{own: own, pool: *p}
	for i := range l.factors {
		l.factors[i] = levelLeast * math.Pow(1-float64((float64(i)+0.5)/levelFactor), -p.size)
	}
	return l
}

// none is the probability that the level does not rise within so many days.
func (l *changes) none(days float64) float64 {
	known := l.pool.days + float64(l.own.days)
	return math.Pow(known/(known+days), l.pool.shape+float64(l.own.count))
}

// later is the share of so many days that is expected to come after a rise.
func (l *changes) later(days float64) float64 {
	sum := 0.0
	for i := range levelSteps {
		sum += 1 - l.none(float64(days*(float64(i)+0.5)/levelSteps))
	}
	return float64(sum / levelSteps)
}

// after is the risk of an amount once the level has risen.
func (l *changes) after(risk func(float64) float64, amount float64) float64 {
	sum := 0.0
	for _, f := range l.factors {
		sum += risk(amount / f)
	}
	return float64(sum / levelFactor) // a division by eight is a product to a compiler
}

// says tells what is known of changes.
func (l *changes) says() string {
	times := func(n int) string {
		switch n {
		case 0:
			return "not once"
		case 1:
			return "once"
		}
		return fmt.Sprintf("%d times", n)
	}
	own := fmt.Sprintf("this one %s in %d days", times(l.own.count), l.own.days)
	p := &l.pool
	if p.containers < 2 {
		return own + fmt.Sprintf(", and of others nothing is known: one in %.0f days is believed", 1/rateBelief)
	}
	return fmt.Sprintf("in the recording %d of %d containers rose for good by %.0f %% or more, %s in %d container-days; %s",
		p.changed, p.containers, 100*(levelLeast-1), times(p.all.count), p.all.days, own)
}
