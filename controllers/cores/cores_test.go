package cores

import (
	"sync/atomic"
	"testing"
)

func TestEachDoesEverythingOnce(t *testing.T) {
	if Each(1) != nil {
		t.Error("one core gets a loop that starts goroutines")
	}
	for _, cores := range []int{2, 3, 16} {
		for _, n := range []int{0, 1, 2, 15, 16, 17, 1000} {
			did := make([]atomic.Int32, n)
			each := Each(cores)
			each(n, func(i int) {
				each(2, func(int) { did[i].Add(1) }) // a loop in a loop
			})
			for i := range did {
				if got := did[i].Load(); got != 2 {
					t.Fatalf("%d cores: index %d of %d was done %d times", cores, i, n, got/2)
				}
			}
		}
	}
}

func TestEachPanicsWhereItIsCalled(t *testing.T) {
	for _, at := range []int{0, 7, 99} {
		func() {
			defer func() {
				if got := recover(); got != "out of ink" {
					t.Errorf("panic at %d: got %v", at, got)
				}
			}()
			Each(4)(100, func(i int) {
				if i == at {
					panic("out of ink")
				}
			})
		}()
	}
}
