package vpa

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// CheckpointVersion is the one that v1.8.1 reads and writes.
const CheckpointVersion = "v3"

// ErrCheckpoint is returned of a checkpoint that cannot be true.
var ErrCheckpoint = errors.New("VPA checkpoint")

// checkpointWeight is what the heaviest bucket of a checkpoint counts.
const checkpointWeight = 10_000

// checkpointTotal is the most that all weights of a checkpoint may come to. Chosen: 0.1 · 2^100 for each of a billion samples is
// 1e38, and more cannot come from counting.
const checkpointTotal = 1e60

// Checkpoint is the status of a VerticalPodAutoscalerCheckpoint, with its names.
type Checkpoint struct {
	LastUpdateTime    time.Time           `json:"lastUpdateTime,omitzero"`
	Version           string              `json:"version"`
	CPUHistogram      HistogramCheckpoint `json:"cpuHistogram"`
	MemoryHistogram   HistogramCheckpoint `json:"memoryHistogram"`
	FirstSampleStart  time.Time           `json:"firstSampleStart,omitzero"`
	LastSampleStart   time.Time           `json:"lastSampleStart,omitzero"`
	TotalSamplesCount int64               `json:"totalSamplesCount"`
}

// HistogramCheckpoint is a histogram with weights in parts of the heaviest bucket, which counts 10,000.
type HistogramCheckpoint struct {
	ReferenceTimestamp time.Time      `json:"referenceTimestamp,omitzero"`
	BucketWeights      map[int]uint32 `json:"bucketWeights"`
	TotalWeight        float64        `json:"totalWeight"`
}

// Checkpoint writes the aggregate down. Weights below half of a ten-thousandth of the heaviest are lost, as in VPA.
func (a *Aggregate) Checkpoint(now time.Time) Checkpoint {
	c := Checkpoint{
		LastUpdateTime: now, Version: CheckpointVersion,
		CPUHistogram: a.CPU.checkpoint(), MemoryHistogram: a.Memory.checkpoint(), TotalSamplesCount: a.Count,
	}
	if a.Count > 0 {
		c.FirstSampleStart, c.LastSampleStart = time.UnixMilli(a.First).UTC(), time.UnixMilli(a.Last).UTC()
	}
	return c
}

func (h *Histogram) checkpoint() HistogramCheckpoint {
	c := HistogramCheckpoint{BucketWeights: map[int]uint32{}, TotalWeight: h.total}
	if h.reference != yearOne {
		c.ReferenceTimestamp = time.UnixMilli(h.reference).UTC()
	}
	most := 0.0
	for b := h.low; b <= h.high; b++ {
		most = max(most, h.weights[b])
	}
	ratio := checkpointWeight / most
	for b := h.low; b <= h.high; b++ {
		if w := uint32(math.Floor(float64(h.weights[b]*ratio) + 0.5)); w > 0 {
			c.BucketWeights[b] = w
		}
	}
	return c
}

// Load returns the aggregate that a checkpoint describes, or what is wrong with it, all of it.
func Load(c Checkpoint, f Aggregation) (*Aggregate, error) {
	a := NewAggregate(f)
	err := errors.Join(
		c.validate(),
		a.CPU.load(c.CPUHistogram, "cpuHistogram"),
		a.Memory.load(c.MemoryHistogram, "memoryHistogram"),
	)
	if err != nil {
		return nil, err
	}
	if a.Count = c.TotalSamplesCount; a.Count > 0 {
		a.First, a.Last = c.FirstSampleStart.UnixMilli(), c.LastSampleStart.UnixMilli()
	}
	return a, nil
}

func (c Checkpoint) validate() error {
	var errs []error
	if c.Version != CheckpointVersion {
		errs = append(errs, fmt.Errorf("%w: version %q, not %q", ErrCheckpoint, c.Version, CheckpointVersion))
	}
	first, last := c.FirstSampleStart.UnixMilli(), c.LastSampleStart.UnixMilli()
	if c.TotalSamplesCount < 0 || c.TotalSamplesCount > 0 && (first > last || !instant(first) || !instant(last)) {
		errs = append(errs, fmt.Errorf("%w: %d samples from %s to %s", ErrCheckpoint, c.TotalSamplesCount, c.FirstSampleStart, c.LastSampleStart))
	}
	return errors.Join(errs...)
}

func (h *Histogram) load(c HistogramCheckpoint, name string) error {
	at := c.ReferenceTimestamp.UnixMilli()
	if !(c.TotalWeight >= 0 && c.TotalWeight <= checkpointTotal) {
		return fmt.Errorf("%w: %s: a total weight of %g", ErrCheckpoint, name, c.TotalWeight)
	}
	if !instant(at) {
		return fmt.Errorf("%w: %s: a reference of %s", ErrCheckpoint, name, c.ReferenceTimestamp)
	}
	sum := int64(0)
	for b, w := range c.BucketWeights {
		if b < 0 || b >= len(h.weights) {
			return fmt.Errorf("%w: %s: bucket %d of %d", ErrCheckpoint, name, b, len(h.weights))
		}
		sum += int64(w)
	}
	h.reference = at
	if sum == 0 {
		return nil
	}
	ratio := c.TotalWeight / float64(sum)
	for b, w := range c.BucketWeights {
		h.low, h.high = min(h.low, b), max(h.high, b)
		h.weights[b] = float64(w) * ratio
	}
	h.total = c.TotalWeight
	h.narrow()
	return nil
}
