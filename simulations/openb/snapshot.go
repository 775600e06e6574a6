package openb

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
)

// Ways to meet a share of a card.
const (
	TimeSlicing = "time-slicing" // pods take turns on a card, as the recorded cluster did
	MIG         = "mig"          // each pod has the smallest MIG slice with its share of the card's compute
)

// Trace is what the command line calls these lists.
const Trace = "alibaba-gpu-2023"

// ErrOption says that a field of Options has no meaning.
var ErrOption = errors.New("bad option")

// Input is the lists, unpacked. Names are for messages.
type Input struct {
	Pods      io.Reader
	PodsName  string
	Nodes     io.Reader // nil: no node list, so no cost of today
	NodesName string
}

// Options says how the lists are read. The zero value takes all pods, shares cards by time, and uses the table of models.
type Options struct {
	At      *int64            // only the pods alive at this second of the recording; nil: all of the list
	Sharing string            // TimeSlicing or MIG; "": TimeSlicing
	Map     map[string]string // cards by model, before the table: {"P100": "v100", "G2": "a100/40960"}
	Zone    string            // "": the catalog's region and "a"
	// Split lets several equal machines stand for one of the node list that is larger than every type, as 2 T4 beside
	// 104 vCPU are. Without it such a machine has no price and is in no cost.
	Split bool
}

// reader holds what the parts of a Snapshot are made from.
type reader struct {
	in     Input
	opts   Options
	dealer dealer
	pods   podList
	nodes  nodeList
	snap   planner.Snapshot
}

// Snapshot reads the lists and says on what of the catalog they may run. It fails with ErrInput, ErrNoTimes, ErrMap or
// ErrOption, or with what the readers fail with; nothing is half read.
func Snapshot(in Input, cat pricing.Catalog, opts Options) (planner.Snapshot, error) {
	switch opts.Sharing = cmp.Or(opts.Sharing, TimeSlicing); {
	case opts.Sharing != TimeSlicing && opts.Sharing != MIG:
		return planner.Snapshot{}, fmt.Errorf("%w: sharing %q: write %s or %s", ErrOption, opts.Sharing, TimeSlicing, MIG)
	case in.Pods == nil:
		return planner.Snapshot{}, fmt.Errorf("%w: no pod list", ErrOption)
	}
	opts.Zone = cmp.Or(opts.Zone, cat.Region+"a")
	in.PodsName = cmp.Or(in.PodsName, "pods")
	in.NodesName = cmp.Or(in.NodesName, "nodes")
	r := reader{in: in, opts: opts}
	if err := r.readLists(); err != nil {
		return planner.Snapshot{}, err
	}
	offers, left := fleet.Offers(cat, fleet.Options{
		Archs:       []string{"amd64"},
		Zones:       []string{opts.Zone},
		TimeSlicing: opts.Sharing == TimeSlicing,
	})
	r.snap.Offers, r.snap.Catalog = offers, fleet.Ref(cat)
	var err error
	if r.dealer, err = newDealer(offers, cat, opts.Map); err != nil {
		return planner.Snapshot{}, err
	}
	r.noteLists()
	r.addWorkloads()
	r.addNodes()
	r.noteMap()
	r.note(planner.Info, "catalog", "offers: on-demand x86 types in %s: the recorded machines are x86, and the lists know no "+
		"zones, no DaemonSets and no prices", opts.Zone)
	r.snap.Notes = append(r.snap.Notes, left...)
	return r.snap, nil
}

// readLists reads both lists and takes the digest of their bytes, one after the other.
func (r *reader) readLists() error {
	hash := sha256.New()
	var err error
	if r.pods, err = readPods(io.TeeReader(r.in.Pods, hash), r.in.PodsName, r.opts.At); err != nil {
		return err
	}
	r.snap.Source = Trace + ": pods " + r.in.PodsName
	if r.in.Nodes != nil {
		if r.nodes, err = readNodes(io.TeeReader(r.in.Nodes, hash), r.in.NodesName); err != nil {
			return err
		}
		r.snap.Source += ", nodes " + r.in.NodesName
		r.snap.NodesKnown = true
	}
	r.snap.Digest = "sha256:" + hex.EncodeToString(hash.Sum(nil))
	return nil
}

// note adds a note.
func (r *reader) note(severity planner.Severity, object, format string, args ...any) {
	r.snap.Notes = append(r.snap.Notes, planner.Note{Severity: severity, Object: object, Text: fmt.Sprintf(format, args...)})
}

// noteLists says what was read of the pod list and what was assumed.
func (r *reader) noteLists() {
	list, object := r.pods, r.in.PodsName
	switch phases := list.phaseText(); {
	case r.opts.At != nil && list.pods == 0:
		r.note(planner.Warning, object, "none of the %d pods was alive at second %d: the list runs from %d to %d",
			list.rows, *r.opts.At, list.firstTime, list.lastTime)
	case r.opts.At != nil:
		r.note(planner.Info, object, "%d of %d pods were alive at second %d", list.pods, list.rows, *r.opts.At)
	case phases != "":
		r.note(planner.Info, object, "all %d pods of the list at once, whatever became of them (%s), as in the paper that "+
			"published it; --at SECOND takes those alive at one time", list.pods, phases)
	default:
		r.note(planner.Info, object, "all %d pods of the list at once, as in the paper that published it", list.pods)
	}
	if !list.hasSpec {
		r.note(planner.Info, object, "the list names no models of GPUs: every pod may use any NVIDIA card")
	}
	if list.twice > 0 {
		r.note(planner.Warning, object, "%d rows have the name of an earlier row: each counts as a pod", list.twice)
	}
	if list.strayGPU > 0 {
		r.note(planner.Warning, object, "%d CPU pods name a model of GPU in gpu_spec: it is ignored", list.strayGPU)
	}
	for _, extra := range []struct {
		object string
		names  []string
	}{{object, list.extra}, {r.in.NodesName, r.nodes.extra}} {
		if len(extra.names) > 0 {
			r.note(planner.Info, extra.object, "columns not used: %s", strings.Join(extra.names, ", "))
		}
	}
}

// noteMap names the entries of the user's map that nothing came of.
func (r *reader) noteMap() {
	for _, model := range slices.Sorted(maps.Keys(r.dealer.user)) {
		used := slices.ContainsFunc(r.pods.groups, func(g podGroup) bool { return slices.Contains(g.models(), model) }) ||
			slices.ContainsFunc(r.nodes.nodes, func(n listedNode) bool { return n.model == model })
		if !used {
			r.note(planner.Info, "", "--gpu-map %s: no pod and no machine of the lists names this model", model)
		}
	}
}
