// Package cores lets the core, which starts no goroutines, use more than one: it takes a loop over indices (binpack.Options.Each), and
// here is one that runs beside itself. What is computed does not depend on how many there are.
package cores

import (
	"sync"
	"sync/atomic"
)

// blocksEach is how many blocks of work a core gets on average: more balance better and are handed out more often.
const blocksEach = 8

// Each returns a loop over indices that uses so many goroutines, the caller's among them; nil for one. A panic in any of
// them is raised in the caller once all have ended.
func Each(cores int) func(n int, do func(i int)) {
	if cores <= 1 {
		return nil
	}
	return func(n int, do func(i int)) {
		var next atomic.Int64
		var all sync.WaitGroup
		var cause atomic.Pointer[any]
		block := max(1, n/(blocksEach*cores))
		work := func() {
			defer func() {
				if c := recover(); c != nil {
					cause.CompareAndSwap(nil, &c)
				}
			}()
			for {
				to := int(next.Add(int64(block)))
				if to-block >= n || cause.Load() != nil {
					return
				}
				for i := to - block; i < min(to, n); i++ {
					do(i)
				}
			}
		}
		for range min(cores, n) - 1 {
			all.Go(work)
		}
		work()
		all.Wait()
		if c := cause.Load(); c != nil {
			panic(*c)
		}
	}
}
