package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary behave as tenon itself.
const asProgram = "TENON_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// process runs tenon as a process of its own, and sends it a signal once it shows its first progress.
func process(t *testing.T, signal os.Signal, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, append(args, "--progress", "plain")...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	lines := bufio.NewScanner(pipe)
	for first := true; lines.Scan(); first = false {
		stderr.WriteString(lines.Text() + "\n")
		if first {
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// hard is an instance that keeps the solver busy for a long time: 150 sizes in four dimensions.
func hard() string {
	rng := rand.New(rand.NewPCG(1, 1))
	var out strings.Builder
	out.WriteString("4\n1000 1000 1000 1000\n150\n")
	for range 150 {
		for range 4 {
			fmt.Fprintf(&out, "%d ", 20+rng.IntN(400))
		}
		fmt.Fprintln(&out, 5+rng.IntN(60))
	}
	return out.String()
}

func TestASignalGivesTheBestPackingSoFarWithItsBound(t *testing.T) {
	file := tempFile(t, "hard.vbp", hard())
	for name, signal := range map[string]os.Signal{"Ctrl-C": os.Interrupt, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			got := process(t, signal, "pack", file, "--work", "deep", "--explain", "-o", "json")
			var a packed
			if err := json.Unmarshal([]byte(got.stdout), &a); err != nil || got.code != exitStopped {
				t.Fatalf("exit code %d, stderr %q: %v", got.code, got.stderr, err)
			}
			if !(a.LowerBound > 0 && a.LowerBound < a.Cost && a.Unplaced == 0) {
				t.Errorf("bound %d, cost %d, unplaced %d: want all placed, above a bound", a.LowerBound, a.Cost, a.Unplaced)
			}
			if !strings.Contains(got.stderr, "\nstopping: ") || !strings.HasSuffix(got.stderr, "find a better one\n") {
				t.Errorf("stderr %q: want it to say that it stops, and that it stopped early", got.stderr)
			}
			if a.Explain == nil || !strings.Contains(a.Explain.Parts[0].Advice, "stopped early") {
				t.Errorf("explanation %+v: want it to say that it stopped early", a.Explain)
			}
		})
	}
}

func TestAPlanThatWasStoppedIsVerified(t *testing.T) {
	save := filepath.Join(t.TempDir(), "plan.json")
	got := process(t, os.Interrupt, "plan", "--example", "--work", "100000", "--out", save)
	if got.code != exitStopped || !strings.Contains(got.stdout, "Lower bound") || !strings.Contains(got.stderr, "wrote "+save) {
		t.Fatalf("exit code %d, stderr %q, stdout\n%s", got.code, got.stderr, got.stdout)
	}
	data, err := os.ReadFile(save)
	if err != nil {
		t.Fatal(err)
	}
	var p planFields
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	if bound, _ := p.Cost.LowerBoundPerHour.Float64(); bound < 20 { // of some 34
		t.Errorf("the bound is %g only", bound)
	}
	if got := tenon(t, "", "verify", save, "--example"); got.code != exitOK {
		t.Errorf("verify: exit code %d, %s", got.code, got.stderr)
	}
}

// TestWhatSignalsMean goes through what the first and the second signal do.
func TestWhatSignalsMean(t *testing.T) {
	var stderr bytes.Buffer
	s := &stopper{stderr: &stderr, bar: &progress{}}
	ctx, end := context.WithCancel(t.Context())
	in := &interrupts{end: end}
	ctx = context.WithValue(ctx, interruptsKey{}, in)
	solving(ctx, s)
	if s.stop() || s.verdict(false) != nil {
		t.Error("a solver stops that nobody has told to")
	}
	if !in.interrupt() || ctx.Err() != nil || s.verdict(false) != nil {
		t.Error("the first signal ends more than the solver")
	}
	if !s.stop() || exitCode(s.verdict(false)) != exitStopped {
		t.Error("the solver did not hear the first signal")
	}
	if s.verdict(true) != nil {
		t.Error("an optimal answer is called stopped early")
	}
	if in.interrupt() || ctx.Err() == nil {
		t.Error("the second signal does not end the program")
	}
	if want := 1; strings.Count(stderr.String(), "\n") != want {
		t.Errorf("stderr %q, want one line", stderr.String())
	}

	ctx, end = context.WithCancel(t.Context())
	in = &interrupts{end: end}
	ctx = context.WithValue(ctx, interruptsKey{}, in)
	solving(ctx, &stopper{})
	solving(ctx, nil)
	if in.interrupt() || ctx.Err() == nil {
		t.Error("a signal when no solver works does not end the program")
	}
}
