package loads

// families are all of them. The order is part of the seed: new ones go to the end.
var families = []family{
	{"steady", steady}, {"daily", daily}, {"weekly", weekly}, {"bursty", bursty}, {"leaking", leaking},
	{"stepping", stepping}, {"spiking", spiking}, {"jvm", jvm}, {"batch", batch},
}

const (
	hour = 60
	day  = 24 * hour
	week = 7 * day
)

func steady(dice, *setting) func() shape {
	return func() shape { return func(int) (float64, float64) { return 1, 1 } }
}

// daily has one or two hills a day, at hours of its own, a little different each day.
func daily(d dice, _ *setting) func() shape {
	height, width, at := d.between(0.5, 4), d.between(4, 14)*hour, d.IntN(day)
	second, also := d.between(0.2, 0.8), d.between(0.05, 0.5)
	if d.chance(50) {
		second = 0
	}
	days := make([]float64, DaysMax)
	for i := range days {
		days[i] = d.between(0.85, 1.15)
	}
	return func() shape {
		return func(minute int) (float64, float64) {
			x := float64((minute+at)%day) / width
			up := hill(x) + float64(second*hill(x-1.2))
			up = float64(up * height * days[(minute+at)/day%DaysMax])
			return 1 + up, 1 + float64(also*up)
		}
	}
}

// weekly is quiet on two days of seven, or does one run of hours in a week.
func weekly(d dice, _ *setting) func() shape {
	offset := d.IntN(7)
	if d.chance(50) {
		quiet, busy := d.between(0.15, 0.5), d.between(0.5, 2)
		return func() shape {
			return func(minute int) (float64, float64) {
				up := 1 + float64(busy*hill(float64(minute%day)/day))
				if (minute/day+offset)%7 < 2 {
					up *= quiet
				}
				return up, 0.8 + float64(0.2*up)
			}
		}
	}
	from, long, high, memory := d.IntN(week-9*hour), d.IntN(6*hour)+2*hour, d.between(2, 5), d.between(1, 2.5)
	return func() shape {
		return func(minute int) (float64, float64) {
			if m := minute % week; m >= from && m < from+long {
				return high, memory
			}
			return 1, 1
		}
	}
}

// burst is what comes now and then, lasts, and has a height.
type burst struct {
	next, end   int
	up          float64
	every, last float64 // mean minutes
}

func (b *burst) at(d dice, minute int, height func() float64) float64 {
	if minute >= b.next {
		b.end = minute + d.wait(b.last)
		b.next = b.end + d.wait(b.every)
		b.up = height()
	}
	if minute < b.end {
		return b.up
	}
	return 0
}

func bursty(d dice, _ *setting) func() shape {
	every, last, high, memory := day/d.between(1, 6), d.between(5, 60), d.between(0.8, 2.5), d.between(0.02, 0.3)
	return func() shape {
		b := burst{next: d.wait(every), every: every, last: last}
		return func(minute int) (float64, float64) {
			up := b.at(d, minute, func() float64 { return high * d.heavy(2.2, 8) })
			return 1 + up, 1 + float64(memory*up)
		}
	}
}

// leaking grows until it is restarted, and goes on from the bottom.
func leaking(d dice, s *setting) func() shape {
	s.restartDays = d.between(2, 9)
	rate := d.between(0.02, 0.3) / day
	return func() shape {
		born := -d.IntN(2 * day)
		return func(minute int) (float64, float64) {
			if s.restarted {
				born = minute
			}
			return 1, 1 + float64(rate*float64(minute-born))
		}
	}
}

// stepping changes its level for good. Nothing happens in the first ten days, so that everybody has learned the level before.
func stepping(d dice, s *setting) func() shape {
	factors := []float64{0.3, 0.5, 1.5, 2.5}
	for minute := 10*day + d.IntN(8*day); minute < s.minutes && len(s.changes) < 3; minute += 5*day + d.IntN(12*day) {
		s.changes = append(s.changes, Change{Step: minute / s.step, Factor: factors[d.IntN(len(factors))]})
	}
	memory := d.between(0.4, 1)
	return func() shape {
		return func(minute int) (float64, float64) {
			level := 1.0
			for _, c := range s.changes {
				if minute/s.step >= c.Step {
					level *= c.Factor
				}
			}
			return level, 1 + float64(memory*(level-1))
		}
	}
}

func spiking(d dice, _ *setting) func() shape {
	every, last, high := d.between(0.7, 6)*day, d.between(4, 15), d.between(0.5, 2.5)
	return func() shape {
		b := burst{next: d.wait(every), every: every, last: last}
		return func(minute int) (float64, float64) {
			up := b.at(d, minute, func() float64 { return high * d.between(0.7, 1.2) })
			return 1 + float64(0.5*up), 1 + up
		}
	}
}

// jvm fills its heap in hours to days, by a hill of traffic each day, and keeps it; a start takes CPU for some minutes.
func jvm(d dice, s *setting) func() shape {
	full, fill, traffic, start := d.between(1.3, 3), d.between(0.3, 4)*day, d.between(0.3, 2), d.between(2, 6)
	s.memoryNoise = d.between(0.01, 0.05)
	return func() shape {
		born := -d.IntN(day)
		return func(minute int) (float64, float64) {
			if s.restarted {
				born = minute
			}
			age := float64(minute - born)
			cpu := 1 + float64(traffic*hill(float64(minute%day)/day))
			if age < 10 {
				cpu += start
			}
			return cpu, 1 + float64((full-1)*min(age/fill, 1))
		}
	}
}

// batch runs at hours of its own and does next to nothing between; one day of the week has more to do.
func batch(d dice, _ *setting) func() shape {
	runs, long, size := 1+d.IntN(6), d.between(0.5, 3)*hour, d.between(0, 0.35)
	gap, heavy, more, memory := day/runs, d.IntN(7), d.between(1, 2), d.between(0.3, 0.9)
	return func() shape {
		run, factor := -1, 1.0
		return func(minute int) (float64, float64) {
			if minute/gap != run {
				run, factor = minute/gap, 1+float64(size*d.bell()/2)
			}
			extent := factor
			if minute/day%7 == heavy {
				extent *= more
			}
			if float64(minute%gap) >= min(long*extent, float64(gap)*0.9) {
				return 0.02, 1 - memory
			}
			return 1, 1 - memory + float64(memory*max(extent, 0.1))
		}
	}
}
