package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// notesFile has what a person wrote of goals: why one was missed, and what was tried. Each note is a heading "## " with a goal's work,
// and the text below it.
const notesFile = "docs/benchmarks-notes.md"

// note is what is to be said of a goal.
type note struct{ Work, Text string }

// readNotes reads notes; there are none if there is no such file. A heading that is no goal's is an error: what it says would be lost.
func readNotes(name string) ([]note, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	notes, err := parseNotes(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return notes, nil
}

func parseNotes(text string) ([]note, error) {
	var notes []note
	for line := range strings.Lines(text) {
		work, heading := strings.CutPrefix(strings.TrimSpace(line), "## ")
		switch {
		case heading && !slices.ContainsFunc(goals(), func(g goal) bool { return g.work == work }):
			return nil, fmt.Errorf("%q is no goal", work)
		case heading:
			notes = append(notes, note{Work: work})
		case len(notes) > 0:
			last := &notes[len(notes)-1]
			last.Text = oneLine(last.Text + " " + line)
		}
	}
	return notes, nil
}
