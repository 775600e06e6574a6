package colgen

import (
	"fmt"
	"os"
	"syscall"
)

var traceOn = os.Getenv("TRACE") != ""

func user() float64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(0, &r)
	return float64(r.Utime.Sec) + float64(r.Utime.Usec)/1e6
}

func (g *generator) trace(format string, a ...any) {
	if traceOn {
		fmt.Fprintf(os.Stderr, "%6.1f met=%5.1f "+format+"\n", append([]any{user(), float64(g.met) / float64(g.Limits.Branches)}, a...)...)
	}
}
