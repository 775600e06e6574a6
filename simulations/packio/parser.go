package packio

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/binpack/model"
)

// kindsMax keeps a header that promises 10^18 items from being believed.
const kindsMax = 10_000_000

// parser walks the words of a text. The first fault stays in err, and every later step is a no-op.
type parser struct {
	source string
	maker  *maker
	words  []word
	next   int
	last   int // line of the last word taken
	err    error
}

type word struct {
	text string
	line int
}

// split takes a text apart; the punctuation of VPSolver's braced form stands for spaces.
func (p *parser) split(text string) {
	line := 0
	for row := range strings.Lines(text) {
		line++
		for w := range strings.FieldsFuncSeq(row, isGap) {
			p.words = append(p.words, word{w, line})
		}
	}
}

func isGap(r rune) bool { return strings.ContainsRune(" \t\r\n\v\f{};,", r) }

func (p *parser) failf(line int, format string, args ...any) {
	if p.err == nil {
		p.err = &InputError{Source: p.source, Line: line, Problem: fmt.Sprintf(format, args...)}
	}
}

// peek is the next word's text; "" at the end.
func (p *parser) peek() string {
	if p.next >= len(p.words) {
		return ""
	}
	return p.words[p.next].text
}

// skip takes the next word if it is the given one.
func (p *parser) skip(text string) {
	if p.peek() == text {
		p.next++
	}
}

// number takes the next word, a number from low to model.MaxAmount; what says which.
func (p *parser) number(low int64, what string, args ...any) int64 {
	if p.err != nil {
		return 0
	}
	if p.next >= len(p.words) {
		p.failf(p.last, "the text ends where %s should stand", fmt.Sprintf(what, args...))
		return 0
	}
	w := p.words[p.next]
	p.next++
	p.last = w.line
	n, err := strconv.ParseInt(w.text, 10, 64)
	if err != nil || n < low || n > model.MaxAmount {
		p.failf(w.line, "%s is %q: want a whole number from %d to %d", fmt.Sprintf(what, args...), shorten(w.text), low, model.MaxAmount)
		return 0
	}
	return n
}

// numbers takes n numbers of one thing.
func (p *parser) numbers(n int64, what string, args ...any) []int64 {
	out := make([]int64, 0, n)
	for range n {
		out = append(out, p.number(0, what, args...))
	}
	return out
}

// count takes how many of something follow.
func (p *parser) count(most int64, what string) int64 {
	n := p.number(0, "%s", what)
	if n > most {
		p.failf(p.last, "%s is %d: more than %d", what, n, most)
		return 0
	}
	return n
}

// each counts from 0 to n, until there is a fault.
func (p *parser) each(n int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for i := int64(0); i < n && p.err == nil; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func (p *parser) item(size []int64, demand int64) {
	if p.err == nil && !p.maker.item(size, demand) {
		p.failf(p.last, "more than %d items in all", model.MaxAmount)
	}
}

// end makes anything that is left over a fault.
func (p *parser) end() {
	if p.err == nil && p.next < len(p.words) {
		w := p.words[p.next]
		p.failf(w.line, "%q is left over behind the last item", shorten(w.text))
	}
}

// shorten keeps a hostile word from filling the screen; %q keeps it from moving the cursor.
func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
