package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/tenon-sh/tenon/pricing"
)

// machine is what the figures were measured on and with.
type machine struct {
	Cores   int
	CPU     string
	RAM     string
	System  string
	Go      string
	Commit  string
	Load    string // before the first case; "" where it is not known
	Catalog string
}

// describeMachine asks the system. What cannot be learnt is said to be unknown.
func describeMachine(ctx context.Context) machine {
	cat := pricing.Default()
	m := machine{
		Cores: runtime.NumCPU(), CPU: "unknown", RAM: "unknown",
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Commit: commit(ctx),
		Catalog: fmt.Sprintf("%d types, %s, %s", len(cat.Types), cat.Region, cat.Date),
	}
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	memory, _ := os.ReadFile("/proc/meminfo")
	if kib, ok := field(memory, "MemTotal"); ok {
		m.RAM = fmt.Sprintf("%.1f GiB", float64(kib)/(1<<20))
	}
	load, _ := os.ReadFile("/proc/loadavg")
	m.Load, _, _ = strings.Cut(string(load), " ")
	return m
}

// commit names the commit that was measured, and whether the sources differ from it.
func commit(ctx context.Context) string {
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", args...).Output() //nolint:gosec // the arguments are below
		return strings.TrimSpace(string(out)), err
	}
	id, err := git("rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changed, err := git("status", "--porcelain", "--", "*.go", "go.mod"); err != nil || changed != "" {
		return id + " with changes that are not committed"
	}
	return id
}
