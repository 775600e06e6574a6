package karpenter

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/apis/v1alpha1"
	"sigs.k8s.io/karpenter/pkg/utils/pdb"
	"sigs.k8s.io/karpenter/pkg/utils/pod"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Edit is a NodePool or NodeOverlay that is put in place of the one of the same name, or beside those that are there.
type Edit struct {
	Kind    string    `json:"kind"`
	Name    string    `json:"name"`
	New     bool      `json:"new"`     // there was none of that name
	Drifted []Drifted `json:"drifted"` // nodes that Karpenter replaces because of it
}

// Edited is the world with the NodePools and NodeOverlays of a YAML or JSON text, whose documents may be several.
// Unknown fields and other kinds are refused. Errors are ErrWorld.
func (w World) Edited(raw []byte) (World, []Edit, error) {
	var edits []Edit
	w.NodePools, w.NodeOverlays = slices.Clone(w.NodePools), slices.Clone(w.NodeOverlays)
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(raw)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return World{}, nil, fmt.Errorf("%w: %w", ErrWorld, err)
		}
		edit, err := w.edit(document)
		if err != nil {
			return World{}, nil, err
		}
		if edit != nil {
			edits = append(edits, *edit)
		}
	}
	if len(edits) == 0 {
		return World{}, nil, fmt.Errorf("%w: an edit without a NodePool or NodeOverlay", ErrWorld)
	}
	return w, edits, nil
}

func (w *World) edit(document []byte) (*Edit, error) {
	var head struct {
		Kind     string `json:"kind"`
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	if err := yaml.Unmarshal(document, &head); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrWorld, strings.Join(strings.Fields(err.Error()), " "))
	}
	edit := &Edit{Kind: head.Kind, Name: head.Metadata.Name, Drifted: []Drifted{}}
	switch {
	case head.Kind == "" && len(bytes.TrimSpace(document)) == 0:
		return nil, nil
	case head.Kind != "NodePool" && head.Kind != "NodeOverlay":
		return nil, fmt.Errorf("%w: kind %q is no edit: give a NodePool or a NodeOverlay", ErrWorld, head.Kind)
	case edit.Name == "":
		return nil, fmt.Errorf("%w: a %s without a name", ErrWorld, head.Kind)
	case head.Kind == "NodeOverlay":
		return edit, w.editOverlay(edit, document)
	}
	return edit, w.editPool(edit, document)
}

func (w *World) editPool(edit *Edit, document []byte) error {
	after, err := readPool(document)
	if err != nil {
		return err
	}
	p := &kube.NodePool{}
	if err := yaml.Unmarshal(document, p); err != nil {
		return fmt.Errorf("%w: NodePool %q: %w", ErrWorld, edit.Name, err)
	}
	at := slices.IndexFunc(w.NodePools, func(o *kube.NodePool) bool { return o.Name == edit.Name })
	if edit.New = at < 0; edit.New {
		w.NodePools = append(w.NodePools, p)
		return nil
	}
	before, err := ownPool(w.NodePools[at])
	if err != nil {
		return err
	}
	edit.Drifted = append(edit.Drifted, drifted(before, after, w.Nodes)...)
	w.NodePools[at] = p
	return nil
}

func (w *World) editOverlay(edit *Edit, document []byte) error {
	if err := yaml.UnmarshalStrict(document, &v1alpha1.NodeOverlay{}); err != nil {
		return fmt.Errorf("%w: NodeOverlay %q: %s", ErrWorld, edit.Name, strings.Join(strings.Fields(err.Error()), " "))
	}
	o := &kube.NodeOverlay{}
	if err := yaml.Unmarshal(document, o); err != nil {
		return fmt.Errorf("%w: NodeOverlay %q: %w", ErrWorld, edit.Name, err)
	}
	at := slices.IndexFunc(w.NodeOverlays, func(o *kube.NodeOverlay) bool { return o.Name == edit.Name })
	if edit.New = at < 0; edit.New {
		w.NodeOverlays = append(w.NodeOverlays, o)
		return nil
	}
	w.NodeOverlays[at] = o
	return nil
}

// Fleet is what nodes come to.
type Fleet struct {
	Nodes        int           `json:"nodes"`
	PricePerHour pricing.Micro `json:"pricePerHour"`
	Unplaced     int           `json:"unplaced"`
}

// Replaced is a drifted node.
type Replaced struct {
	Drifted
	NodePool     string `json:"nodePool"`
	InstanceType string `json:"instanceType"`
	// Held is why Karpenter would not take it now, in its words: do-not-disrupt, a PodDisruptionBudget, or pods that find no other
	// place. It waits, and the node stays.
	Held string `json:"held,omitempty"`
}

// Move is a pod that has to go elsewhere.
type Move struct {
	Pod  string `json:"pod"`
	From string `json:"from"`
	To   string `json:"to"` // a node of today, or "new: NODEPOOL TYPE ZONE"
}

// Impact is what an edit does. Before and After of Anew compare what Karpenter would build from nothing; those of Today what
// runs now with what is left when every drifted node that may go has been replaced.
type Impact struct {
	Version     string         `json:"version"` // of Karpenter
	Ordered     bool           `json:"ordered"`
	Edits       []Edit         `json:"edits"`
	AnewBefore  Fleet          `json:"anewBefore"`
	AnewAfter   Fleet          `json:"anewAfter"`
	TodayBefore Fleet          `json:"todayBefore"`
	TodayAfter  Fleet          `json:"todayAfter"`
	Replaced    []Replaced     `json:"replaced"` // in Karpenter's order: empty nodes first, then by name
	Moves       []Move         `json:"moves"`    // by pod
	New         []Node         `json:"new"`
	Notes       []planner.Note `json:"notes"`
}

// EditMost is how many drifted nodes are replaced one after the other; chosen, at 0.1 to 0.2 s each.
const EditMost = 500

// WhatIfEdited says what Karpenter would do with edits. Drifted nodes are replaced one at a time, as Karpenter does,
// without regard to consolidation, and to disruption budgets of NodePools, which say when.
func (w World) WhatIfEdited(ctx context.Context, texts ...[]byte) (out Impact, err error) {
	defer rescue(&err)
	out = Impact{Version: Version, Ordered: Ordered, Replaced: []Replaced{}, Moves: []Move{}, New: []Node{}}
	after := w
	for _, text := range texts {
		var edits []Edit
		if after, edits, err = after.Edited(text); err != nil {
			return Impact{}, err
		}
		out.Edits = append(out.Edits, edits...)
	}
	if out.AnewBefore, _, err = w.anew(ctx); err != nil {
		return Impact{}, err
	}
	if out.AnewAfter, out.Notes, err = after.anew(ctx); err != nil {
		return Impact{}, err
	}
	out.TodayBefore = w.today()
	if err := after.replaceDrifted(ctx, &out); err != nil {
		return Impact{}, err
	}
	if !Ordered {
		out.Notes = append(out.Notes, planner.Note{Severity: planner.Info, Text: "among equally good zones Karpenter takes one by chance: another run may differ; a binary built by make does not"})
	}
	return out, nil
}

func (w World) today() Fleet {
	f := Fleet{Nodes: len(w.Nodes), PricePerHour: w.PricePerHour()}
	for _, p := range w.Pods {
		if p.Spec.NodeName == "" {
			f.Unplaced++
		}
	}
	return f
}

func (w World) anew(ctx context.Context) (Fleet, []planner.Note, error) {
	r, err := w.Greenfield().Schedule(ctx)
	return Fleet{len(r.New), r.PricePerHour, len(r.Unplaced)}, r.Notes, err
}

// replaceDrifted follows Drift.ComputeCommands until no drifted node may go.
func (w World) replaceDrifted(ctx context.Context, out *Impact) error {
	reasons := map[string]string{}
	for _, e := range out.Edits {
		for _, d := range e.Drifted {
			reasons[d.Node] = cmp.Or(reasons[d.Node], d.Reason)
		}
	}
	from := map[string]string{} // pods by the node that they were on
	for _, p := range w.Pods {
		if p.Spec.NodeName != "" && pod.IsReschedulable(p) {
			from[keyOf(p)] = p.Spec.NodeName
		}
	}
	news := map[string]Node{}
	var sold *supply
	for i, name := range w.emptyFirst(slices.Sorted(maps.Keys(reasons))) {
		n := w.nodeNamed(name)
		replaced := Replaced{Drifted: Drifted{name, reasons[name]}, NodePool: n.Labels[v1.NodePoolLabelKey], InstanceType: n.Labels[corev1.LabelInstanceTypeStable]}
		if i >= EditMost {
			replaced.Held = fmt.Sprintf("not looked at: more than %d nodes drift", EditMost)
			out.Replaced = append(out.Replaced, replaced)
			continue
		}
		c, err := w.build(ctx, sold)
		if err != nil {
			return err
		}
		sold = c.supply
		removal, err := c.drain(name)
		if err != nil {
			return err
		}
		if replaced.Held = removal.Reason; replaced.Held == "" {
			w = w.without(&removal, len(news))
			for _, made := range removal.Result.New {
				news[made.Name] = made
			}
		}
		out.Replaced = append(out.Replaced, replaced)
	}
	out.TodayAfter = w.today()
	out.tell(w, from, news)
	return nil
}

// tell lists the pods that have moved, and the new nodes with all pods that end on them.
func (out *Impact) tell(w World, from map[string]string, news map[string]Node) {
	pods := map[string][]string{}
	for _, p := range w.Pods {
		key, at := keyOf(p), p.Spec.NodeName
		if made, ok := news[at]; ok {
			pods[at] = append(pods[at], key)
			at = strings.Join([]string{"new:", made.Pool, made.InstanceType, made.Zone}, " ")
		}
		if was := from[key]; was != "" && was != p.Spec.NodeName {
			out.Moves = append(out.Moves, Move{key, was, at})
		}
	}
	slices.SortFunc(out.Moves, func(a, b Move) int { return strings.Compare(a.Pod, b.Pod) })
	for _, name := range slices.Sorted(maps.Keys(news)) {
		n := news[name]
		n.Name, n.Pods = "", slices.Sorted(slices.Values(pods[name]))
		out.New = append(out.New, n)
	}
	sortNodes(out.New)
}

func (w World) nodeNamed(name string) *corev1.Node {
	return w.Nodes[slices.IndexFunc(w.Nodes, func(n *corev1.Node) bool { return n.Name == name })]
}

func (w World) emptyFirst(names []string) []string {
	busy := map[string]bool{}
	for _, p := range w.Pods {
		busy[p.Spec.NodeName] = busy[p.Spec.NodeName] || pod.IsReschedulable(p)
	}
	slices.SortStableFunc(names, func(a, b string) int {
		switch {
		case busy[a] == busy[b]:
			return 0
		case busy[a]:
			return 1
		}
		return -1
	})
	return names
}

// drain lets Karpenter replace one node, with as many others as its pods need. Reason says why it would wait.
func (c *cluster) drain(name string) (Removal, error) {
	limits, err := pdb.NewLimits(c.ctx, c.client)
	if err != nil {
		return Removal{}, fmt.Errorf("%w: PodDisruptionBudgets: %w", ErrKarpenter, err)
	}
	r := Removal{Nodes: []string{name}}
	for n := range c.state.Nodes() {
		if n.Name() == name {
			r.Reason = c.holdsPods(n, limits)
		}
	}
	var pods []*corev1.Pod
	for _, p := range c.running[name] {
		if pod.IsReschedulable(p) {
			pods = append(pods, p)
		}
	}
	s, err := c.solve(append(slices.Clone(c.pending), pods...), map[string]bool{name: true})
	if err != nil {
		return Removal{}, err
	}
	r.Result = s.result(c)
	for _, p := range pods {
		if why := s.refused[keyOf(p)]; why != "" && r.Reason == "" {
			r.Reason = "not all pods would schedule, " + keyOf(p) + " => " + why
		}
	}
	return r, nil
}
