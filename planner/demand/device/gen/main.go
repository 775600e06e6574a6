// Gen writes speeds.csv: the best result of each card and class of work in each round of MLPerf Inference, Offline,
// from the results that ../shared/traces/mlperf-offline holds.
package main

import (
	"cmp"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// works are the classes of work, by MLPerf's benchmark. Benchmarks of different models are different works: their
// figures are never compared.
var works = map[string]string{
	"resnet50": "vision", "ssd-resnet34": "detection-ssd", "retinanet": "detection", "3d-unet-99": "segmentation",
	"bert-99": "nlp", "rnnt": "speech", "dlrm-99": "recommendation-v1", "dlrm-v2-99": "recommendation",
	"llama2-70b-99": "llm", "gptj-99": "llm-small", "mixtral-8x7b": "moe", "stable-diffusion-xl": "diffusion",
}

// cards are the accelerators that a model of planner/gpu stands for: the SXM form of what has two, as clouds have it.
var cards = map[string][2]string{
	"NVIDIA A100-SXM-80GB": {"A100-80GB", ""}, "NVIDIA A100-SXM-80GB (1x1g.10gb MIG)": {"A100-80GB", "1g.10gb"},
	"NVIDIA A100-SXM-40GB": {"A100-40GB", ""}, "NVIDIA A30": {"A30-24GB", ""}, "NVIDIA A30 (1x1g.6gb MIG)": {"A30-24GB", "1g.6gb"},
	"NVIDIA A10": {"A10-24GB", ""}, "NVIDIA T4": {"T4-16GB", ""}, "Nvidia Tesla T4": {"T4-16GB", ""},
	"NVIDIA H100-SXM-80GB": {"H100-80GB", ""}, "NVIDIA H200-SXM-141GB": {"H200-141GB", ""}, "NVIDIA H200-SXM-141GB-CTS": {"H200-141GB", ""},
	"NVIDIA L40S": {"L40S-48GB", ""}, "NVIDIA L4": {"L4-24GB", ""}, "NVIDIA B200-SXM-180GB": {"B200-180GB", ""},
}

type key struct{ round, work, card, slice string }

func main() {
	in := flag.String("traces", "../../../../shared/traces/mlperf-offline", "the recorded results, a `FOLDER`")
	out := flag.String("out", "speeds.csv", "`FILE` to write")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	best := map[key]float64{}
	for _, round := range []string{"v1.0", "v1.1", "v2.0", "v2.1", "v4.1"} {
		if err := read(filepath.Join(in, "mlperf_inference_"+round+"_offline_per_accelerator.csv"), round, best); err != nil {
			return err
		}
	}
	keys := make([]key, 0, len(best))
	for k := range best {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(strings.Compare(a.work, b.work), strings.Compare(a.round, b.round), strings.Compare(a.card, b.card), strings.Compare(a.slice, b.slice))
	})
	var text strings.Builder
	text.WriteString("# The best per accelerator of MLPerf Inference closed, Offline, valid runs, of the rounds named; extracted 2026-11-24 from\n" +
		"# mlcommons/inference_results_v1.0 to v4.1 (Apache-2.0). MLPerf is a trademark of MLCommons. Ratios derived from these\n" +
		"# figures are not verified by MLCommons Association. Units differ by work, so only ratios within one work mean something.\n" +
		"work,round,card,slice,milli_per_second\n")
	for _, k := range keys {
		fmt.Fprintf(&text, "%s,%s,%s,%s,%d\n", k.work, k.round, k.card, k.slice, int64(best[k]*1000))
	}
	return os.WriteFile(out, []byte(text.String()), 0o644)
}

func read(file, round string, best map[key]float64) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, row := range rows[1:] {
		card, known := cards[row[0]]
		work, ok := works[row[1]]
		if !known || !ok {
			continue
		}
		speed, err := strconv.ParseFloat(row[6], 64)
		if err != nil {
			return fmt.Errorf("%s: per_accelerator %q: %w", file, row[6], err)
		}
		if work == "segmentation" && round < "v2.0" {
			work = "segmentation-v1" // another data set: results fell to a twentieth from one round to the next
		}
		k := key{round, work, card[0], card[1]}
		best[k] = max(best[k], speed)
	}
	return nil
}
