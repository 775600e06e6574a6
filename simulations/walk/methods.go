package walk

import (
	"fmt"
	"slices"
	"strings"
)

// Names are the methods that Settings knows, in the order of tables.
func Names() []string { return []string{"ours", "vpa", "krr", "max15", "autopilot", "asis", "oracle"} }

// Settings returns a method at its default and, for a sweep, at the other settings of its knob, from the most generous to the
// most frugal. Settings are chosen so that frontiers overlap.
func Settings(name string, sweep bool) ([]Method, error) {
	var all []Method
	switch name {
	case "ours":
		all = oursOf()
	case "vpa":
		for _, s := range [][2]float64{{1, 1}, {1, 0.5}, {1, 0.15}, {0.98, 0.15}, {0.95, 0.15}, {0.9, 1}, {0.9, 0.5}, {0.9, 0.15}, {0.9, 0.05}, {0.75, 0.15}, {0.5, 0.15}} {
			all = append(all, VPA(s[0], s[1]))
		}
	case "krr":
		for _, s := range [][2]float64{{1, 1}, {0.999, 0.5}, {0.99, 0.3}, {0.97, 0.2}, {0.95, 0.15}, {0.9, 0.1}, {0.85, 0.05}, {0.75, 0.05}} {
			all = append(all, KRR(s[0], s[1]))
		}
	case "max15":
		for _, m := range []float64{1, 0.5, 0.3, 0.2, 0.15, 0.1, 0.05} {
			all = append(all, Most(m))
		}
	case "autopilot":
		for _, s := range [][3]float64{{0.999, 1, 0.5}, {0.99, 1, 0.15}, {0.98, 0.999, 0.15}, {0.95, 0.98, 0.15}, {0.9, 0.98, 0.05}, {0.8, 0.95, 0.05}} {
			all = append(all, Autopilot(s[0], s[1], s[2]))
		}
	case "asis":
		all = []Method{Asked()}
	case "oracle":
		for _, s := range [][2]float64{{1, 1}, {0.999, 1}, {0.99, 1}, {0.95, 0.999}, {0.9, 0.998}, {0.75, 0.995}, {0.75, 0.99}} {
			all = append(all, Oracle(s[0], s[1]))
		}
	default:
		return nil, fmt.Errorf("no recommender is called %q; there are %s", name, strings.Join(Names(), ", "))
	}
	if !sweep {
		all = slices.DeleteFunc(all, func(m Method) bool { return !m.Default })
	}
	return all, nil
}
