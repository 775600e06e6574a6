package vpa

import (
	"math"
	"time"
)

// Updater says when VPA's updater evicts or resizes a pod. DefaultUpdater has the defaults of v1.8.1.
type Updater struct {
	MinChange float64       // sum over the resources of |target − request| ÷ request, of a pod that is not outside the bounds
	MinAge    time.Duration // in-recommendation-bounds-eviction-lifetime-threshold
	QuickOOM  time.Duration // evict-after-oom-threshold
}

// DefaultUpdater returns the defaults of v1.8.1.
func DefaultUpdater() Updater {
	return Updater{MinChange: 0.1, MinAge: 12 * time.Hour, QuickOOM: 10 * time.Minute}
}

// Pod is what the updater looks at, of a pod with one container. Requests of 0 are not set.
type Pod struct {
	Request Amounts
	Age     time.Duration
	// QuickOOM: the container was killed for memory less than the updater's threshold after it started, and less than that ago.
	QuickOOM bool
}

// Acts reports whether the updater changes the pod: its request lies outside the bounds; or it was killed for memory soon after
// its start and the request would change; or it is old enough and the change is large enough.
func (u Updater) Acts(p Pod, r Recommendation) bool {
	outside := func(request, lower, upper int64) bool { return request == 0 || request < lower || request > upper }
	change := moved(p.Request.CPU, r.Target.CPU) + moved(p.Request.Memory, r.Target.Memory)
	out := outside(p.Request.CPU, r.Lower.CPU, r.Upper.CPU) || outside(p.Request.Memory, r.Lower.Memory, r.Upper.Memory)
	if p.QuickOOM {
		return change != 0 // and a pod outside its bounds that would not change is left, too
	}
	return out || p.Age >= u.MinAge && change >= u.MinChange
}

func moved(request, target int64) float64 {
	from := math.Max(float64(request), 1)
	return math.Abs(from-float64(target)) / from
}
