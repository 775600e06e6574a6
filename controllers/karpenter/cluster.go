package karpenter

import (
	"context"
	"crypto/sha1" //nolint:gosec // not a secret: it spreads names over UIDs
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/log"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/operator/injection"
	"sigs.k8s.io/karpenter/pkg/operator/options"
	"sigs.k8s.io/karpenter/pkg/scheduling"

	"github.com/tenon-sh/tenon/planner"
)

// cluster is a world as Karpenter holds it: a fake API server, and Karpenter's cache of it. Nothing writes to it once it
// has been built, so several questions can be asked of one.
type cluster struct {
	*supply
	ctx     context.Context //nolint:containedctx // it carries Karpenter's options, which all of Karpenter reads from there
	options Options
	client  client.Client
	state   *state.Cluster
	clock   clock.Clock
	pending []*corev1.Pod
	running map[string][]*corev1.Pod // by node
	daemons []*corev1.Pod
	notes   []planner.Note
}

// build checks a world and hands it to Karpenter. What is for sale may be that of a cluster built before, of a world with
// the same NodePools, NodeOverlays, catalogue, zones and options, and no pod that it had not; nil: it is found out.
// Where reservations are in use that were not, or the other way round, it is found out anew.
func (w World) build(ctx context.Context, sold *supply) (*cluster, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	c := &cluster{ctx: w.context(ctx), options: w.Options, clock: stopped{now: w.At}, running: map[string][]*corev1.Pod{}}
	if c.supply = sold; sold == nil || !sold.market.same(marketOf(w)) {
		var err error
		if c.supply, err = w.sell(c.ctx); err != nil {
			return nil, err
		}
	}
	c.notes = slices.Clone(w.Notes)
	for _, n := range c.supply.notes {
		c.note(n.Severity, n.Object, "%s", n.Text)
	}
	objects := c.objects(w)
	c.client = fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(objects...).
		WithInterceptorFuncs(interceptor.Funcs{Get: getAsServer, List: c.list}).
		WithIndex(&corev1.Pod{}, "spec.nodeName", func(o client.Object) []string { return []string{o.(*corev1.Pod).Spec.NodeName} }).Build()
	c.state = state.NewCluster(c.clock, c.client, cloud{types: c.types})
	for _, n := range sortedByName(w.Nodes) {
		node := toNode(n, c.pools)
		if claim := claimOf(node, c.pools); claim != nil {
			c.state.UpdateNodeClaim(claim)
		}
		if err := c.state.UpdateNode(c.ctx, node); err != nil {
			return nil, fmt.Errorf("%w: Node %q: %w", ErrKarpenter, n.Name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.running)) {
		for _, p := range c.running[name] {
			if err := c.state.UpdatePod(c.ctx, p); err != nil {
				return nil, fmt.Errorf("%w: Pod %s/%s: %w", ErrKarpenter, p.Namespace, p.Name, err)
			}
		}
	}
	return c, nil
}

// getAsServer does what a server does and the fake does not: a name of a cluster-wide object is looked up without the
// namespace that Karpenter gives for PersistentVolumes.
func getAsServer(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	if _, ok := o.(*corev1.PersistentVolume); ok {
		key.Namespace = ""
	}
	return c.Get(ctx, key, o, opts...)
}

// list answers Karpenter's commonest question, for the pods on one node, without the fake server's detour through JSON.
func (c *cluster) list(ctx context.Context, server client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
	asked := (&client.ListOptions{}).ApplyOptions(opts)
	pods, ok := list.(*corev1.PodList)
	if !ok || asked.FieldSelector == nil || asked.Namespace != "" || asked.LabelSelector != nil {
		return server.List(ctx, list, opts...)
	}
	node, ok := asked.FieldSelector.RequiresExactMatch("spec.nodeName")
	if !ok || len(asked.FieldSelector.Requirements()) != 1 {
		return server.List(ctx, list, opts...)
	}
	pods.Items = make([]corev1.Pod, len(c.running[node]))
	for i, p := range c.running[node] {
		p.DeepCopyInto(&pods.Items[i])
	}
	return nil
}

// context carries what Karpenter takes from it.
func (w World) context(ctx context.Context) context.Context {
	o := &options.Options{
		FeatureGates: options.DefaultFeatureGates(), IgnoreDRARequests: true,
		PreferencePolicy: options.PreferencePolicyRespect, MinValuesPolicy: options.MinValuesPolicyStrict,
	}
	o.FeatureGates.NodeOverlay = !w.Options.OverlaysOff
	o.FeatureGates.ReservedCapacity = !w.Options.ReservationsOff
	if w.Options.IgnorePreferences {
		o.PreferencePolicy = options.PreferencePolicyIgnore
	}
	if w.Options.MinValuesAtBest {
		o.MinValuesPolicy = options.MinValuesPolicyBestEffort
	}
	ctx = log.IntoContext(options.ToContext(ctx, o), logr.Discard())
	return injection.WithControllerName(ctx, "tenon")
}

// objects are what Karpenter asks the API server for: nodes, the pods on them, volumes, namespaces, budgets. Pods that
// are to be placed are not among them.
func (c *cluster) objects(w World) []client.Object {
	var objects []client.Object
	nodes := map[string]bool{}
	for _, n := range w.Nodes {
		nodes[n.Name] = true
		objects = append(objects, toNode(n, c.pools))
	}
	namespaces := map[string]bool{}
	for _, n := range w.Namespaces {
		namespaces[n.Name] = true
		objects = append(objects, bare(n.DeepCopy()))
	}
	for _, p := range sortedByName(w.Pods) {
		p = toPod(p)
		if !namespaces[p.Namespace] {
			namespaces[p.Namespace] = true
			objects = append(objects, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.Namespace}})
		}
		if !nodes[p.Spec.NodeName] {
			if p.Spec.NodeName = ""; !bound(p) {
				c.pending = append(c.pending, p)
			}
			continue
		}
		c.running[p.Spec.NodeName] = append(c.running[p.Spec.NodeName], p)
		objects = append(objects, p.DeepCopy())
	}
	for _, x := range w.Claims {
		objects = append(objects, bare(x.DeepCopy()))
	}
	for _, x := range w.Volumes {
		objects = append(objects, bare(x.DeepCopy()))
	}
	for _, x := range w.StorageClasses {
		objects = append(objects, bare(x.DeepCopy()))
	}
	for _, x := range w.Budgets {
		objects = append(objects, judged(x, w.Pods))
	}
	for _, d := range sortedByName(w.Daemons) {
		if err := checkPod(c.ctx, d); err != nil {
			c.note(planner.Warning, d.Namespace+"/DaemonSet/"+d.Name, "Karpenter does not count its pods: %v", err)
			continue
		}
		c.daemons = append(c.daemons, toPod(d))
	}
	return distinct(objects)
}

func (c *cluster) note(severity planner.Severity, object, format string, args ...any) {
	n := planner.Note{Severity: severity, Object: object, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(c.notes, n) {
		c.notes = append(c.notes, n)
	}
}

// distinct keeps the first of the objects of one type and name: a dump may hold one twice, a server does not.
func distinct(objects []client.Object) []client.Object {
	seen := map[string]bool{}
	return slices.DeleteFunc(objects, func(o client.Object) bool {
		key := fmt.Sprintf("%T/%s/%s", o, o.GetNamespace(), o.GetName())
		had := seen[key]
		seen[key] = true
		return had
	})
}

// bare takes off what only a server may set.
func bare[T client.Object](o T) T {
	o.SetResourceVersion("")
	o.SetDeletionTimestamp(nil)
	o.SetManagedFields(nil)
	return o
}

// toNode copies a node and says in labels what Karpenter asks them: a dump that was written by hand or trimmed lacks them.
func toNode(n *corev1.Node, pools []*v1.NodePool) *corev1.Node {
	node := bare(n.DeepCopy())
	node.UID = uid("Node", "", n.Name)
	node.Spec.ProviderID = "tenon:///" + n.Name // a dump may lack it, and two nodes with one would be one to Karpenter
	unschedulable := corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}
	if n.Spec.Unschedulable && !slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.MatchTaint(&unschedulable) }) {
		node.Spec.Taints = append(node.Spec.Taints, unschedulable)
	}
	if node.Labels[v1.NodePoolLabelKey] != "" && len(node.Status.Allocatable) > 0 {
		node.Labels[v1.NodeRegisteredLabelKey] = "true"
		if started(n, pools) {
			node.Labels[v1.NodeInitializedLabelKey] = "true"
		}
	}
	return node
}

// started tells a node on which nothing shows that it is still being started.
func started(n *corev1.Node, pools []*v1.NodePool) bool {
	starting := func(t corev1.Taint) bool {
		return scheduling.IsKnownEphemeralTaint(&t) || slices.ContainsFunc(pools, func(p *v1.NodePool) bool {
			return p.Name == n.Labels[v1.NodePoolLabelKey] && slices.ContainsFunc(p.Spec.Template.Spec.StartupTaints, func(s corev1.Taint) bool { return s.MatchTaint(&t) })
		})
	}
	unready := func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue
	}
	return !slices.ContainsFunc(n.Spec.Taints, starting) && !slices.ContainsFunc(n.Status.Conditions, unready)
}

// claimOf makes up the NodeClaim of a node that Karpenter has made; nil for one that it has not.
func claimOf(n *corev1.Node, pools []*v1.NodePool) *v1.NodeClaim {
	name := n.Labels[v1.NodePoolLabelKey]
	if name == "" {
		return nil
	}
	claim := &v1.NodeClaim{ObjectMeta: metav1.ObjectMeta{Name: n.Name, UID: uid("NodeClaim", "", n.Name), Labels: maps.Clone(n.Labels)}}
	claim.Spec.Taints = slices.Clone(n.Spec.Taints)
	for _, p := range pools {
		if p.Name == name {
			claim.Spec.StartupTaints = p.Spec.Template.Spec.StartupTaints
		}
	}
	claim.Status.ProviderID, claim.Status.NodeName = n.Spec.ProviderID, n.Name
	claim.Status.Capacity, claim.Status.Allocatable = n.Status.Capacity, n.Status.Allocatable
	return claim
}

// toPod copies a pod, so that what Karpenter writes into it stays here, and names it by a UID of its own.
func toPod(p *corev1.Pod) *corev1.Pod {
	pod := bare(p.DeepCopy())
	pod.UID = uid("Pod", p.Namespace, p.Name)
	for i := range pod.Spec.TopologySpreadConstraints {
		if t := &pod.Spec.TopologySpreadConstraints[i]; t.LabelSelector == nil {
			t.MatchLabelKeys = nil // the API server allows no such thing, and Karpenter does not look
		}
	}
	return pod
}

// uid makes a UID of a name. It is a hash, so that equal pods of several workloads interleave as they do in a cluster,
// where UIDs are random.
func uid(kind, namespace, name string) types.UID {
	sum := sha1.Sum([]byte(kind + "/" + namespace + "/" + name)) //nolint:gosec // see the import
	return types.UID(fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}

func sortedByName[T metav1.Object](objects []T) []T {
	return slices.SortedStableFunc(slices.Values(objects), func(a, b T) int {
		return strings.Compare(a.GetNamespace()+"/"+a.GetName(), b.GetNamespace()+"/"+b.GetName())
	})
}

// cloud is the cloud provider that Karpenter asks: it sells the instance types of each NodePool and does nothing.
type cloud struct {
	cloudprovider.CloudProvider // nil: the scheduler asks for nothing else
	types                       map[string][]*cloudprovider.InstanceType
}

func (c cloud) GetInstanceTypes(_ context.Context, p *v1.NodePool) ([]*cloudprovider.InstanceType, error) {
	return c.types[p.Name], nil
}

// stopped is a clock that stands still, so that no result depends on when it was computed.
type stopped struct {
	clock.RealClock
	now time.Time
}

func (s stopped) Now() time.Time                  { return s.now }
func (s stopped) Since(t time.Time) time.Duration { return s.now.Sub(t) }
