package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
)

// interrupts decides what a Ctrl-C or SIGTERM means. While a solver works, the first one asks it for the best answer so
// far. Any other ends the program's context; what comes after that ends the process, as signals do by themselves.
type interrupts struct {
	end    context.CancelFunc
	mu     sync.Mutex
	solver *stopper // the one at work; nil: none
}

type interruptsKey struct{}

// listen returns a context that signals end.
func listen(ctx context.Context) context.Context {
	ctx, end := context.WithCancel(ctx)
	in := &interrupts{end: end}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for range signals {
			if !in.interrupt() {
				signal.Stop(signals)
				return
			}
		}
	}()
	return context.WithValue(ctx, interruptsKey{}, in)
}

// interrupt handles one signal; false says that it was the last one to be handled.
func (in *interrupts) interrupt() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.solver != nil && in.solver.tell() {
		return true
	}
	in.end()
	return false
}

// solving makes a solver the one that the next signal goes to; nil: none.
func solving(ctx context.Context, s *stopper) {
	if in, ok := ctx.Value(interruptsKey{}).(*interrupts); ok {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.solver = s
	}
}

// stopper takes a wish to stop to a solver.
type stopper struct {
	stderr      io.Writer
	bar         *progress
	told, heard atomic.Bool
}

// tell asks the solver to stop, the first time.
func (s *stopper) tell() bool {
	if s.told.Swap(true) {
		return false
	}
	s.bar.aside(func() {
		say(s.stderr, "stopping: the best answer so far comes next; Ctrl-C again ends at once, without it")
	})
	return true
}

// stop is what the solver asks, perhaps from several goroutines.
func (s *stopper) stop() bool {
	if !s.told.Load() {
		return false
	}
	s.heard.Store(true)
	return true
}

// verdict is the error of a command whose solver was cut short, unless it was done anyway.
func (s *stopper) verdict(optimal bool) error {
	if optimal || !s.heard.Load() {
		return nil
	}
	return &codedError{exitStopped, errors.New("stopped early: this is the best answer so far, and its bound holds; a longer run may find a better one")}
}
