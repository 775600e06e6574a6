package explain

import "testing"

func TestCaption(t *testing.T) {
	for claim, tc := range map[string]struct {
		label, workload string
		letters         int64
		want            string
	}{
		"with room the profile and its user are named":       {"3g.20gb", "web", 11, "3g.20gb web"},
		"with less the memory is left out":                   {"3g.20gb", "web", 10, "3g web"},
		"with little the compute slices are left":            {"3g.20gb", "web", 5, "3g"},
		"with nothing there is no text":                      {"3g.20gb", "web", 1, ""},
		"a share is named by its user first":                 {"460/1000", "web", 7, "web 460"},
		"a narrow share is its user":                         {"460/1000", "web", 6, "web"},
		"a long name is cut where enough of it is left":      {"460/1000", "notebook", 6, "notebo"},
		"and left out where nothing could be read":           {"460/1000", "notebook", 4, ""},
		"what stays has no profile to be named by":           {"", "stays", 5, "stays"},
		"a whole card says so":                               {"whole", "llm", 9, "whole llm"},
		"wide letters count twice and are never cut in half": {"460/1000", "名前名前", 7, "名前名"},
	} {
		t.Run(claim, func(t *testing.T) {
			if got := caption(tc.label, tc.workload, tc.letters*letterWidth); got != tc.want {
				t.Errorf("caption(%q, %q) in %d letters: got %q, want %q", tc.label, tc.workload, tc.letters, got, tc.want)
			}
		})
	}
}
