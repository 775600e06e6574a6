package collect

import (
	"bytes"
)

// prune copies the text of one YAML object without the blocks that planning never reads. They are two thirds of a
// dump, and parsing is what costs; so this only looks at indentation. It may misread a line of a multi-line string as
// a key; the caller parses the whole text again where the pruned one does not parse.
func prune(text []byte) []byte {
	out := make([]byte, 0, len(text)/2)
	var path []level
	skip := -1 // column of the key whose block is being left out
	bare := false
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 {
			end = len(text)
		}
		line := text[:end]
		text = text[end:]
		indent, content := indentation(line)
		if skip >= 0 {
			below := len(content) == 0 || indent > skip || (bare && indent == skip && isMarker(content, "-"))
			if below {
				continue
			}
			skip = -1
		}
		column, key, hasValue := keyOf(indent, content)
		if key == nil {
			out = append(out, line...)
			continue
		}
		for len(path) > 0 && path[len(path)-1].column >= column {
			path = path[:len(path)-1]
		}
		if dropped(path, key) {
			skip, bare = column, !hasValue
			if column > indent { // the first key of a sequence's item: its dash must stay
				out = append(append(out, line[:column]...), '\n')
			}
			continue
		}
		if !hasValue {
			path = append(path, level{column, key})
		}
		out = append(out, line...)
	}
	return out
}

// level is a key that has a block below it.
type level struct {
	column int
	key    []byte
}

// keyOf finds the key that a line begins with, after the dashes of a sequence. column is where it stands.
func keyOf(indent int, content []byte) (column int, key []byte, hasValue bool) {
	column = indent
	for len(content) > 1 && content[0] == '-' && content[1] == ' ' {
		rest := bytes.TrimLeft(content[1:], " ")
		column += len(content) - len(rest)
		content = rest
	}
	colon := bytes.IndexByte(content, ':')
	if colon <= 0 || (colon+1 < len(content) && content[colon+1] != ' ') {
		if colon = bytes.Index(content, []byte(": ")); colon <= 0 {
			return column, nil, false
		}
	}
	rest := bytes.TrimLeft(content[colon+1:], " ")
	return column, content[:colon], len(rest) > 0
}

// keptAnnotations are those that planning reads.
var keptAnnotations = map[string]bool{
	"karpenter.sh/do-not-disrupt": true,
	"kubernetes.io/config.mirror": true,
}

// droppedBelow lists, by the key of the block that they stand in, the keys that are left out.
var droppedBelow = map[string]map[string]bool{
	"": set("data", "binaryData", "stringData"),
	"metadata": set("managedFields", "selfLink", "finalizers", "uid", "creationTimestamp",
		"generation"),
	"spec": set("serviceAccount", "serviceAccountName", "terminationGracePeriodSeconds",
		"enableServiceLinks", "dnsPolicy", "imagePullSecrets", "hostAliases", "dnsConfig", "securityContext"),
	"status": set("images", "volumesInUse", "volumesAttached", "daemonEndpoints", "addresses",
		"podIPs", "hostIPs", "hostIP", "podIP", "ephemeralContainerStatuses", "features", "config", "runtimeHandlers"),
	"ownerReferences":       set("uid", "blockOwnerDeletion"),
	"containers":            droppedOfContainer,
	"initContainers":        droppedOfContainer,
	"ephemeralContainers":   droppedOfContainer,
	"containerStatuses":     droppedOfStatus,
	"initContainerStatuses": droppedOfStatus,
	"volumes":               set("configMap", "secret", "projected", "downwardAPI", "hostPath", "emptyDir"),
}

var droppedOfContainer = set("image", "imagePullPolicy", "args", "command", "env", "envFrom", "volumeMounts",
	"volumeDevices", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "securityContext",
	"terminationMessagePath", "terminationMessagePolicy", "workingDir", "resizePolicy")

var droppedOfStatus = set("image", "imageID", "containerID", "state", "lastState", "ready", "started", "restartCount",
	"volumeMounts", "user", "allocatedResourcesStatus")

// dropped says whether the block of key, below path, is one that planning never reads. Only metadata's own annotations
// are thinned out: elsewhere, and in labels and selectors, every key means something.
func dropped(path []level, key []byte) bool {
	if len(path) == 0 {
		return droppedBelow[""][string(key)]
	}
	parent := string(path[len(path)-1].key)
	if parent == "annotations" {
		below := len(path) >= 2 && string(path[len(path)-2].key) == "metadata"
		return below && !keptAnnotations[string(bytes.Trim(key, `"'`))]
	}
	return droppedBelow[parent][string(key)]
}

func set(keys ...string) map[string]bool {
	m := make(map[string]bool, len(keys))
	for _, k := range keys {
		m[k] = true
	}
	return m
}
