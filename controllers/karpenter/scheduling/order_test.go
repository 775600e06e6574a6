package scheduling

import "testing"

// TestOneWorker: with one worker, what the work throws can be caught by who asked for it; in a goroutine of its own it
// would end the process. Work stops where the worker says so.
func TestOneWorker(t *testing.T) {
	caught := func() (r any) {
		defer func() { r = recover() }()
		parallelizeUntil(1, 2, func(int) bool { panic("thrown") })
		return nil
	}()
	if caught != "thrown" {
		t.Errorf("caught %v", caught)
	}
	var seen []int
	parallelizeUntil(1, 4, func(i int) bool { seen = append(seen, i); return i < 2 })
	if len(seen) != 3 {
		t.Errorf("looked at %v", seen)
	}
}
