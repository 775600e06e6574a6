package openb

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// nodeColumns are those of a node list. The published ones have no others.
var nodeColumns = []string{"sn", "cpu_milli", "memory_mib", "gpu", "model"}

// machine is the size of a machine: two of the same size have the same equivalent.
type machine struct {
	cpuMilli  int64
	memoryMiB int64
	gpus      int64
	model     string // as in Models; "" for none or unknown
}

// listedNode is a row of a node list.
type listedNode struct {
	name string
	machine
}

// nodeList is what a node list says.
type nodeList struct {
	nodes []listedNode // sorted by name
	extra []string
}

// readNodes reads a node list.
func readNodes(r io.Reader, file string) (nodeList, error) {
	t, err := openTable(r, file, nodeColumns)
	if err != nil {
		return nodeList{}, err
	}
	list := nodeList{extra: t.extra(nodeColumns)}
	seen := map[string]int{}
	for {
		ok, err := t.next()
		if err != nil {
			return nodeList{}, err
		}
		if !ok {
			break
		}
		node, err := readNode(t)
		if err != nil {
			return nodeList{}, err
		}
		if line, twice := seen[node.name]; twice {
			return nodeList{}, t.fault("sn", fmt.Sprintf("line %d has it too: give each machine a name of its own", line))
		}
		seen[node.name] = t.line
		list.nodes = append(list.nodes, node)
	}
	slices.SortFunc(list.nodes, func(a, b listedNode) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

func readNode(t *table) (listedNode, error) {
	node := listedNode{name: t.text("sn")}
	if !isWord(node.name) {
		return listedNode{}, t.fault("sn", "write a name of letters, digits and ._-, at most 63 of them")
	}
	for _, field := range []struct {
		column string
		value  *int64
	}{{"cpu_milli", &node.cpuMilli}, {"memory_mib", &node.memoryMiB}, {"gpu", &node.gpus}} {
		value, err := t.number(field.column, quantityMax)
		if err != nil {
			return listedNode{}, err
		}
		*field.value = value
	}
	models, err := readModels(t, "model")
	if err != nil {
		return listedNode{}, err
	}
	if len(models) > 1 {
		return listedNode{}, t.fault("model", "a machine has one model of GPU: write that")
	}
	if node.gpus > 0 && len(models) == 1 {
		node.model = models[0]
	}
	return node, nil
}
