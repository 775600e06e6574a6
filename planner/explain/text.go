package explain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is the most runes of one string of a Plan that are laid out. Kubernetes names end at 253 bytes and a
// constraint's text is rarely longer than a line; the rest is kept in the JSON.
const maxText = 400

// clean makes text of unknown origin safe to lay out on any medium: control characters (a terminal would obey them),
// line breaks, and characters that change the direction of the text around them become visible escapes; bytes that
// are not UTF-8 become U+FFFD; what is longer than maxText loses its middle.
func clean(text string) string {
	if plain(text) {
		return text
	}
	if len(text) > 4*maxText { // bound the work before looking at runes
		text = text[:2*maxText] + text[len(text)-2*maxText:]
	}
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if hidden(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return middle(b.String(), maxText)
}

// plain reports whether text is short printable ASCII, as nearly all names are.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return len(text) <= maxText
}

// hidden reports whether a rune acts on the text around it or on the terminal instead of showing itself.
// Cf holds the direction overrides, zero-width characters and tags; Zl and Zp are line breaks.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) || r == 0xFE0F
}

// wide holds the blocks that terminals draw two cells wide: the East Asian Wide and Fullwidth ranges of Unicode's
// EastAsianWidth.txt (16.0, 2024-04) and the emoji blocks, joined to whole blocks. A stray narrow character in one of
// them costs a cell of alignment, nothing more.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115F, Stride: 1}, {Lo: 0x231A, Hi: 0x231B, Stride: 1}, {Lo: 0x23E9, Hi: 0x23EC, Stride: 1},
		{Lo: 0x2E80, Hi: 0x303E, Stride: 1}, {Lo: 0x3041, Hi: 0x33FF, Stride: 1}, {Lo: 0x3400, Hi: 0x4DBF, Stride: 1},
		{Lo: 0x4E00, Hi: 0x9FFF, Stride: 1}, {Lo: 0xA000, Hi: 0xA4CF, Stride: 1}, {Lo: 0xA960, Hi: 0xA97F, Stride: 1},
		{Lo: 0xAC00, Hi: 0xD7A3, Stride: 1}, {Lo: 0xF900, Hi: 0xFAFF, Stride: 1}, {Lo: 0xFE30, Hi: 0xFE6F, Stride: 1},
		{Lo: 0xFF01, Hi: 0xFF60, Stride: 1}, {Lo: 0xFFE0, Hi: 0xFFE6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x17000, Hi: 0x18D08, Stride: 1}, {Lo: 0x1B000, Hi: 0x1B2FB, Stride: 1},
		{Lo: 0x1F300, Hi: 0x1F64F, Stride: 1}, {Lo: 0x1F680, Hi: 0x1F6FF, Stride: 1},
		{Lo: 0x1F900, Hi: 0x1FAFF, Stride: 1}, {Lo: 0x20000, Hi: 0x3FFFD, Stride: 1},
	},
}

// runeWidth is the number of terminal cells of a rune.
func runeWidth(r rune) int {
	switch {
	case r >= ' ' && r <= '~':
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// width is the number of terminal cells of a text.
func width(text string) int {
	cells := 0
	for _, r := range text {
		cells += runeWidth(r)
	}
	return cells
}

// middle cuts a text to at most limit cells by taking out its middle: the ends of a name tell most.
func middle(text string, limit int) string {
	if width(text) <= limit {
		return text
	}
	const mark = ".."
	if limit <= len(mark) {
		return mark[:max(limit, 0)]
	}
	rest := limit - len(mark)
	return head(text, (rest+1)/2) + mark + tail(text, rest/2)
}

// head is the longest beginning of text that takes at most limit cells.
func head(text string, limit int) string {
	cells := 0
	for i, r := range text {
		if cells += runeWidth(r); cells > limit {
			return text[:i]
		}
	}
	return text
}

// tail is the longest end of text that takes at most limit cells.
func tail(text string, limit int) string {
	at, cells := len(text), 0
	for at > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:at])
		if cells += runeWidth(r); cells > limit {
			break
		}
		at -= size
	}
	return text[at:]
}

// wrap breaks text at spaces into lines of at most limit cells; a word that is longer is cut where the line ends.
func wrap(text string, limit int) []string {
	limit = max(limit, 10)
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && width(line)+1+width(word) > limit {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
		for width(line) > limit {
			begin := head(line, limit)
			lines, line = append(lines, begin), line[len(begin):]
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// hang is text wrapped to limit cells, its first line after first and the others under it.
func hang(first, text string, limit int) string {
	indent := strings.Repeat(" ", width(first))
	lines := wrap(text, limit-width(first))
	if len(lines) == 0 {
		return strings.TrimRight(first, " ") + "\n"
	}
	return first + strings.Join(lines, "\n"+indent) + "\n"
}

// short is the last part of a workload's name, with its shape where it has one: "web" of "shop/Deployment/web".
func short(workload string) string {
	if at := strings.LastIndexByte(workload, '/'); at >= 0 && at+1 < len(workload) {
		return workload[at+1:]
	}
	return workload
}

// list joins words as a sentence does: "a", "a and b", "a, b and c".
func list(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// atMost joins the first limit words and says how many are left out.
func atMost(words []string, limit int) string {
	if len(words) <= limit {
		return strings.Join(words, ", ")
	}
	return strings.Join(words[:limit], ", ") + fmt.Sprintf(" and %s more", count(int64(len(words)-limit)))
}
