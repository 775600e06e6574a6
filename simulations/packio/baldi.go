package packio

import (
	"slices"
	"strings"
)

// baldi splits a text in which the header is words and the rest is numbers, and reads it.
func (p *parser) baldi(text string) {
	p.splitBaldi(text)
	p.maker.problem.Dims = 1
	p.keyword("BINTYPES")
	bins := p.count(kindsMax, "the number of bins")
	p.keyword("ITEMS")
	items := p.count(kindsMax, "the number of items")
	p.keyword("BINS_SECTIONS")
	for b := range p.each(bins) {
		id := p.number(0, "the id of bin %d", b)
		cost, capacity := p.number(0, "the cost of bin %d", b), p.numbers(1, "the capacity of bin %d", b)
		if least := p.number(0, "the min of bin %d", b); least > 0 {
			p.failf(p.last, "bin %d must be used %d times: only bins that may stay unused can be packed", b, least)
		}
		p.maker.bin(id, capacity, cost, p.number(0, "the max of bin %d", b))
	}
	p.keyword("ITEMS_SECTIONS")
	for i := range p.each(items) {
		p.number(0, "the id of item %d", i)
		size := p.numbers(1, "the weight of item %d", i)
		p.number(0, "the profit of item %d", i)
		if must := p.number(0, "whether item %d is compulsory", i); must != 1 && p.err == nil {
			p.failf(p.last, "item %d is not compulsory: only items that must be packed can be", i)
		}
		p.item(size, 1)
	}
	p.skip("EOF")
}

// splitBaldi leaves out NAME and COMMENT lines, whose words are free.
func (p *parser) splitBaldi(text string) {
	p.split(text)
	free := map[int]bool{}
	for i, w := range p.words {
		first := i == 0 || p.words[i-1].line != w.line
		if first && (strings.HasPrefix(w.text, "NAME") || strings.HasPrefix(w.text, "COMMENT")) {
			free[w.line] = true
		}
	}
	p.words = slices.DeleteFunc(p.words, func(w word) bool { return free[w.line] })
}

// keyword takes a word of the header; a colon behind it is allowed.
func (p *parser) keyword(want string) {
	if p.err != nil {
		return
	}
	if got := strings.TrimSuffix(p.peek(), ":"); got != want {
		line := p.last
		if p.next < len(p.words) {
			line = p.words[p.next].line
		}
		p.failf(line, "%q where %s should stand", shorten(got), want)
		return
	}
	p.last = p.words[p.next].line
	p.next++
}
