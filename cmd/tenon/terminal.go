package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
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

// progress is a bar on a terminal, or plain lines; the zero value shows nothing. Its methods may be called from another
// goroutine than the one that calls stop.
type progress struct {
	mu    sync.Mutex
	w     io.Writer        // nil: nobody looks
	plain func() time.Time // lines, by this clock; nil: a bar
	said  time.Time        // when tell last showed something
	bar   *progressbar.ProgressBar
	stage string
}

// How often tell shows something.
const (
	barEach   = 200 * time.Millisecond
	plainEach = 2 * time.Second
)

// progressForms are the values of --progress.
var progressForms = []string{"auto", "plain"}

// progressOptions say what is shown while the work goes on.
type progressOptions struct {
	form string
	none bool
}

func (o *progressOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.form, "progress", progressForms[0], "`HOW` to show progress: auto, a line that changes on a terminal and nothing elsewhere; plain, a line every two seconds")
	f.BoolVar(&o.none, "no-progress", false, "show no progress; off a terminal there is none anyway, but for --progress plain")
	choose(cmd, "progress", progressForms...)
}

func (o *progressOptions) open(w io.Writer) (*progress, error) {
	if err := oneOf("progress", o.form, progressForms...); err != nil {
		return nil, err
	}
	switch {
	case o.none:
		return &progress{}, nil
	case o.form == "plain":
		return &progress{w: w, plain: time.Now}, nil
	case !isTerminal(w):
		return &progress{}, nil
	}
	return &progress{w: w}, nil
}

// at shows how far a stage has come; a total below 1 is not known, and gives a spinner.
func (p *progress) at(stage string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w == nil || p.plain != nil {
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

// tell says what is going on, in words: beside the bar, or as a line. Of what comes too fast it leaves out most, and then
// does not ask for the words.
func (p *progress) tell(text func() string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.w == nil:
	case p.plain != nil:
		if now := p.plain(); now.Sub(p.said) >= plainEach {
			p.said = now
			say(p.w, "%s", text())
		}
	case p.bar != nil:
		if now := time.Now(); now.Sub(p.said) >= barEach {
			p.said = now
			p.bar.Describe(text())
		}
	}
}

// aside takes the bar away while something else is written. The next step shows it again.
func (p *progress) aside(write func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	write()
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
