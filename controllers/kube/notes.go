package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
)

// namesShown is how many objects a grouped note names: enough to go and look, short enough for a line.
const namesShown = 3

// notebook collects notes; equal ones about several objects become one that counts them.
type notebook struct {
	objects map[noteKey][]string
}

type noteKey struct {
	severity planner.Severity
	text     string
}

// add notes something about an object, "" where it is about none.
func (n *notebook) add(severity planner.Severity, object, format string, args ...any) {
	if n.objects == nil {
		n.objects = map[noteKey][]string{}
	}
	key := noteKey{severity, fmt.Sprintf(format, args...)}
	n.objects[key] = append(n.objects[key], object)
}

func (n *notebook) info(object, format string, args ...any) {
	n.add(planner.Info, object, format, args...)
}

func (n *notebook) warn(object, format string, args ...any) {
	n.add(planner.Warning, object, format, args...)
}

// list returns the notes: warnings first, then by text.
func (n *notebook) list() []planner.Note {
	var notes []planner.Note
	for key, objects := range n.objects {
		slices.Sort(objects)
		objects = slices.DeleteFunc(slices.Compact(objects), func(s string) bool { return s == "" })
		note := planner.Note{Severity: key.severity, Text: key.text}
		switch {
		case len(objects) == 1:
			note.Object = objects[0]
		case len(objects) > 1:
			note.Object = objects[0]
			note.Text += " (" + some(objects) + ")"
		}
		notes = append(notes, note)
	}
	rank := map[planner.Severity]int{planner.Warning: 0, planner.Info: 1}
	slices.SortFunc(notes, func(a, b planner.Note) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), strings.Compare(a.Text, b.Text), strings.Compare(a.Object, b.Object))
	})
	return notes
}

// some prints a count and the first few names: "7: a, b, c …".
func some(names []string) string {
	text := fmt.Sprintf("%d: %s", len(names), strings.Join(names[:min(namesShown, len(names))], ", "))
	if len(names) > namesShown {
		text += " …"
	}
	return text
}
