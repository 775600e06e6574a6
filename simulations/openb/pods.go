package openb

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// podColumns are those that a pod list must have, podExtras those that it may have and that are understood.
var (
	podColumns = []string{"name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli"}
	podExtras  = []string{"gpu_spec", "qos", "pod_phase", "creation_time", "deletion_time", "scheduled_time"}
)

// cardMilli is a whole card in the lists' unit.
const cardMilli = 1000

// shape is what makes pods interchangeable: all that bears on where they may run. The service class (qos) does not.
type shape struct {
	cpuMilli  int64
	memoryMiB int64
	gpus      int64 // cards, or 1 for a share
	gpuMilli  int64 // thousandths of one card; 0: whole cards, or none
	spec      string
}

// models are those that serve, sorted; nil: any.
func (s shape) models() []string {
	if s.spec == "" {
		return nil
	}
	return strings.Split(s.spec, "|")
}

// name is a readable name that no other shape has: "12000m-16384Mi-1gpu", "6000m-12288Mi-460mgpu-p100+t4".
func (s shape) name() string {
	name := fmt.Sprintf("%dm-%dMi", s.cpuMilli, s.memoryMiB)
	switch {
	case s.gpuMilli > 0:
		name += fmt.Sprintf("-%dmgpu", s.gpuMilli)
	case s.gpus > 0:
		name += fmt.Sprintf("-%dgpu", s.gpus)
	}
	if s.spec != "" {
		name += "-" + strings.ToLower(strings.ReplaceAll(s.spec, "|", "+")) // no model has a plus, see isWord
	}
	return name
}

// podGroup is the pods of one shape.
type podGroup struct {
	shape
	pods int64
	qos  []string // sorted, distinct
}

// podList is what a pod list says, folded by shape.
type podList struct {
	groups    []podGroup // sorted by name
	rows      int64
	pods      int64 // rows that were alive
	phases    map[string]int64
	twice     int64 // rows whose name an earlier row has
	strayGPU  int64 // CPU pods that name a GPU model
	hasSpec   bool
	extra     []string
	firstTime int64 // earliest creation and latest deletion; both 0 where times were not asked for
	lastTime  int64
}

// readPods folds a pod list. With at, only the pods alive at that second count.
func readPods(r io.Reader, file string, at *int64) (podList, error) {
	t, err := openTable(r, file, podColumns)
	if err != nil {
		return podList{}, err
	}
	if at != nil && (!t.has("creation_time") || !t.has("deletion_time")) {
		return podList{}, fmt.Errorf("%s: %w: without creation_time and deletion_time nobody knows who was alive at %d: "+
			"leave the time out to plan all pods of the list", file, ErrNoTimes, *at)
	}
	list := podList{phases: map[string]int64{}, hasSpec: t.has("gpu_spec"), extra: t.extra(slices.Concat(podColumns, podExtras))}
	groups, names := map[shape]*podGroup{}, map[string]bool{}
	for {
		ok, err := t.next()
		if err != nil {
			return podList{}, err
		}
		if !ok {
			break
		}
		if err := list.add(t, at, groups); err != nil {
			return podList{}, err
		}
		if name := t.text("name"); names[name] {
			list.twice++
		} else {
			names[name] = true
		}
	}
	for _, group := range groups {
		list.groups = append(list.groups, *group)
	}
	slices.SortFunc(list.groups, func(a, b podGroup) int { return cmp.Compare(a.name(), b.name()) })
	return list, nil
}

// add reads the row at hand. Every row is checked, whether its pod was alive or not.
func (l *podList) add(t *table, at *int64, groups map[shape]*podGroup) error {
	l.rows++
	if t.text("name") == "" {
		return t.fault("name", "give the pod a name")
	}
	s, err := readShape(t)
	if err != nil {
		return err
	}
	if s.gpus == 0 && s.spec != "" {
		l.strayGPU++
		s.spec = ""
	}
	if at != nil {
		alive, err := l.alive(t, *at)
		if err != nil || !alive {
			return err
		}
	}
	l.pods++
	l.phases[word(t.text("pod_phase"))]++
	group := groups[s]
	if group == nil {
		group = &podGroup{shape: s}
		groups[s] = group
	}
	group.pods++
	if qos := word(t.text("qos")); qos != "" && !slices.Contains(group.qos, qos) {
		group.qos = append(group.qos, qos)
		slices.Sort(group.qos)
	}
	return nil
}

// word passes a word, and says "other" of what is none, so that a hostile list cannot write to a terminal.
func word(text string) string {
	if isAbsent(text) || isWord(text) {
		return strings.TrimSpace(text)
	}
	return "other"
}

// isAbsent tells whether a field is empty, in the spellings of csv and pandas.
func isAbsent(text string) bool {
	return text == "" || strings.EqualFold(text, "nan") || strings.EqualFold(text, "none")
}

// readShape reads what a pod asks for.
func readShape(t *table) (shape, error) {
	var numbers [4]int64
	for i, column := range podColumns[1:] {
		value, err := t.number(column, quantityMax)
		if err != nil {
			return shape{}, err
		}
		numbers[i] = value
	}
	s := shape{cpuMilli: numbers[0], memoryMiB: numbers[1], gpus: numbers[2]}
	milli := numbers[3]
	switch {
	case s.gpus == 0 && milli > 0:
		return shape{}, t.fault("gpu_milli", "num_gpu is 0: write 0 here for a CPU pod, or 1 in num_gpu")
	case milli > cardMilli:
		return shape{}, t.fault("gpu_milli", "it is thousandths of one card: write 1000 for a whole one and more cards in num_gpu")
	case s.gpus == 1 && milli == 0:
		return shape{}, t.fault("gpu_milli", "num_gpu is 1: write 1000 for a whole card, 1 to 999 for a share")
	case s.gpus > 1 && milli != cardMilli && milli != 0:
		return shape{}, t.fault("gpu_milli", "num_gpu is "+strconv.FormatInt(s.gpus, 10)+
			": only one card is shared; write 1000 for whole cards")
	case s.gpus == 1 && milli < cardMilli:
		s.gpuMilli = milli
	}
	models, err := readModels(t, "gpu_spec")
	if err != nil {
		return shape{}, err
	}
	s.spec = strings.Join(models, "|")
	return s, nil
}

// readModels reads "P100|T4" in any order and case, with repetitions: the published lists have "V100M32|V100M32".
func readModels(t *table, column string) ([]string, error) {
	text := t.text(column)
	if isAbsent(text) {
		return nil, nil
	}
	var models []string
	for model := range strings.SplitSeq(text, "|") {
		model = strings.ToUpper(strings.TrimSpace(model))
		if !isWord(model) {
			return nil, t.fault(column, "write models of GPUs with a bar between them, T4|P100, or nothing for any")
		}
		models = append(models, model)
	}
	slices.Sort(models)
	return slices.Compact(models), nil
}

// alive tells whether the pod of the row at hand was there at a second: created at or before it, deleted after it. A pod
// without a time of deletion was never deleted.
func (l *podList) alive(t *table, at int64) (bool, error) {
	created, err := t.number("creation_time", secondMax)
	if err != nil {
		return false, err
	}
	if l.firstTime = min(l.firstTime, created); l.rows == 1 {
		l.firstTime = created
	}
	if isAbsent(t.text("deletion_time")) {
		return created <= at, nil
	}
	deleted, err := t.number("deletion_time", secondMax)
	if err != nil {
		return false, err
	}
	l.lastTime = max(l.lastTime, deleted)
	return created <= at && at < deleted, nil
}

// phaseText lists the phases by name: "192 Succeeded, 5193 Running".
func (l *podList) phaseText() string {
	var parts []string
	for _, phase := range slices.Sorted(maps.Keys(l.phases)) {
		if phase != "" {
			parts = append(parts, fmt.Sprintf("%d %s", l.phases[phase], phase))
		}
	}
	return strings.Join(parts, ", ")
}
