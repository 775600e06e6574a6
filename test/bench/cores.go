package main

import (
	"sync"
	"sync/atomic"
)

// blocksEach is how many blocks of work a core gets on average, as in cmd/tenon.
const blocksEach = 8

// onCores returns a loop over indices that uses so many goroutines, the caller's among them; nil for one.
func onCores(cores int) func(n int, do func(i int)) {
	if cores <= 1 {
		return nil
	}
	return func(n int, do func(i int)) {
		var next atomic.Int64
		var all sync.WaitGroup
		block := max(1, n/(blocksEach*cores))
		work := func() {
			for to := int(next.Add(int64(block))); to-block < n; to = int(next.Add(int64(block))) {
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
	}
}
