package explain

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for claim, tc := range map[string]struct{ text, want string }{
		"a name stays":                          {"shop/Deployment/web", "shop/Deployment/web"},
		"letters of any script stay":            {"größe-名前", "größe-名前"},
		"a terminal's escape becomes visible":   {"a\x1b[31mred", `a\u001b[31mred`},
		"a line break does too":                 {"a\nb", `a\u000ab`},
		"an override of direction does too":     {"a\u202egpj", `a\u202egpj`},
		"a zero-width space does too":           {"a\u200bb", `a\u200bb`},
		"a line separator does too":             {"a\u2028b", `a\u2028b`},
		"broken UTF-8 is replaced":              {"a\xffb", "a\uFFFDb"},
		"a C1 control character does not pass":  {"a\u009bb", `a\u009bb`},
		"an invisible tag character is printed": {"a\U000e0041b", `a\ue0041b`},
	} {
		t.Run(claim, func(t *testing.T) {
			if got := clean(tc.text); got != tc.want {
				t.Errorf("clean(%q): got %q, want %q", tc.text, got, tc.want)
			}
		})
	}
	for _, huge := range []string{strings.Repeat("x", 1<<20), strings.Repeat("名", 1<<20), strings.Repeat("\x1b", 1<<20)} {
		if got := width(clean(huge)); got > maxText {
			t.Errorf("a megabyte of %q is laid out in %d cells, want at most %d", huge[:1], got, maxText)
		}
	}
}

func TestWidthAndMiddle(t *testing.T) {
	for claim, tc := range map[string]struct {
		text      string
		limit     int
		wantWidth int
		want      string
	}{
		"ASCII is a cell each":                       {"abc", 5, 3, "abc"},
		"an ideograph is two":                        {"名前", 4, 4, "名前"},
		"a combining accent is none":                 {"e\u0301a", 2, 2, "e\u0301a"},
		"an emoji is two":                            {"🚀x", 3, 3, "🚀x"},
		"the middle goes, the ends stay":             {"abcdefghij", 7, 10, "abc..ij"},
		"a wide letter is not halved":                {"名前名前名前", 7, 12, "名..前"},
		"nothing but the mark fits":                  {"abcdef", 2, 6, ".."},
		"nothing fits":                               {"abcdef", 0, 6, ""},
		"a text of exactly the limit is not touched": {"abcdef", 6, 6, "abcdef"},
	} {
		t.Run(claim, func(t *testing.T) {
			if got := width(tc.text); got != tc.wantWidth {
				t.Errorf("width(%q): got %d, want %d", tc.text, got, tc.wantWidth)
			}
			got := middle(tc.text, tc.limit)
			if got != tc.want {
				t.Errorf("middle(%q, %d): got %q, want %q", tc.text, tc.limit, got, tc.want)
			}
			if width(got) > tc.limit {
				t.Errorf("middle(%q, %d) takes %d cells", tc.text, tc.limit, width(got))
			}
		})
	}
}

func TestWrap(t *testing.T) {
	text := "a word " + strings.Repeat("very", 20) + " 名前名前名前名前 the end"
	for limit := 10; limit < 40; limit++ {
		lines := wrap(text, limit)
		for _, line := range lines {
			if width(line) > limit {
				t.Errorf("limit %d: line %q has %d cells", limit, line, width(line))
			}
		}
		if got, want := strings.Join(lines, ""), strings.ReplaceAll(text, " ", ""); strings.ReplaceAll(got, " ", "") != want {
			t.Errorf("limit %d: wrapping lost text:\ngot  %q\nwant %q", limit, got, want)
		}
	}
}
