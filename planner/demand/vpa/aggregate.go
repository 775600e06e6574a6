package vpa

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// AmountMost is the largest amount that VPA knows.
const AmountMost = 100_000_000_000_000

// Amounts are of one container: milli-CPU and bytes.
type Amounts struct {
	CPU    int64 `json:"cpu"`
	Memory int64 `json:"memory"`
}

// Amount converts a measured value to an amount as VPA does: it cuts off the fraction and stops at AmountMost. ok is false of
// what is no number, infinite or negative.
func Amount(value float64) (amount int64, ok bool) {
	if !(value >= 0) || math.IsInf(value, 1) {
		return 0, false
	}
	return int64(min(value, AmountMost)), true
}

// Aggregation is how samples are held: the recommender's flags of that name. DefaultAggregation has VPA's defaults.
type Aggregation struct {
	CPUHalfLife    time.Duration // cpu-histogram-decay-half-life
	MemoryHalfLife time.Duration // memory-histogram-decay-half-life
	MemoryInterval time.Duration // memory-aggregation-interval: one peak of memory for each
	MemoryCount    int64         // memory-aggregation-interval-count: an aggregate without a sample for so many is forgotten
	OOMBumpUpRatio float64       // oom-bump-up-ratio
	OOMMinBumpUp   float64       // oom-min-bump-up-bytes
}

// DefaultAggregation returns the defaults of v1.8.1.
func DefaultAggregation() Aggregation {
	return Aggregation{
		CPUHalfLife: 24 * time.Hour, MemoryHalfLife: 24 * time.Hour, MemoryInterval: 24 * time.Hour, MemoryCount: 8,
		OOMBumpUpRatio: 1.2, OOMMinBumpUp: 100 << 20,
	}
}

// Aggregate is what is known of all containers of one name in the pods of one workload.
type Aggregate struct {
	CPU    *Histogram // cores
	Memory *Histogram // bytes: peaks of an interval
	First  int64      // instants of the first and last sample of CPU; meaningless where Count is 0
	Last   int64
	Count  int64 // samples of CPU
	flags  Aggregation
}

// NewAggregate returns one without samples.
func NewAggregate(f Aggregation) *Aggregate {
	return &Aggregate{
		CPU:    NewHistogram(SchemeCPU, f.CPUHalfLife.Milliseconds()),
		Memory: NewHistogram(SchemeMemory, f.MemoryHalfLife.Milliseconds()),
		flags:  f,
	}
}

// Merge adds all of another aggregate. The other one may be changed in its representation: see Histogram.Merge.
func (a *Aggregate) Merge(other *Aggregate) error {
	if !a.CPU.like(other.CPU) || !a.Memory.like(other.Memory) {
		return fmt.Errorf("merge: %w", ErrUnlike)
	}
	if err := errors.Join(a.CPU.Merge(other.CPU), a.Memory.Merge(other.Memory)); err != nil {
		return err
	}
	if other.Count == 0 {
		return nil
	}
	if a.Count == 0 {
		a.First, a.Last = other.First, other.Last
	}
	a.First, a.Last = min(a.First, other.First), max(a.Last, other.Last)
	a.Count += other.Count
	return nil
}

// Expired reports whether VPA has forgotten the aggregate: its last sample is as old as MemoryCount intervals. One without a
// sample does not expire here, since it does not know when it was made.
func (a *Aggregate) Expired(now int64) bool {
	return a.Count > 0 && now-a.Last >= a.flags.MemoryCount*a.flags.MemoryInterval.Milliseconds()
}

func (a *Aggregate) addCPU(at, milli int64) bool {
	if !a.CPU.Add(float64(milli)/1000, MinWeight, at) {
		return false
	}
	if a.Count == 0 {
		a.First, a.Last = at, at
	}
	a.First, a.Last = min(a.First, at), max(a.Last, at)
	a.Count++
	return true
}

// Container is one container of one pod: it keeps the order of its samples and the peak of its interval.
type Container struct {
	of         *Aggregate
	seenCPU    bool
	lastCPU    int64
	seenMemory bool
	lastMemory int64
	windowEnd  int64
	peak       int64 // of measured memory within the window
	oomPeak    int64 // of what a kill stands for
}

// NewContainer returns one whose samples go to an aggregate.
func NewContainer(of *Aggregate) *Container { return &Container{of: of} }

// AddCPU adds a sample in milli-CPU. It reports false where the sample is negative, is not later than the one before, or has an
// instant outside the years 1 to 9999.
func (c *Container) AddCPU(at, milli int64) bool {
	if milli < 0 || c.seenCPU && at <= c.lastCPU || !c.of.addCPU(at, milli) {
		return false
	}
	c.seenCPU, c.lastCPU = true, at
	return true
}

// AddMemory adds a sample in bytes. It reports false where the sample is negative, earlier than the one before, or has an
// instant outside the years 1 to 9999.
func (c *Container) AddMemory(at, bytes int64) bool { return c.addMemory(at, bytes, false) }

// AddOOM tells of a kill for memory while the container asked for so many bytes. What it stands for is the larger of request and
// measured peak, raised by the larger of 100 MiB and 20 %. It reports false of a kill that is older than an interval.
func (c *Container) AddOOM(at, request int64) bool {
	if c.seenMemory && at < c.lastMemory-c.of.flags.MemoryInterval.Milliseconds() {
		return false
	}
	used := max(request, c.peak)
	return c.addMemory(at, max(used+scaled(c.of.flags.OOMMinBumpUp, 1), scaled(float64(used), c.of.flags.OOMBumpUpRatio)), true)
}

func (c *Container) addMemory(at, bytes int64, oom bool) bool {
	if bytes < 0 || !oom && c.seenMemory && at < c.lastMemory || !c.windowFits(at) {
		return false
	}
	if !c.seenMemory {
		c.seenMemory, c.windowEnd = true, at
	}
	c.lastMemory = at
	if at < c.windowEnd {
		old := max(c.peak, c.oomPeak)
		if old == 0 || bytes <= old {
			return true // no more than the peak that counts already; after a peak of 0 too, as in VPA
		}
		c.of.Memory.Subtract(float64(old), 1, c.windowEnd)
	} else {
		interval := c.of.flags.MemoryInterval.Milliseconds()
		c.windowEnd += (at-c.windowEnd)/interval*interval + interval
		c.peak, c.oomPeak = 0, 0
	}
	c.of.Memory.Add(float64(bytes), 1, c.windowEnd)
	if oom {
		c.oomPeak = bytes
	} else {
		c.peak = bytes
	}
	return true
}

// windowFits reports whether the interval of an instant ends within the years that histograms know.
func (c *Container) windowFits(at int64) bool {
	return instant(at) && instant(at+c.of.flags.MemoryInterval.Milliseconds()) && c.of.flags.MemoryInterval >= time.Millisecond
}

// scaled multiplies as VPA's amounts do: it cuts off the fraction, and stops at 0 and AmountMost. Not a number is 0.
func scaled(amount, factor float64) int64 {
	v := amount * factor
	if !(v > 0) {
		return 0
	}
	return int64(min(v, AmountMost))
}

// String tells the state in one line, for tests and logs.
func (a *Aggregate) String() string {
	return fmt.Sprintf("%d samples of CPU, %d to %d; total weights %g and %g", a.Count, a.First, a.Last, a.CPU.total, a.Memory.total)
}
