package openb

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/pricing"
)

// ErrMap says that an entry of Options.Map cannot be followed.
var ErrMap = errors.New("bad GPU mapping")

// Mapping says which cards serve in the place of a model that the lists name.
type Mapping struct {
	Model string // as gpu_spec and the node list write it
	// Labels are values of karpenter.k8s.aws/instance-gpu-name; the first that the catalog sells is taken. None: the
	// model is not known outside Alibaba.
	Labels    []string
	MemoryMiB int64  // of one card: the smallest card with that much is taken; 0: any card of the label
	Remark    string // what to know about it, as part of a sentence
}

// soldAs says how models are mapped where Options.Map does not. The names are those of the trace's README; what AWS sells is
// from facts/aws/instance-types.csv (Karpenter's provider reference, August 2026; prices of 2026-07-20).
//
//   - T4: g4dn.
//   - V100M16, V100M32: p3 had the 16 GB card and is in neither list any more; p3dn has 32 GB. So a V100 of 16 GB is
//     met by one with more memory, which runs everything that the smaller one ran.
//   - A10: g5 has the A10G, which NVIDIA makes for AWS: same architecture and 24 GB, other clocks. MLPerf has no A10G
//     to compare them by (facts/gpu.md §4).
//   - P100: AWS never sold it; its p2 had the K80.
//   - G1, G2, G3: "undisclosed internal GPU codes" (README of the trace).
var soldAs = []Mapping{
	{Model: "A10", Labels: []string{"a10", "a10g"}, Remark: "AWS sells the A10G (g5), a near relative of the A10"},
	{Model: "G1", Remark: "G1 is an undisclosed code of Alibaba's"},
	{Model: "G2", Remark: "G2 is an undisclosed code of Alibaba's"},
	{Model: "G3", Remark: "G3 is an undisclosed code of Alibaba's"},
	{Model: "P100", Labels: []string{"p100"}, Remark: "AWS never sold the P100"},
	{Model: "T4", Labels: []string{"t4"}, Remark: "g4dn"},
	{Model: "V100M16", Labels: []string{"v100"}, MemoryMiB: 16384, Remark: "p3 (16 GB) is not in the catalog, p3dn (32 GB) is"},
	{Model: "V100M32", Labels: []string{"v100"}, MemoryMiB: 32768, Remark: "p3dn"},
}

// Models returns the table that maps the models of the lists, sorted by model.
func Models() []Mapping { return slices.Clone(soldAs) }

// MappingHelp is the table as text for a command's help.
func MappingHelp() string {
	var b strings.Builder
	b.WriteString("Models in gpu_spec and the node list are met by these cards (instance-gpu-name, GPU memory at least):\n")
	for _, m := range soldAs {
		card := strings.Join(m.Labels, ", else ")
		switch {
		case card == "":
			card = "none"
		case m.MemoryMiB > 0:
			card += fmt.Sprintf(", %d MiB", m.MemoryMiB)
		}
		fmt.Fprintf(&b, "  %-8s %-16s %s\n", m.Model, card, m.Remark)
	}
	b.WriteString("Another card for a model: --gpu-map P100=v100, or with the memory of one card --gpu-map G2=a100/40960.\n")
	return b.String()
}

// card is a kind of NVIDIA card that the offers have.
type card struct {
	label     string
	memoryMiB int64
	key       string // gpu.Model.Key
}

// String prints the card as Options.Map takes it.
func (c card) String() string { return c.label + "/" + strconv.FormatInt(c.memoryMiB, 10) }

// dealer knows which cards can be had and which models of the lists they serve.
type dealer struct {
	cards []card              // sorted by label and memory
	user  map[string][]string // keys by model, from Options.Map
}

// newDealer checks every entry of the user's map against the cards on offer.
func newDealer(offers []planner.Offer, cat pricing.Catalog, user map[string]string) (dealer, error) {
	d := dealer{user: map[string][]string{}}
	for _, offer := range offers {
		if offer.Cards.Count == 0 {
			continue
		}
		t, _ := cat.Lookup(offer.InstanceType)
		found := card{label: labelOf(offer.Cards.Model), memoryMiB: t.GPU.MemoryMiB, key: offer.Cards.Model}
		if !slices.Contains(d.cards, found) {
			d.cards = append(d.cards, found)
		}
	}
	slices.SortFunc(d.cards, func(a, b card) int {
		return cmp.Or(strings.Compare(a.label, b.label), cmp.Compare(a.memoryMiB, b.memoryMiB), strings.Compare(a.key, b.key))
	})
	for _, model := range slices.Sorted(maps.Keys(user)) {
		keys, err := d.chosen(model, user[model])
		if err != nil {
			return dealer{}, err
		}
		d.user[strings.ToUpper(strings.TrimSpace(model))] = keys
	}
	return d, nil
}

// labelOf is the name that Karpenter gives to a model, or for one that AWS does not sell the product in its key: a user's
// own catalog may have a P100 after all.
func labelOf(key string) string {
	model, _ := gpu.ByKey(key)
	product := key
	if at := strings.LastIndex(key, "-"); at > 0 {
		product = key[:at]
	}
	return cmp.Or(model.Label, strings.ToLower(product))
}

// chosen are the cards of an entry of the user's map: "v100" is every V100, "a100/40960" one of them.
func (d dealer) chosen(model, value string) ([]string, error) {
	label, memory, exact := strings.Cut(strings.ToLower(strings.TrimSpace(value)), "/")
	var memoryMiB int64
	if exact {
		var err error
		if memoryMiB, err = strconv.ParseInt(memory, 10, 64); err != nil {
			return nil, fmt.Errorf("%w: %q=%q: write the memory of one card in MiB, as in a100/40960", ErrMap, model, value)
		}
	}
	var keys []string
	for _, c := range d.cards {
		if c.label == label && (!exact || c.memoryMiB == memoryMiB) {
			keys = append(keys, c.key)
		}
	}
	if !isWord(strings.TrimSpace(model)) || len(keys) == 0 {
		return nil, fmt.Errorf("%w: %q=%q: write MODEL=CARD with one of the catalog's cards: %s",
			ErrMap, model, value, d.list())
	}
	return distinct(keys), nil
}

// list names the cards on offer.
func (d dealer) list() string {
	if len(d.cards) == 0 {
		return "it has none"
	}
	var names []string
	for _, c := range d.cards {
		names = append(names, c.String())
	}
	return strings.Join(names, ", ")
}

// deal is what a model of the lists comes to.
type deal struct {
	keys   []string // of the cards that serve, sorted; none: it cannot be had
	remark string   // what to tell the reader; "" where the very model is sold
}

// deal looks a model up: first in the user's map, then in the table.
func (d dealer) deal(model string) deal {
	if keys, ok := d.user[model]; ok {
		return deal{keys: keys, remark: fmt.Sprintf("met by %s, as you asked for", strings.Join(keys, ", "))}
	}
	at := slices.IndexFunc(soldAs, func(m Mapping) bool { return m.Model == model })
	if at < 0 {
		return deal{remark: model + " is not in the table of models"}
	}
	m := soldAs[at]
	for i, label := range m.Labels {
		keys, near := d.nearest(label, m.MemoryMiB)
		switch {
		case len(keys) == 0:
			continue
		case near || i > 0:
			return deal{keys: keys, remark: fmt.Sprintf("met by %s: %s", strings.Join(keys, ", "), m.Remark)}
		}
		return deal{keys: keys}
	}
	return deal{remark: m.Remark}
}

// nearest are the cards of a label with the least memory that is enough. Lists differ by a few per cent on the memory of
// one card (a T4 has 15,360 MiB by its driver, 16,384 by EC2), so nine tenths are enough. It reports true where the
// card has a tenth more than was asked for.
func (d dealer) nearest(label string, memoryMiB int64) (keys []string, larger bool) {
	var smallest int64
	for _, c := range d.cards { // by label and memory
		switch {
		case c.label != label || c.memoryMiB < memoryMiB*9/10:
			continue
		case memoryMiB == 0 || len(keys) == 0 || c.memoryMiB == smallest:
			smallest = c.memoryMiB
			keys = append(keys, c.key)
		}
	}
	return distinct(keys), memoryMiB > 0 && smallest > memoryMiB*11/10
}

// distinct sorts and removes repetitions.
func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// example is a card for a sentence about Options.Map.
func (d dealer) example() string {
	if slices.ContainsFunc(d.cards, func(c card) bool { return c.label == "v100" }) || len(d.cards) == 0 {
		return "v100"
	}
	return d.cards[0].label
}
