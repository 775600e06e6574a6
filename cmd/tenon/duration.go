package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// dayDuration is a flag for a time.Duration that also takes days and weeks, as people say windows of usage: 14d, 2w, 36h.
type dayDuration struct{ to *time.Duration }

var _ pflag.Value = dayDuration{}

// durationVar adds a flag that takes days.
func durationVar(f *pflag.FlagSet, to *time.Duration, name string, value time.Duration, usage string) {
	*to = value
	f.Var(dayDuration{to}, name, usage)
}

// String writes whole days as such.
func (d dayDuration) String() string {
	switch {
	case d.to == nil:
		return ""
	case *d.to > 0 && *d.to%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", *d.to/(24*time.Hour))
	}
	text := d.to.String()
	if cut, ok := strings.CutSuffix(text, "m0s"); ok {
		text = cut + "m"
	}
	if cut, ok := strings.CutSuffix(text, "h0m"); ok {
		text = cut + "h"
	}
	return text
}

// daysMost keeps a duration within an int64.
const daysMost = 36_500

// Set takes what time.ParseDuration does, and whole numbers of days and weeks.
func (d dayDuration) Set(text string) error {
	for unit, days := range map[string]int64{"d": 1, "w": 7} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseInt(number, 10, 64)
			if err != nil || n < 0 || n > daysMost/days {
				return fmt.Errorf("%q is no number of days or weeks; write 14d, 2w or 36h", text)
			}
			*d.to = time.Duration(n*days) * 24 * time.Hour
			return nil
		}
	}
	v, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is no duration; write 14d, 36h or 30m", text)
	}
	*d.to = v
	return nil
}

// Type is how help calls it where the usage names nothing.
func (d dayDuration) Type() string { return "DURATION" }
