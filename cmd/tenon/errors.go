package main

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode"
)

// Exit codes. They are part of the contract with scripts: docs/cli.md lists them.
const (
	exitOK          = 0
	exitInternal    = 1   // Tenon could not finish: a file cannot be written, or a fault of its own
	exitInput       = 2   // the command line or an input is wrong
	exitUnplaced    = 3   // --strict, and some pods have no place in the plan
	exitRefused     = 4   // verify does not vouch for the plan
	exitStopped     = 5   // Ctrl-C, and what was found by then was written
	exitFound       = 6   // doctor --strict, and there is a warning
	exitInterrupted = 130 // Ctrl-C with nothing to show, as shells report it
)

// codedError is an error that says how the process should end.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// badInput marks an error as one that whoever called can put right; nil stays nil.
func badInput(err error) error {
	if err == nil {
		return nil
	}
	return &codedError{exitInput, err}
}

func badInputf(format string, args ...any) error { return badInput(fmt.Errorf(format, args...)) }

func exitCode(err error) int {
	if coded, ok := errors.AsType[*codedError](err); ok {
		return coded.code
	}
	return exitInternal
}

// linesMax is how many lines of one error are shown: a file with ten thousand faults has them for
// one reason or two.
const linesMax = 20

// messages yields the lines of an error, each safe to print.
func messages(err error) iter.Seq[string] {
	return func(yield func(string) bool) {
		lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
		for i, line := range lines {
			if i == linesMax {
				yield(fmt.Sprintf("and %d more", len(lines)-i))
				return
			}
			if !yield(oneLine(line)) {
				return
			}
		}
	}
}

// oneLine replaces what could move a terminal's cursor: file names and objects' names are not ours.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
