package openb

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// stream tells this generator's numbers from those of another with the same seed.
const stream = 0x6f70656e62 // "openb"

// shapesMade is how many shapes Generate draws its pods from: the published lists have 78 to 457.
const shapesMade = 150

// Generate writes a pod list of the published form with so many pods, for tests and demonstrations. Its values are made
// up: kinds of rows occur about as often as in the published lists (an eighth of CPU pods, four tenths of shares, one in a
// hundred with several cards, a third of the GPU pods with a model), but no row is taken from them. The same seed and number
// give the same bytes.
func Generate(seed uint64, pods int) []byte {
	rng := rand.New(rand.NewPCG(seed, stream))
	shapes := make([]string, shapesMade)
	for i := range shapes {
		shapes[i] = madeShape(rng)
	}
	var b strings.Builder
	b.WriteString(strings.Join(slices.Concat(podColumns, podExtras), ",") + "\n")
	phases := []string{"Running", "Running", "Running", "Failed", "Pending", "Succeeded"}
	for i := range pods {
		created := rng.Int64N(1_000_000)
		scheduled := strconv.FormatInt(created+rng.Int64N(60), 10)
		phase := phases[rng.IntN(len(phases))]
		if phase == "Pending" {
			scheduled = "" // never
		}
		common := min(rng.IntN(len(shapes)), rng.IntN(len(shapes))) // the first shapes are the common ones
		fmt.Fprintf(&b, "pod-%05d,%s,%s,%s,%d,%d,%s\n", i, shapes[common],
			[]string{"LS", "BE", "Burstable"}[rng.IntN(3)], phase, created, created+1+rng.Int64N(100_000), scheduled)
	}
	return []byte(b.String())
}

// madeShape makes up the columns from cpu_milli to gpu_spec.
func madeShape(rng *rand.Rand) string {
	specs := []string{"T4", "T4", "T4", "V100M16|V100M32", "A10|T4", "P100", "G2", "P100|T4|V100M32"}
	cards, milli, spec := int64(0), int64(0), ""
	switch kind := rng.IntN(100); {
	case kind < 13:
	case kind < 53:
		cards, milli = 1, 10*(1+rng.Int64N(99))
	case kind < 99:
		cards, milli = 1, cardMilli
	default:
		cards, milli = 2<<rng.IntN(3), cardMilli
	}
	if cards > 0 && rng.IntN(3) == 0 {
		spec = specs[rng.IntN(len(specs))]
	}
	cpu := max(1, cards) * 1000 * (1 + rng.Int64N(12))
	memory := cpu * (1 + rng.Int64N(8)) * 1024 / 1000
	return fmt.Sprintf("%d,%d,%d,%d,%s", cpu, memory, cards, milli, spec)
}

// GenerateNodes writes a node list of the published form with so many machines. Its values are made up, see Generate.
func GenerateNodes(seed uint64, machines int) []byte {
	rng := rand.New(rand.NewPCG(seed, stream+1))
	var b strings.Builder
	b.WriteString(strings.Join(nodeColumns, ",") + "\n")
	models := []string{"T4", "T4", "V100M16", "V100M32", "A10", "P100", "G2"}
	for i := range machines {
		cards, model := int64(0), ""
		if rng.IntN(4) > 0 {
			cards, model = 1<<rng.IntN(4), models[rng.IntN(len(models))]
		}
		cpu := 16000 * (1 + rng.Int64N(6))
		fmt.Fprintf(&b, "machine-%05d,%d,%d,%d,%s\n", i, cpu, cpu*1024/1000*(2+2*rng.Int64N(4)), cards, model)
	}
	return []byte(b.String())
}
