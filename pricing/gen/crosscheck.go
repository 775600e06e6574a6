package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// kwokFile is Karpenter's own list of AWS types, made for its simulator.
const kwokFile = "kwok/examples/aws_instance_types.json"

// kwokType is what is compared of it. It rounds memory down to whole GiB and gives terabytes above 1,024 of them.
type kwokType struct {
	Name         string
	Architecture string
	Resources    struct{ CPU, Memory string }
}

// crossCheck compares the size of every machine with Karpenter's list and describes the differences. A list that cannot
// be had is one of them: the check is a second opinion, the catalogue does not depend on it.
func crossCheck(machines []machine, karpenterDir string) []string {
	if karpenterDir == "" {
		output, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/karpenter").Output()
		if err != nil {
			return []string{fmt.Sprintf("sizes not checked: go list sigs.k8s.io/karpenter: %v", err)}
		}
		karpenterDir = strings.TrimSpace(string(output))
	}
	data, err := os.ReadFile(filepath.Join(karpenterDir, kwokFile))
	if err != nil {
		return []string{fmt.Sprintf("sizes not checked: %v", err)}
	}
	var list []kwokType
	if err := json.Unmarshal(data, &list); err != nil {
		return []string{fmt.Sprintf("sizes not checked: %s: %v", kwokFile, err)}
	}
	return compareSizes(machines, list)
}

// compareSizes lists disagreements and ends with a line that counts what was compared. The list names a type once for
// each operating system and architecture; those for i386 are passed over.
func compareSizes(machines []machine, list []kwokType) []string {
	known := map[string]machine{}
	for _, m := range machines {
		known[m.Name] = m
	}
	var notes []string
	compared, missing, seen := 0, 0, map[string]bool{}
	for _, theirs := range list {
		if seen[theirs.Name] || theirs.Architecture == "i386" {
			continue
		}
		seen[theirs.Name] = true
		ours, ok := known[theirs.Name]
		if !ok {
			missing++
			continue
		}
		compared++
		arch := strings.Replace(theirs.Architecture, "x86_64", "amd64", 1)
		here := fmt.Sprintf("%s, %d vCPU, %d GiB", ours.Arch, ours.VCPU, ours.MemoryMiB/1024)
		there := fmt.Sprintf("%s, %s vCPU, %s GiB", arch, theirs.Resources.CPU, wholeGiB(theirs.Resources.Memory))
		if here != there {
			notes = append(notes, fmt.Sprintf("%s: the table says %s, Karpenter's list %s", ours.Name, here, there))
		}
	}
	return append(notes, fmt.Sprintf("sizes: %d compared with Karpenter's list, %d differ; %d of its types are not in the table", compared, len(notes), missing))
}

// wholeGiB turns "384Gi", "3Ti" and the list's "0" into a number of GiB, as text; anything else stays as it is.
func wholeGiB(quantity string) string {
	if whole, ok := strings.CutSuffix(quantity, "Gi"); ok {
		return whole
	}
	if whole, ok := strings.CutSuffix(quantity, "Ti"); ok {
		if tib, err := strconv.ParseInt(whole, 10, 64); err == nil {
			return strconv.FormatInt(tib*1024, 10)
		}
	}
	return quantity
}
