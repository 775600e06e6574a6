package packio

import (
	"strings"
)

func (p *parser) dims() int64 {
	dims := p.count(MaxDims, "the number of dimensions")
	if dims == 0 {
		p.failf(p.last, "an instance needs a dimension")
	}
	p.maker.problem.Dims = int(dims)
	return dims
}

func (p *parser) vbp() {
	dims := p.dims()
	p.maker.bin(0, p.numbers(dims, "a capacity"), 1, -1)
	for i := range p.each(p.count(kindsMax, "the number of items")) {
		size := p.numbers(dims, "a size of item %d", i+1)
		p.item(size, p.number(0, "the demand of item %d", i+1))
	}
}

func (p *parser) mvp() {
	p.skip("#INSTANCE_BEGIN#")
	p.skip("$INSTANCE")
	dims := p.dims()
	for b := range p.each(p.count(kindsMax, "the number of bins")) {
		capacity := p.numbers(dims, "a capacity of bin %d", b+1)
		cost := p.number(0, "the cost of bin %d", b+1)
		p.maker.bin(b, capacity, cost, p.number(-1, "the quantity of bin %d", b+1))
	}
	p.maker.binMax = p.binary()
	for i := range p.each(p.count(kindsMax, "the number of items")) {
		choices := p.number(0, "the choices of item %d", i+1)
		demand := p.number(0, "the demand of item %d", i+1)
		if choices != 1 && p.err == nil {
			p.failf(p.last, "item %d has %d choices of size: only items with one can be packed", i+1, choices)
		}
		p.item(p.numbers(dims, "a size of item %d", i+1), demand)
	}
	p.options()
}

// binary looks ahead whether the options say that no item may lie twice in one bin; then it is 1.
func (p *parser) binary() int64 {
	for i := len(p.words) - 1; i > p.next && i >= len(p.words)-64; i-- {
		if p.words[i-1].text == "$BINARY" && p.words[i].text == "1" {
			return 1
		}
	}
	return 0
}

// options passes over what may stand behind the items of VPSolver's braced form.
func (p *parser) options() {
	for p.err == nil && strings.HasPrefix(p.peek(), "$") {
		name := p.words[p.next]
		p.next++
		switch name.text {
		case "$VTYPE":
			if p.peek() == "C" {
				p.failf(name.line, "VTYPE{C} asks for fractions of bins: only whole bins can be packed")
			}
			p.next++
		case "$METHOD", "$RELAX", "$BINARY":
			p.number(-100, "%s", name.text)
		case "$CTYPE":
			for strings.ContainsAny(p.peek(), "<>=*") {
				p.next++
			}
		default:
			p.failf(name.line, "%q is no option of VPSolver", shorten(name.text))
		}
	}
	p.next = min(p.next, len(p.words))
	p.skip("#INSTANCE_END#")
}

// bpplib reads one size a line, or a size and a demand; the line breaks tell which.
func (p *parser) bpplib(text string) {
	p.split(text)
	p.maker.problem.Dims = 1
	items := p.count(kindsMax, "the number of items")
	p.maker.bin(0, p.numbers(1, "the capacity"), 1, -1)
	paired := p.err == nil && int64(len(p.words)-p.next) == 2*items && p.pairs()
	for i := range p.each(items) {
		size, demand := p.numbers(1, "the size of item %d", i+1), int64(1)
		if paired {
			demand = p.number(0, "the demand of item %d", i+1)
		}
		p.item(size, demand)
	}
}

// pairs tells whether what is left are lines of two words each.
func (p *parser) pairs() bool {
	rest := p.words[p.next:]
	for i := 0; i+1 < len(rest); i += 2 {
		if rest[i].line != rest[i+1].line || (i > 0 && rest[i].line == rest[i-1].line) {
			return false
		}
	}
	return len(rest)%2 == 0
}
