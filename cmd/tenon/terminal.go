package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// isTerminal tells whether a person is looking.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb"
}

// colors tells whether a writer wants colours: only a terminal does, and only if nobody objects.
func colors(w io.Writer, refused bool) bool {
	return !refused && os.Getenv("NO_COLOR") == "" && isTerminal(w)
}

// width is how many cells a line of the terminal has; 0 where there is none.
func width(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	cells, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return cells
}

// say writes a remark to standard error. That it could not be said changes nothing.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}

// progress is a bar on a terminal; the zero value shows nothing. Its methods may be called from
// another goroutine than the one that calls stop.
type progress struct {
	mu    sync.Mutex
	w     io.Writer // nil: nobody looks
	bar   *progressbar.ProgressBar
	stage string
}

func newProgress(w io.Writer, refused bool) *progress {
	if refused || !isTerminal(w) {
		return &progress{}
	}
	return &progress{w: w}
}

// at shows how far a stage has come; a total below 1 is not known, and gives a spinner.
func (p *progress) at(stage string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w == nil {
		return
	}
	if total < 1 {
		total = -1
	}
	if p.bar == nil || p.stage != stage {
		p.clear()
		p.stage = stage
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(stage), progressbar.OptionSetWidth(24),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
	}
	if total > 0 && p.bar.GetMax64() != total {
		p.bar.ChangeMax64(total)
	}
	_ = p.bar.Set64(done)
}

// tell replaces the words beside the bar.
func (p *progress) tell(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Describe(text)
	}
}

// stop takes the bar away, for good.
func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.w = nil
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
