package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/openb"
	"github.com/tenon-sh/tenon/simulations/packio"
	"github.com/tenon-sh/tenon/simulations/synth"
)

// The sets of cases. A case's name begins with its set's.
const (
	setSynth   = "synth"
	setAlibaba = "alibaba"
	setBaldi   = "baldi"
)

// tunedSeeds is up to where seeds were looked at while the solver was written: those flatter.
const tunedSeeds = 29

// gpuPercent is how many of the synthetic pods have GPUs.
const gpuPercent = 10

// Where the recordings lie below the traces' folder.
const (
	alibabaFolder = "alibaba-gpu-v2023"
	baldiFolder   = "packing/baldi-tipo0"
	podList       = "openb_pod_list_"
)

// cases lists the names of the cases to run, and what is missing, each as a line for readers.
func cases(o options) (list, missing []string, err error) {
	list = synthCases(o)
	recorded := func(set, folder, prefix, ending string) []string {
		files, _ := filepath.Glob(filepath.Join(o.traces, folder, prefix+"*"+ending)) // the pattern is well formed
		if len(files) == 0 {
			missing = append(missing, fmt.Sprintf("There are no recordings at `%s`: the set %q is left out. Set `TENON_TRACES` to the folder that holds `%s`.",
				filepath.Join(o.traces, folder), set, folder))
		}
		var names []string
		for _, file := range files {
			names = append(names, set+"/"+strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), prefix), ending))
		}
		return names
	}
	lists := recorded(setAlibaba, alibabaFolder, podList, ".csv")
	if o.quick && len(lists) > 0 {
		lists = lists[:1]
	}
	list = append(list, lists...)
	every := o.every
	if o.quick {
		every = 40
	}
	for n, name := range recorded(setBaldi, baldiFolder, "", ".txt") {
		if n%every == 0 {
			list = append(list, name)
		}
	}
	list = slices.DeleteFunc(list, func(name string) bool { return !o.pattern.MatchString(name) })
	if len(list) == 0 {
		return nil, missing, fmt.Errorf("no case matches %q", o.pattern)
	}
	return list, missing, nil
}

func synthCases(o options) []string {
	var list []string
	for _, pods := range []int{1, 10} {
		for _, shapes := range []int{50, 200} {
			for _, seed := range o.seeds {
				if !o.quick || (pods == 1 && shapes == 50) {
					list = append(list, fmt.Sprintf("%s/%dk-%d/seed-%d", setSynth, pods, shapes, seed))
				}
			}
		}
	}
	return list
}

// problem is a case made ready to be solved.
type problem struct {
	*model.Problem
	stuck  int64 // pods that were known to fit nowhere before anything was lowered, or fit nothing when it was
	shapes int   // workloads, or kinds of items
}

// load makes the problem of a case.
func load(traces, name string) (problem, error) {
	set, rest, _ := strings.Cut(name, "/")
	switch set {
	case setSynth:
		opts, err := parseSynth(rest)
		if err != nil {
			return problem{}, fmt.Errorf("no case %q: %w", name, err)
		}
		return lowered(synth.Snapshot(opts, pricing.Default()))
	case setAlibaba:
		file, err := os.Open(filepath.Join(traces, alibabaFolder, podList+rest+".csv"))
		if err != nil {
			return problem{}, err
		}
		defer func() { _ = file.Close() }()
		snap, err := openb.Snapshot(openb.Input{Pods: file, PodsName: rest}, pricing.Default(), openb.Options{})
		if err != nil {
			return problem{}, err
		}
		return lowered(snap)
	case setBaldi:
		source := rest + ".txt"
		file, err := os.Open(filepath.Join(traces, baldiFolder, source))
		if err != nil {
			return problem{}, err
		}
		defer func() { _ = file.Close() }()
		in, err := packio.Read(file, source, packio.Baldi)
		if err != nil {
			return problem{}, err
		}
		return problem{Problem: in.Problem, shapes: len(in.Problem.Items)}, nil
	}
	return problem{}, fmt.Errorf("no case %q", name)
}

// parseSynth reads "10k-200/seed-11".
func parseSynth(text string) (synth.Options, error) {
	size, seed, _ := strings.Cut(text, "/seed-")
	pods, shapes, _ := strings.Cut(size, "k-")
	o := synth.Options{GPUPercent: gpuPercent}
	var err error
	if o.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
		return o, err
	}
	if o.Pods, err = strconv.Atoi(pods); err != nil {
		return o, err
	}
	o.Pods *= 1000
	o.Shapes, err = strconv.Atoi(shapes)
	return o, err
}

func lowered(snap planner.Snapshot) (problem, error) {
	snap, err := lower.Canonical(snap)
	if err != nil {
		return problem{}, err
	}
	low, err := lower.Lower(snap)
	if err != nil {
		return problem{}, err
	}
	p := problem{Problem: &low.Problem, shapes: len(snap.Workloads)}
	for _, list := range [][]planner.Unplaced{snap.Stuck, low.Unplaced} {
		for _, u := range list {
			p.stuck += u.Count
		}
	}
	return p, nil
}
