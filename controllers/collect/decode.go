package collect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/kube"
)

// kinds are the objects that planning reads, by kind and the groups that have had them.
var kinds = map[string]struct {
	groups string // separated by spaces; "core" for none
	empty  func() any
}{
	"Pod":                   {"core", func() any { return new(corev1.Pod) }},
	"Node":                  {"core", func() any { return new(corev1.Node) }},
	"PersistentVolume":      {"core", func() any { return new(corev1.PersistentVolume) }},
	"PersistentVolumeClaim": {"core", func() any { return new(corev1.PersistentVolumeClaim) }},
	"Namespace":             {"core", func() any { return new(corev1.Namespace) }},
	"Deployment":            {"apps extensions", func() any { return new(appsv1.Deployment) }},
	"ReplicaSet":            {"apps extensions", func() any { return new(appsv1.ReplicaSet) }},
	"DaemonSet":             {"apps extensions", func() any { return new(appsv1.DaemonSet) }},
	"StatefulSet":           {"apps", func() any { return new(appsv1.StatefulSet) }},
	"Job":                   {"batch", func() any { return new(batchv1.Job) }},
	"CronJob":               {"batch", func() any { return new(batchv1.CronJob) }},
	"PodDisruptionBudget":   {"policy", func() any { return new(policyv1.PodDisruptionBudget) }},
	"StorageClass":          {"storage.k8s.io", func() any { return new(storagev1.StorageClass) }},
	"PriorityClass":         {"scheduling.k8s.io", func() any { return new(schedulingv1.PriorityClass) }},
	"RuntimeClass":          {"node.k8s.io", func() any { return new(nodev1.RuntimeClass) }},
	"NodePool":              {"karpenter.sh", func() any { return new(kube.NodePool) }},
	"NodeOverlay":           {"karpenter.sh", func() any { return new(kube.NodeOverlay) }},

	"HorizontalPodAutoscaler": {"autoscaling", func() any { return new(kube.Autoscaler) }},
	"LimitRange":              {"core", func() any { return new(corev1.LimitRange) }},
	"ResourceQuota":           {"core", func() any { return new(corev1.ResourceQuota) }},
}

// head is what every object has.
type head struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Namespace       string `json:"namespace"`
		Name            string `json:"name"`
		GenerateName    string `json:"generateName"`
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
}

// decodeItem turns an item's text into objects: one, or those of a list that the splitter could not take apart. An
// error is complete: it names file, place and object.
func decodeItem(i item, opts Options) ([]object, error) {
	text := i.text
	if !i.json {
		var err error
		if text, err = toJSON(i, opts); err != nil {
			return nil, i.fault("", err)
		}
	}
	if len(bytes.TrimSpace(text)) == 0 || string(bytes.TrimSpace(text)) == "null" {
		return nil, nil
	}
	if err := checkDepth(text, opts.Depth); err != nil {
		return nil, i.fault("", err)
	}
	return decodeObject(text, i, opts)
}

// toJSON converts pruned YAML, and the whole of it where pruning has broken it.
func toJSON(i item, opts Options) ([]byte, error) {
	limit, option := opts.ParsedBytes, "Options.ParsedBytes"
	if i.number == 0 {
		limit, option = opts.DocumentBytes, "Options.DocumentBytes"
	}
	pruned := i.text
	if !whole(i) || len(pruned) > limit {
		pruned = prune(i.text)
	}
	if len(pruned) > limit {
		return nil, fmt.Errorf("larger than %d bytes without annotations and managed fields (%s)", limit, option)
	}
	if converted, ok := blockJSON(pruned); ok {
		return converted, nil
	}
	if converted, err := yaml.YAMLToJSON(pruned); err == nil {
		return converted, nil
	}
	converted, err := yaml.YAMLToJSON(i.text[:min(len(i.text), limit)])
	if err != nil {
		return nil, errors.New(yamlHint(err))
	}
	return converted, nil
}

// whole tells an item of which nothing may be left out: NodePools and NodeOverlays are written again as they were read,
// and Karpenter's Deployment says in images and variables which version it is and what it does.
func whole(i item) bool {
	has := func(text string) bool { return bytes.Contains(i.text, []byte(text)) }
	if i.kind == "NodePool" || i.kind == "NodeOverlay" || has("kind: NodePool") || has("kind: NodeOverlay") {
		return true
	}
	return (i.kind == "Deployment" || has("kind: Deployment")) && (has("name: karpenter") || has(`name: "karpenter"`) || has("name: 'karpenter'"))
}

// yamlHint says what to do about the parser's commonest complaints.
func yamlHint(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	switch {
	case strings.Contains(text, "unknown anchor"):
		return text + "; write items without anchors, kubectl prints none"
	case strings.Contains(text, "excessive aliasing"):
		return text + "; aliases that expand without end are refused"
	case strings.Contains(text, "control characters"):
		return text + "; the file is damaged or not text"
	case strings.Contains(text, "tab"):
		return text + "; indent with spaces"
	}
	return text + "; this is not YAML as kubectl prints it"
}

// fault puts file and place before an error.
func (i item) fault(name string, err error) error {
	at := i.place()
	if name != "" {
		at += " (" + name + ")"
	}
	return fmt.Errorf("%w: %s: %s: %s", ErrInput, i.file, at, oneLine(err.Error()))
}

// oneLine joins a message that a parser has spread over lines, and cuts what a hostile value has made endless.
func oneLine(text string) string {
	const most = 500
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// decodeObject decodes one object, a list that came as one document, or an array of objects.
func decodeObject(text []byte, i item, opts Options) ([]object, error) {
	if text[0] == '[' && i.number == 0 { // flow-style YAML may hold one; of JSON the splitter takes it apart
		var elements []json.RawMessage
		if err := json.Unmarshal(text, &elements); err != nil {
			return nil, i.fault("", err)
		}
		return decodeElements(elements, i, opts)
	}
	var h head
	if err := json.Unmarshal(text, &h); err != nil {
		return nil, i.fault("", diagnose(text, &h, err))
	}
	kind, version := h.Kind, h.APIVersion
	if kind == "" {
		kind, version = i.kind, i.apiVersion
	}
	if kind == "" {
		return nil, i.fault("", errors.New("kind: missing; every object names its apiVersion and kind"))
	}
	group, revision, grouped := strings.Cut(version, "/")
	if !grouped {
		group, revision = "", version
	}
	id := identity{group, kind, h.Metadata.Namespace, h.Metadata.Name}
	if strings.HasSuffix(kind, "List") {
		if objects, isList, err := decodeList(text, kind, i, opts); isList {
			return objects, err
		}
	}
	known, ok := kinds[kind]
	if !ok || !hasWord(known.groups, group) {
		return []object{{id: id}}, nil
	}
	id.group = strings.Fields(known.groups)[0] // a Deployment of extensions is the one of apps
	if id.name == "" {
		return nil, i.fault(id.String(), errors.New("metadata.name: missing; name the object"))
	}
	if err := checkValues(text, opts.Values); err != nil {
		return nil, i.fault(id.String(), err)
	}
	into := known.empty()
	if err := unmarshal(text, into); err != nil {
		return nil, i.fault(id.String(), diagnose(text, into, err))
	}
	switch x := into.(type) {
	case *kube.NodePool:
		x.Raw = bytes.Clone(text)
	case *kube.NodeOverlay:
		x.Raw = bytes.Clone(text)
	}
	o := object{id: id, value: into}
	o.version, _ = strconv.ParseUint(h.Metadata.ResourceVersion, 10, 64)
	if kind == "NodePool" && revision != "v1" {
		o.note = "NodePool of karpenter.sh/" + revision + ", read as v1"
	}
	if err := reduce(&o); err != nil {
		return nil, i.fault(id.String(), errors.New(strings.TrimPrefix(err.Error(), kube.ErrObject.Error()+": ")))
	}
	return []object{o}, nil
}

// hasWord says whether a group is among those of a kind.
func hasWord(groups, group string) bool {
	if group == "" {
		group = "core"
	}
	for _, g := range strings.Fields(groups) {
		if g == group {
			return true
		}
	}
	return false
}

// unmarshal decodes as the API server does: names of fields are case-sensitive.
func unmarshal(text []byte, into any) error {
	return kjson.UnmarshalCaseSensitivePreserveInts(text, into)
}

// decodeList takes a list apart that came as one document. isList is false for an object whose kind merely ends in
// List.
func decodeList(text []byte, kind string, i item, opts Options) (objects []object, isList bool, err error) {
	var l struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, true, i.fault(l.Kind, diagnose(text, &l, err))
	}
	if l.Items == nil && !bytes.Contains(text, []byte(`"items"`)) {
		return nil, false, nil
	}
	i.kind, i.apiVersion = itemKind(kind), cmp.Or(l.APIVersion, i.apiVersion)
	objects, err = decodeElements(l.Items, i, opts)
	return objects, true, err
}

// decodeElements decodes the objects of a list.
func decodeElements(elements []json.RawMessage, i item, opts Options) ([]object, error) {
	var objects []object
	for n, inner := range elements {
		i.number = i.before + n + 1
		more, err := decodeObject(inner, i, opts)
		if err != nil {
			return nil, err
		}
		objects = append(objects, more...)
	}
	return objects, nil
}

// reduce drops what planning does not keep and checks the rest.
func reduce(o *object) error {
	switch x := o.value.(type) {
	case *corev1.Pod:
		pod, err := kube.ReducePod(x)
		o.value = pod
		return err
	case *corev1.Node:
		info := corev1.NodeSystemInfo{KubeletVersion: x.Status.NodeInfo.KubeletVersion, OSImage: x.Status.NodeInfo.OSImage, KernelVersion: x.Status.NodeInfo.KernelVersion}
		x.Status = corev1.NodeStatus{Allocatable: x.Status.Allocatable, Capacity: x.Status.Capacity, Conditions: x.Status.Conditions, NodeInfo: info}
		x.ManagedFields = nil
	case *appsv1.ReplicaSet:
		x.ManagedFields, x.Annotations = nil, nil
		if x.Spec.Replicas != nil && *x.Spec.Replicas == 0 && len(x.OwnerReferences) > 0 {
			x.Spec.Template.Spec = corev1.PodSpec{} // an old revision: only its owner's name is of use
		}
	case *appsv1.Deployment:
		x.ManagedFields, x.Annotations = nil, nil
	}
	return kube.Validate(o.value)
}

// checkDepth refuses JSON whose values are nested deeper than limit.
func checkDepth(text []byte, limit int) error {
	if depth, _ := extent(text); depth > limit {
		return fmt.Errorf("values nested deeper than %d (Options.Depth)", limit)
	}
	return nil
}

// checkValues refuses JSON with more values than limit.
func checkValues(text []byte, limit int) error {
	if _, values := extent(text); values > limit {
		return fmt.Errorf("more than %d values (Options.Values)", limit)
	}
	return nil
}

// extent returns how deep JSON is nested and about how many values it has, without decoding it.
func extent(text []byte) (deepest, values int) {
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			values++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
	}
	return deepest, values
}
