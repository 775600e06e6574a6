// Command tenon plans what a Kubernetes cluster should be made of, proves how far that is from the
// cheapest possible, and checks such plans. It is a shell: it reads files, calls the planner, and
// writes what comes back. See docs/cli.md for commands, environment and exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

func main() {
	os.Exit(run(listen(context.Background()), os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program: args[0] is the name that it was called by, and the result is the exit
// code. It reads the process's environment and files, and nothing else that is not in its arguments.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if cause := recover(); cause != nil {
			code = exitInternal
			say(stderr, "tenon: internal error, please report it: %s", oneLine(fmt.Sprint(cause)))
			if os.Getenv("TENON_DEBUG") != "" {
				_, _ = stderr.Write(debug.Stack())
			}
		}
	}()
	root := newRoot(args[0])
	root.SetArgs(args[1:])
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		say(stderr, "tenon: interrupted")
		return exitInterrupted
	}
	for line := range messages(err) {
		say(stderr, "tenon: %s", line)
	}
	return exitCode(err)
}
