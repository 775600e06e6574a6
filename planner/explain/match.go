package explain

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

var (
	// ErrNotFound says that nothing in the Plan has the name; the error's text names the nearest ones.
	ErrNotFound = errors.New("not in the plan")
	// ErrAmbiguous says that several things have the name; the error's text lists them.
	ErrAmbiguous = errors.New("ambiguous name")
)

const (
	candidatesMax = 8   // names listed in an error
	askedMax      = 256 // bytes of a name that are compared: Kubernetes allows 253
)

// match finds the one name that asked means: the same text, else the only one that ends in it at a slash, else the
// only one that ends in it, else the only one that contains it.
func match(asked string, names []string) (string, error) {
	if len(asked) > askedMax {
		return "", fmt.Errorf("%w: %q is longer than %d bytes", ErrNotFound, clean(asked[:40])+"…", askedMax)
	}
	asked = clean(asked)
	if asked == "" {
		return "", fmt.Errorf("%w: no name was given", ErrNotFound)
	}
	rules := []func(name string) bool{
		func(name string) bool { return name == asked },
		func(name string) bool { return strings.HasSuffix(name, "/"+asked) },
		func(name string) bool { return strings.HasSuffix(name, asked) },
		func(name string) bool { return strings.Contains(name, asked) },
	}
	for _, rule := range rules {
		var found []string
		for _, name := range names {
			if rule(name) && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		}
		return "", fmt.Errorf("%w: %q may be %s", ErrAmbiguous, asked, atMost(found, candidatesMax))
	}
	near := nearestNames(asked, names)
	if len(near) == 0 {
		return "", fmt.Errorf("%w: %q", ErrNotFound, asked)
	}
	return "", fmt.Errorf("%w: %q; did you mean %s?", ErrNotFound, asked, atMost(near, candidatesMax))
}

// nearestNames are the names at the smallest edit distance from asked, whole or by their last part, if that is at
// most a third of asked's length and two letters at least.
func nearestNames(asked string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	limit := max(2, len([]rune(asked))/3)
	var found []candidate
	for _, name := range names {
		d := min(distance(asked, name, limit), distance(asked, short(name), limit))
		if d <= limit {
			found = append(found, candidate{name, d})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range found {
		if c.distance <= found[0].distance+1 && !slices.Contains(out, c.name) {
			out = append(out, c.name)
		}
	}
	return out
}

// distance is the number of letters to insert, delete or replace to turn a into b (Levenshtein 1966), or limit+1
// where it is more than limit.
func distance(a, b string, limit int) int {
	from, to := []rune(a), []rune(b)
	if len(from)-len(to) > limit || len(to)-len(from) > limit {
		return limit + 1
	}
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		least := row[0]
		for j, s := range to {
			replace := diagonal
			if r != s {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
			least = min(least, row[j+1])
		}
		if least > limit {
			return limit + 1
		}
	}
	return row[len(to)]
}
