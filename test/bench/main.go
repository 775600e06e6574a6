// Bench measures the solver and others side by side, and writes docs/benchmarks.md: what a packing costs, how far from the least
// possible that is proven to be, in which time and memory, how these grow, and what first fit, CBC and glpsol make of the same.
//
//	make bench                                     # everything: some 20 minutes, alone on two cores
//	go run ./test/bench -quick                     # a look of a minute, to standard output
//	go run ./test/bench -cases 'synth/10k-200/'    # some cases, by a pattern of their names
//	go run ./test/bench -cases '^demand/'          # recommenders of requests alone: two minutes
//
// # What is measured
//
// The goals are a table in goals.go, from the issue that asked for this solver: work, the cases that stand for it, and the limit of
// each figure. Whether a goal is met is computed, from the worst of cases that nobody looked at: seeds above 39. Others may be
// asked for, are marked, and count for nothing. What a person has to say of a goal is read from docs/benchmarks-notes.md.
//
// Cases are clusters of simulations/synth, the pod lists of Alibaba's GPU trace, demands for MIG slices, Baldi's instances of
// variable-sized bin packing, Caprara and Toth's classes, and small whole problems: see cases.go. Alibaba's and Baldi's are recordings that are
// not in this repository; they are looked for at ../shared/traces, or where TENON_TRACES points. CBC and glpsol are other people's programs,
// see test/milp. What is missing is named in the report, and what is there is measured.
//
// Each case runs in a process of its own, so that its peak of memory is its own: the VmHWM of
// /proc/self/status, read after solving. Where there is no such file it is what the Go runtime has taken from the
// system. The process prints its result as JSON and the parent collects. Cases run one after the other on all cores, but for those
// sets whose goals are no times on so many: several of these run at once, each on one core (side.go). Solving is binpack.SolveWith within
// binpack.DefaultLimits, its check of its own answer included; the check alone is timed once more. The yardsticks are
// checked as well.
//
// # What it refuses to do
//
// A case that fails, or takes more than ten minutes, is reported as failed, and the command ends with 1. A run that left out cases
// goes to standard output, never over the full report, unless -o says so.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// document is where a full run is written.
const document = "docs/benchmarks.md"

// caseLimit is how long one case may take, so that a run ends.
const caseLimit = 10 * time.Minute

type options struct {
	pattern *regexp.Regexp
	out     string // "-": standard output
	seeds   []uint64
	every   int // of Baldi's instances
	quick   bool
	one     string // the case that a child process runs
	traces  string
	limit   time.Duration // for CBC or glpsol and one whole problem
	cores   int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		stop()
		os.Exit(1) //nolint:gocritic // stop was called just above
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.one != "" {
		result, err := measure(ctx, o)
		if err != nil {
			return err
		}
		return json.NewEncoder(stdout).Encode(result)
	}
	list, missing, err := cases(o)
	if err != nil {
		return err
	}
	_, absent := present()
	missing = append(missing, absent...)
	for _, m := range missing {
		_, _ = fmt.Fprintln(stderr, m)
	}
	notes, err := readNotes(notesFile)
	if err != nil {
		return err
	}
	report := report{Machine: describeMachine(ctx), Date: time.Now(), Missing: missing, Notes: notes, Limit: o.limit, Cores: o.cores, Command: "go run ./test/bench " + strings.Join(args, " ")}
	failed := 0
	report.Results = measureAll(ctx, o, list, stderr)
	if ctx.Err() != nil { // what was measured by then is worth having
		report.Results = slices.DeleteFunc(report.Results, func(r result) bool { return r.Case == "" || r.Error != "" })
		report.Missing = append(report.Missing, fmt.Sprintf("The run was interrupted: %d of its %d cases are here.", len(report.Results), len(list)))
	}
	for _, r := range report.Results {
		if r.Error != "" {
			failed++
		}
	}
	report.Took = time.Since(report.Date)
	if err := write(o.out, stdout, report.markdown()); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases failed", failed, len(list))
	}
	return ctx.Err()
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{traces: os.Getenv("TENON_TRACES")}
	if o.traces == "" {
		o.traces = "../shared/traces"
	}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	pattern := f.String("cases", "", "only the cases whose names match this `REGEXP`")
	seeds := f.String("seeds", "41,42,43,44,45", "`SEEDS` of what is generated; what takes long is run for the first above "+strconv.Itoa(tunedSeeds)+" only")
	all := f.Bool("all", false, "all of Baldi's instances, and all seeds of Caprara and Toth's classes; else every fourth, and the first seed")
	f.BoolVar(&o.quick, "quick", false, "few and small cases")
	f.StringVar(&o.out, "o", "", "write the report to this `FILE`, \"-\" for standard output; default "+document+" for a full run")
	f.DurationVar(&o.limit, "limit", toolLimit, "what CBC or glpsol may take for one whole problem; for a restricted master three times as much")
	f.IntVar(&o.cores, "cores", runtime.GOMAXPROCS(0), "how many cores to solve on")
	f.StringVar(&o.one, "one", "", "run this one `CASE` here and print its result as JSON")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	var err error
	if o.pattern, err = regexp.Compile(*pattern); err != nil {
		return o, fmt.Errorf("-cases: %w", err)
	}
	for s := range strings.SplitSeq(*seeds, ",") {
		seed, err := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
		if err != nil {
			return o, fmt.Errorf("-seeds: %w", err)
		}
		o.seeds = append(o.seeds, seed)
	}
	if o.every = 4; *all {
		o.every = 1
	}
	if o.out == "" {
		if o.out = document; o.quick || *pattern != "" {
			o.out = "-"
		}
	}
	return o, nil
}

// inChild runs one case in a process of its own.
func inChild(ctx context.Context, o options, name string, stderr io.Writer) result {
	failed := func(err error) result { return result{Case: name, Error: oneLine(err.Error())} }
	self, err := os.Executable()
	if err != nil {
		return failed(err)
	}
	ctx, stop := context.WithTimeout(ctx, caseLimit)
	defer stop()
	cmd := exec.CommandContext(ctx, self, "-one", name, "-limit", o.limit.String(), "-cores", strconv.Itoa(o.cores)) //nolint:gosec // it is this very program
	cmd.Env = append(os.Environ(), "TENON_TRACES="+o.traces, "GOMAXPROCS="+strconv.Itoa(o.cores))
	cmd.Stderr = stderr
	out, err := cmd.Output()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return failed(fmt.Errorf("it took more than %s", caseLimit))
	}
	if err != nil {
		return failed(fmt.Errorf("run in a child process: %w", err))
	}
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		return failed(fmt.Errorf("decode the child's result: %w", err))
	}
	return r
}

func write(name string, stdout io.Writer, text string) error {
	if name == "-" {
		_, err := io.WriteString(stdout, text)
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644) //nolint:gosec // a document that everyone may read
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
