package milp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Tool is a solver that is installed or not.
type Tool string

// The tools, by the name of their command.
const (
	CBC    Tool = "cbc"
	GLPSol Tool = "glpsol"
)

// Tools lists them.
func Tools() []Tool { return []Tool{CBC, GLPSol} }

// ErrAbsent marks a tool that is not installed.
var ErrAbsent = errors.New("not installed")

// packages says which of Debian's packages has the tool.
var packages = map[Tool]string{CBC: "coinor-cbc", GLPSol: "glpk-utils"}

// Path finds the tool.
func (t Tool) Path() (string, error) {
	path, err := exec.LookPath(string(t))
	if err != nil {
		return "", fmt.Errorf("%s is %w: Debian has it in %s", t, ErrAbsent, packages[t])
	}
	return path, nil
}

// Status says what a tool found.
type Status string

// The statuses. The zero value: nothing was found in time.
const (
	Nothing    Status = ""
	Feasible   Status = "feasible" // a solution; there may be better ones
	Optimal    Status = "optimal"
	Infeasible Status = "infeasible"
)

// Answer is what a tool made of a program.
type Answer struct {
	Status Status
	Value  float64       // of the solution, if there is one
	Took   time.Duration // of the process, reading the file included
}

// grace is how long a tool may take beyond its limit: both look at the clock between two steps only.
const grace = 5 * time.Second

// Solve has the tool solve p, for a limit of wall-clock time in whole seconds. An optimum is one to the last digit: no gap is
// tolerated.
func Solve(ctx context.Context, t Tool, p *Program, limit time.Duration) (Answer, error) {
	path, err := t.Path()
	if err != nil {
		return Answer{}, err
	}
	dir, err := os.MkdirTemp("", "tenon-milp-")
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	in, out := filepath.Join(dir, "program.lp"), filepath.Join(dir, "answer.txt")
	if err := writeFile(in, p); err != nil {
		return Answer{}, err
	}
	seconds := strconv.Itoa(max(1, int(limit/time.Second)))
	args := []string{in, "-sec", seconds, "-timeMode", "elapsed", "-ratio", "0", "-allow", "0", "-solve", "-solution", out}
	read := readCBC
	if t == GLPSol {
		args = []string{"--lp", in, "--tmlim", seconds, "-w", out}
		read = readGLPSol
	}
	ctx, stop := context.WithTimeout(ctx, limit+grace)
	defer stop()
	start := time.Now()
	text, err := exec.CommandContext(ctx, path, args...).CombinedOutput() //nolint:gosec // a tool of the list above, with a file of ours
	a := Answer{Took: time.Since(start)}
	if ctx.Err() != nil {
		return a, nil // it did not end by itself: nothing was found in time
	}
	if err != nil {
		return a, fmt.Errorf("run %s: %w: %s", t, err, lastLine(string(text)))
	}
	answer, err := os.ReadFile(out)
	if err != nil {
		return a, fmt.Errorf("%s wrote no answer: %s", t, lastLine(string(text)))
	}
	a.Status, a.Value, err = read(string(answer))
	return a, err
}

func writeFile(name string, p *Program) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(p.Write(file), file.Close())
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndex(text, "\n")+1:]
}

// readCBC reads the first line of a solution file: "Optimal - objective value 9.00000000".
func readCBC(text string) (Status, float64, error) {
	first, _, _ := strings.Cut(text, "\n")
	what, value, ok := strings.Cut(first, " - objective value ")
	v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	switch {
	case !ok || err != nil:
		return Nothing, 0, fmt.Errorf("cbc's answer begins with %q", first)
	case what == "Optimal":
		return Optimal, v, nil
	case strings.HasPrefix(what, "Infeasible"), strings.HasPrefix(what, "Integer infeasible"):
		return Infeasible, 0, nil
	case strings.Contains(what, "no integer solution"):
		return Nothing, 0, nil
	case strings.HasPrefix(what, "Stopped"):
		return Feasible, v, nil
	}
	return Nothing, 0, fmt.Errorf("cbc's answer begins with %q", first)
}

// readGLPSol reads the line "s mip rows columns status value" of a raw solution, or "s bas rows columns primal dual value" of a
// linear program's. See GLPK's reference, glp_write_mip and glp_write_sol.
func readGLPSol(text string) (Status, float64, error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 6 || f[0] != "s" {
			continue
		}
		v, err := strconv.ParseFloat(f[len(f)-1], 64)
		if err != nil {
			return Nothing, 0, fmt.Errorf("glpsol's answer: %q", lines.Text())
		}
		switch status := strings.Join(f[4:len(f)-1], ""); {
		case status == "o", status == "ff":
			return Optimal, v, nil
		case strings.HasPrefix(status, "n"):
			return Infeasible, 0, nil
		case strings.HasPrefix(status, "f"):
			return Feasible, v, nil
		}
		return Nothing, 0, nil
	}
	return Nothing, 0, errors.New("glpsol's answer has no line of its solution")
}
