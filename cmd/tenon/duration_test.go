package main

import (
	"testing"
	"time"
)

func TestDaysAreDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"14d": 14 * 24 * time.Hour, "2w": 14 * 24 * time.Hour, "36h": 36 * time.Hour, "5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "0d": 0,
	} {
		var got time.Duration
		if err := (dayDuration{&got}).Set(text); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
		var again time.Duration
		if err := (dayDuration{&again}).Set((dayDuration{&got}).String()); err != nil || again != got {
			t.Errorf("%s is written %s, which is %v, %v", text, dayDuration{&got}, again, err)
		}
	}
	for _, text := range []string{"", "d", "1.5d", "-1d", "99999999d", "14 days", "9999999w", "x"} {
		var got time.Duration
		if err := (dayDuration{&got}).Set(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
