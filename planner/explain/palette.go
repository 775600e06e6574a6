package explain

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// tint is the colour of a workload in the light and in the dark report.
type tint struct{ light, dark string }

// palette holds twelve hues at two lightnesses each, evenly spread in OKLCH (light: L 0.52 and 0.42, chroma at most
// 0.11; dark: L 0.76 and 0.66), ordered so that neighbours differ in hue. A test checks what matters: every tint
// stands out from the page by at least 3:1 and carries its text by at least 4.5:1 (WCAG 2.2, 1.4.11 and 1.4.3).
var palette = [...]tint{
	{"#3a6aa7", "#85b4f0"}, {"#9e4e42", "#ea998b"}, {"#317a45", "#82c38f"}, {"#856302", "#ceac64"},
	{"#7c5598", "#c59fe1"}, {"#0c777c", "#56c4ca"}, {"#9b4b66", "#e696ae"}, {"#61721c", "#a9bb71"},
	{"#5d60a7", "#a4aaf0"}, {"#985521", "#e3a072"}, {"#007b66", "#64c6ad"}, {"#8f4e82", "#d999ca"},
	{"#234e82", "#6295d4"}, {"#7a342b", "#cd7769"}, {"#195c2e", "#5da56e"}, {"#624904", "#b18c39"},
	{"#5e3c75", "#a77fc5"}, {"#0b585c", "#10a6ad"}, {"#77324b", "#c9748f"}, {"#475407", "#8a9c4a"},
	{"#434582", "#858ad4"}, {"#753b07", "#c67f4d"}, {"#095a4b", "#32a88e"}, {"#6d3562", "#bc78ad"},
}

// The page and the text on a tint, in the light and in the dark report.
var (
	pageTint = tint{"#ffffff", "#161b22"}
	textTint = tint{"#ffffff", "#0d1117"}
)

// tints gives every workload a colour that stays the same from plan to plan: the hash of its name chooses it. Where a
// larger workload has that colour already, the next free one is taken; once all are in use, the next one that no larger
// workload on the same nodes has.
func (v *view) tints() []int {
	out := make([]int, len(v.works))
	for i := range out {
		out[i] = -1
	}
	used := [len(palette)]bool{}
	for rank, w := range v.bySize() {
		if rank >= len(palette) {
			used = v.beside(w, out)
		}
		hash := fnv.New32a()
		hash.Write([]byte(v.works[w].Workload)) // never fails
		at := int(hash.Sum32() % uint32(len(palette)))
		for range palette {
			if !used[at] {
				break
			}
			at = (at + 1) % len(palette)
		}
		used[at] = true
		out[w] = at
	}
	return out
}

// beside is the colours that are given already to who shares a node with a workload.
func (v *view) beside(w int, tints []int) (used [len(palette)]bool) {
	for _, h := range v.works[w].homes {
		for _, pods := range v.boxes[h.box].Pods {
			if other, ok := v.byName[pods.Workload]; ok && tints[other] >= 0 {
				used[tints[other]] = true
			}
		}
	}
	return used
}

// bySize is the workloads' indices, those that fill most first.
func (v *view) bySize() []int {
	order := make([]int, len(v.works))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := v.works[a].share, v.works[b].share; {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return strings.Compare(v.works[a].Workload, v.works[b].Workload)
	})
	return order
}

// paletteCSS is the colour classes c0, c1 … for both themes.
func paletteCSS() string {
	var light, dark strings.Builder
	for i, t := range palette {
		fmt.Fprintf(&light, ".c%d{--f:%s}", i, t.light)
		fmt.Fprintf(&dark, ".c%d{--f:%s}", i, t.dark)
	}
	base := fmt.Sprintf(":root{--page:%s;--on:%s}", pageTint.light, textTint.light)
	night := fmt.Sprintf(":root{--page:%s;--on:%s}", pageTint.dark, textTint.dark)
	return base + light.String() + "@media screen and (prefers-color-scheme:dark){" + night + dark.String() + "}"
}
