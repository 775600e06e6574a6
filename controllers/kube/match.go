package kube

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/planner"
)

// Operators of requirements. The first six are Kubernetes', the last two Karpenter's own.
const (
	opIn           = "In"
	opNotIn        = "NotIn"
	opExists       = "Exists"
	opDoesNotExist = "DoesNotExist"
	opGt           = "Gt"
	opLt           = "Lt"
	opGte          = "Gte"
	opLte          = "Lte"
)

// matches says whether a node whose label r.Key has this value, or lacks it, meets r. The rules are those of
// k8s.io/apimachinery labels.Requirement.Matches, on which node affinity is built: NotIn holds where the label is
// absent, a number that does not parse matches nothing.
func (r Requirement) matches(value string, present bool) bool {
	switch r.Operator {
	case opIn:
		return present && slices.Contains(r.Values, value)
	case opNotIn:
		return !present || !slices.Contains(r.Values, value)
	case opExists:
		return present
	case opDoesNotExist:
		return !present
	}
	if !present || len(r.Values) != 1 {
		return false
	}
	have, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return false
	}
	bound, err := strconv.ParseInt(r.Values[0], 10, 64)
	if err != nil {
		return false
	}
	switch r.Operator {
	case opGt:
		return have > bound
	case opLt:
		return have < bound
	case opGte:
		return have >= bound
	case opLte:
		return have <= bound
	}
	return false
}

// fault says what is wrong with a requirement, and the fix; "" where nothing is.
func (r Requirement) fault() string {
	switch r.Operator {
	case opIn, opNotIn:
		if r.Operator == opIn && len(r.Values) == 0 {
			return fmt.Sprintf("%s %s without values; give at least one", r.Key, r.Operator)
		}
	case opExists, opDoesNotExist:
	case opGt, opLt, opGte, opLte:
		if len(r.Values) != 1 {
			return fmt.Sprintf("%s %s has %d values; give one whole number", r.Key, r.Operator, len(r.Values))
		}
		if _, err := strconv.ParseInt(r.Values[0], 10, 64); err != nil {
			return fmt.Sprintf("%s %s %q; give one whole number", r.Key, r.Operator, r.Values[0])
		}
	default:
		return fmt.Sprintf("%s has the operator %q; use In, NotIn, Exists, DoesNotExist, Gt, Lt, Gte or Lte", r.Key, r.Operator)
	}
	return ""
}

// String prints a requirement as the API's users say it: "kubernetes.io/arch In [arm64]".
func (r Requirement) String() string {
	switch r.Operator {
	case opExists, opDoesNotExist:
		return r.Key + " " + r.Operator
	}
	return r.Key + " " + r.Operator + " [" + strings.Join(r.Values, " ") + "]"
}

// labels are the labels of a node in layers that many nodes share; an earlier layer hides a later one.
type labels [3]map[string]string

func (l labels) get(key string) (value string, present bool) {
	for _, layer := range l {
		if value, present = layer[key]; present {
			return value, true
		}
	}
	if canonical := canonicalKey(key); canonical != key {
		return l.get(canonical)
	}
	return "", false
}

// canonicalKey translates the labels that Kubernetes has renamed, and that Karpenter treats as the same
// (NormalizedLabels in its pkg/apis/v1/labels.go).
func canonicalKey(key string) string {
	switch key {
	case "beta.kubernetes.io/arch":
		return "kubernetes.io/arch"
	case "beta.kubernetes.io/os":
		return "kubernetes.io/os"
	case "beta.kubernetes.io/instance-type":
		return "node.kubernetes.io/instance-type"
	case "failure-domain.beta.kubernetes.io/zone":
		return zoneLabel
	case "failure-domain.beta.kubernetes.io/region":
		return "topology.kubernetes.io/region"
	}
	return key
}

// table evaluates requirements over the labels of all offers at once. A label key becomes a column once; a requirement
// is then asked once for each distinct value, so that 10,000 requirements over 20,000 offers stay cheap.
type table struct {
	rows    []labels
	names   [][]string // of the nodes behind a row, for the field metadata.name
	columns map[string]*column
	sets    map[string]planner.Set
	all     planner.Set
}

// column holds one label's distinct values, and for each of them the rows that have it.
type column struct {
	values []string
	rows   []planner.Set
	absent planner.Set
}

func newTable(rows []labels, names [][]string) *table {
	return &table{rows: rows, names: names, columns: map[string]*column{}, sets: map[string]planner.Set{}, all: planner.NewSet(len(rows))}
}

func (t *table) column(key string) *column {
	if c, ok := t.columns[key]; ok {
		return c
	}
	c := &column{}
	index := map[string]int{}
	for row, l := range t.rows {
		value, present := l.get(key)
		if !present {
			c.absent.Add(row)
			continue
		}
		at, ok := index[value]
		if !ok {
			at = len(c.values)
			index[value] = at
			c.values, c.rows = append(c.values, value), append(c.rows, nil)
		}
		c.rows[at].Add(row)
	}
	t.columns[key] = c
	return c
}

// where returns the rows that meet a requirement. The set is shared: do not write to it.
func (t *table) where(r Requirement) planner.Set {
	text := r.String()
	if s, ok := t.sets[text]; ok {
		return s
	}
	c := t.column(r.Key)
	var s planner.Set
	for i, value := range c.values {
		if r.matches(value, true) {
			s = union(s, c.rows[i])
		}
	}
	if r.matches("", false) {
		s = union(s, c.absent)
	}
	t.sets[text] = s
	return s
}

// whereName returns the rows that meet a requirement on the field metadata.name. A node to be made has a name that
// nobody can know: it meets NotIn only.
func (t *table) whereName(r Requirement) planner.Set {
	text := "field " + r.String()
	if s, ok := t.sets[text]; ok {
		return s
	}
	var s planner.Set
	for row, names := range t.names {
		ok := r.Operator == opNotIn && len(names) == 0
		for _, name := range names {
			ok = ok || r.matches(name, true)
		}
		if ok {
			s.Add(row)
		}
	}
	t.sets[text] = s
	return s
}

// union returns the members of a or b.
func union(a, b planner.Set) planner.Set {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i := range b {
		out[i] |= b[i]
	}
	return out
}

// minus returns the members of a that are not in b.
func minus(a, b planner.Set) planner.Set {
	out := slices.Clone(a)
	for i := range min(len(a), len(b)) {
		out[i] &^= b[i]
	}
	return out
}

// each calls f for every row in s, in order.
func each(s planner.Set, f func(row int)) {
	for _, row := range s.Members() {
		f(row)
	}
}

// Met says whether a node with these labels meets r, with the labels that Kubernetes has renamed taken for the new ones.
func (r Requirement) Met(of map[string]string) bool {
	value, present := labels{of}.get(r.Key)
	return r.matches(value, present)
}
