// Command build makes the programs of a control plane that make test-e2e runs: once, of the modules in the folders beside
// it, into .cache/e2e. Each folder pins the version of one module and of all that it needs.
//
//	go run ./test/e2e/build
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tenon-sh/tenon/test/controlplane"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := controlplane.Build(ctx, "test/e2e/build", ".cache/e2e", os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
