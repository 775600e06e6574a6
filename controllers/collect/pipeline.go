package collect

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
)

// errStopped tells a splitter that the pipeline has failed and wants no more.
var errStopped = errors.New("stopped")

// queueLength is how many items may be between splitter and collector: enough to keep the workers busy.
const queueLength = 64

// largeItem is the size from which the splitter parses an item itself instead of queueing it, so that the queue holds
// 64 MiB at most and one parser at a time has something large.
const largeItem = 1 << 20

// pipeline parses items in parallel and collects the results in the order of the items.
type pipeline struct {
	opts    Options
	work    chan job
	ordered chan job
	stop    chan struct{}
	done    chan error
	result  collection
}

type job struct {
	item item
	out  chan outcome
}

// outcome is what became of one item.
type outcome struct {
	objects []object
	err     error
}

// object is one Kubernetes object, decoded and reduced.
type object struct {
	id      identity
	version uint64 // of the resource; 0: not given
	value   any    // nil: of a kind without use
	note    string
}

// identity names an object as the API does.
type identity struct{ group, kind, namespace, name string }

// String prints "Pod shop/web".
func (i identity) String() string {
	if i.namespace == "" {
		return i.kind + " " + i.name
	}
	return i.kind + " " + i.namespace + "/" + i.name
}

func newPipeline(opts Options) *pipeline {
	workers := opts.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &pipeline{
		opts: opts, work: make(chan job, queueLength), ordered: make(chan job, queueLength),
		stop: make(chan struct{}), done: make(chan error, 1),
		result: collection{opts: opts, objects: &kube.Objects{}, at: map[identity]int{}, unknown: map[string]*tally{}},
	}
	for range workers {
		go func() {
			for j := range p.work {
				objects, err := decodeItem(j.item, opts)
				j.out <- outcome{objects, err}
			}
		}()
	}
	go func() { p.done <- p.collect() }()
	return p
}

// put hands an item to the workers.
func (p *pipeline) put(i item) error {
	j := job{i, make(chan outcome, 1)}
	select {
	case <-p.stop:
		return errStopped
	case p.ordered <- j:
	}
	if len(i.text) > largeItem {
		objects, err := decodeItem(i, p.opts)
		j.out <- outcome{objects, err}
		return nil
	}
	p.work <- j // the workers never stop before work is closed
	return nil
}

// collect takes outcomes in the order of their items, and the first fault ends it.
func (p *pipeline) collect() error {
	var fault error
	for j := range p.ordered {
		got := <-j.out
		if fault != nil {
			continue
		}
		if fault = got.err; fault == nil {
			fault = p.result.take(got.objects, j.item)
		}
		if fault != nil {
			close(p.stop)
		}
	}
	return fault
}

// finish waits for the workers. Where complete is false the splitters have failed, and an input without objects is
// no second fault.
func (p *pipeline) finish(complete bool) (*kube.Objects, error) {
	close(p.work)
	close(p.ordered)
	if err := <-p.done; err != nil {
		return nil, err
	}
	if complete && len(p.result.at) == 0 && len(p.result.unknown) == 0 && !p.result.empty {
		return nil, fmt.Errorf("%w: no Kubernetes object in it; write the dump again with kubectl get … -A -o yaml", ErrInput)
	}
	return p.result.close(), nil
}

// collection is what has been read so far.
type collection struct {
	opts       Options
	objects    *kube.Objects
	kept       []object
	at         map[identity]int // into kept
	unknown    map[string]*tally
	duplicates map[string][]string // by kind
	oddities   map[string][]string // notes by text
	empty      bool                // a list without items was read: an empty cluster is no fault
}

// tally counts objects of a kind that planning has no use for.
type tally struct {
	count int
	names []string
}

func (c *collection) take(objects []object, from item) error {
	if len(objects) == 0 {
		c.empty = true
	}
	for _, o := range objects {
		if o.value == nil {
			if err := c.takeUnknown(o); err != nil {
				return fmt.Errorf("%w: %s: %s: %w", ErrInput, from.file, from.place(), err)
			}
			continue
		}
		if pod, ok := o.value.(kube.Pod); ok {
			pod.Shape = c.objects.Intern(pod.Shape) // now, so that equal shapes do not pile up
			o.value = pod
		}
		if o.note != "" {
			c.oddities = add(c.oddities, o.note, o.id.String())
		}
		if at, ok := c.at[o.id]; ok {
			c.duplicates = add(c.duplicates, o.id.kind, o.id.String())
			if o.version >= c.kept[at].version {
				c.kept[at] = o
			}
			continue
		}
		if len(c.kept) >= c.opts.Objects {
			return fmt.Errorf("%w: %s: %s: more than %d objects (Options.Objects)", ErrInput, from.file, from.place(), c.opts.Objects)
		}
		c.at[o.id] = len(c.kept)
		c.kept = append(c.kept, o)
	}
	return nil
}

func (c *collection) takeUnknown(o object) error {
	kind := o.id.kind
	if o.id.group != "" {
		kind += "." + o.id.group
	}
	t := c.unknown[kind]
	if t == nil {
		if len(c.unknown) >= c.opts.Unknown {
			return fmt.Errorf("more than %d kinds that planning has no use for (Options.Unknown)", c.opts.Unknown)
		}
		t = &tally{}
		c.unknown[kind] = t
	}
	t.count++
	if len(t.names) < namesShown {
		t.names = append(t.names, strings.TrimPrefix(o.id.String(), o.id.kind+" "))
	}
	return nil
}

func add(m map[string][]string, key, value string) map[string][]string {
	if m == nil {
		m = map[string][]string{}
	}
	m[key] = append(m[key], value)
	return m
}

// namesShown is how many objects a note names.
const namesShown = 3

// close fills Objects and writes the notes.
func (c *collection) close() *kube.Objects {
	for _, o := range c.kept {
		c.objects.Add(o.value)
	}
	note := func(severity planner.Severity, format string, args ...any) {
		c.objects.Notes = append(c.objects.Notes, planner.Note{Severity: severity, Text: fmt.Sprintf(format, args...)})
	}
	for _, kind := range slices.Sorted(maps.Keys(c.duplicates)) {
		note(planner.Warning, "%s: in the input more than once; of each the one with the highest resourceVersion counts, or the last: %s", kind, listNames(c.duplicates[kind]))
	}
	for _, text := range slices.Sorted(maps.Keys(c.oddities)) {
		note(planner.Info, "%s: %s", text, listNames(c.oddities[text]))
	}
	for _, kind := range slices.Sorted(maps.Keys(c.unknown)) {
		t := c.unknown[kind]
		more := ""
		if t.count > len(t.names) {
			more = " …"
		}
		note(planner.Info, "%s: %d objects read and not used: %s%s", kind, t.count, strings.Join(t.names, ", "), more)
	}
	return c.objects
}

// listNames prints a count and the first few names.
func listNames(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	text := strconv.Itoa(len(names)) + " (" + strings.Join(names[:min(namesShown, len(names))], ", ")
	if len(names) > namesShown {
		text += " …"
	}
	return text + ")"
}
