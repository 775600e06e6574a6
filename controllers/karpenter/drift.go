package karpenter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/scheduling"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/kube"
)

// The reasons for which Karpenter replaces nodes of an edited NodePool, in its words (pkg/controllers/nodeclaim/disruption).
const (
	NodePoolDrifted     = "NodePoolDrifted"     // the template changed, but for its requirements: all nodes
	RequirementsDrifted = "RequirementsDrifted" // the node's labels no longer meet the requirements
)

// Drifted is a node that Karpenter would replace because its NodePool was edited.
type Drifted struct {
	Node   string `json:"node"`
	Reason string `json:"reason"`
}

// Drift says which nodes an edit of a NodePool, given before and after as JSON or YAML, makes Karpenter replace, by
// name. Those that have drifted already are not among them, nor are nodes of other NodePools. It knows the NodePool
// only: an edit of its EC2NodeClass, or a type that the cloud no longer sells, is not seen. Errors are ErrWorld.
//
// The rules are areStaticFieldsDrifted, with Karpenter's own NodePool.Hash, and areRequirementsDrifted.
func Drift(before, after []byte, nodes []*corev1.Node) ([]Drifted, error) {
	was, err := readPool(before)
	if err != nil {
		return nil, err
	}
	is, err := readPool(after)
	if err != nil {
		return nil, err
	}
	return drifted(was, is, nodes), nil
}

func drifted(before, after *v1.NodePool, nodes []*corev1.Node) []Drifted {
	template := before.Hash() != after.Hash()
	var out []Drifted
	for _, n := range sortedByName(nodes) {
		switch {
		case n.Labels[v1.NodePoolLabelKey] != before.Name:
		case template:
			out = append(out, Drifted{n.Name, NodePoolDrifted})
		case meets(n, before) && !meets(n, after):
			out = append(out, Drifted{n.Name, RequirementsDrifted})
		}
	}
	return out
}

// meets is areRequirementsDrifted's rule. A node's labels stand for those of its NodeClaim.
func meets(n *corev1.Node, p *v1.NodePool) bool {
	wanted := scheduling.NewNodeSelectorRequirementsWithMinValues(p.Spec.Template.Spec.Requirements...)
	return scheduling.NewLabelRequirements(n.Labels).Compatible(wanted) == nil
}

// readPool reads a NodePool as an API server would: unknown fields are refused, and what is not said is Karpenter's
// default as far as it bears on the hash.
func readPool(raw []byte) (*v1.NodePool, error) {
	p := &v1.NodePool{}
	if err := yaml.UnmarshalStrict(raw, p); err != nil {
		return nil, fmt.Errorf("%w: a NodePool: %s", ErrWorld, strings.Join(strings.Fields(err.Error()), " "))
	}
	if p.Kind != "NodePool" {
		return nil, fmt.Errorf("%w: kind %q where a NodePool is wanted", ErrWorld, p.Kind)
	}
	if p.Spec.Template.Spec.ExpireAfter.Duration == nil && len(p.Spec.Template.Spec.ExpireAfter.Raw) == 0 {
		p.Spec.Template.Spec.ExpireAfter = v1.MustParseNillableDuration("720h")
	}
	return p, nil
}

// ownPool is a NodePool of a dump in Karpenter's type, with all that its hash covers.
func ownPool(p *kube.NodePool) (*v1.NodePool, error) {
	spec := p.Spec
	spec.Disruption.ConsolidateAfter = cmp.Or(spec.Disruption.ConsolidateAfter, "0s")
	raw, err := json.Marshal(struct {
		Kind     string            `json:"kind"`
		Metadata map[string]string `json:"metadata"`
		Spec     kube.NodePoolSpec `json:"spec"`
	}{"NodePool", map[string]string{"name": p.Name}, spec})
	if err != nil {
		return nil, fmt.Errorf("%w: NodePool %q: %w", ErrWorld, p.Name, err)
	}
	return readPool(raw)
}
