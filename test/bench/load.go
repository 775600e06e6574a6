package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/binpack/firstfit"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/openb"
	"github.com/tenon-sh/tenon/simulations/packio"
	"github.com/tenon-sh/tenon/simulations/synth"
	"github.com/tenon-sh/tenon/simulations/vbp"
)

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
	case setSynth, setAgain, setMaster, setLP:
		return loadSynth(rest)
	case setOffers:
		kinds, size, _ := strings.Cut(rest, "-")
		n, err := strconv.Atoi(kinds)
		if err != nil {
			return problem{}, fmt.Errorf("no case %q: %w", name, err)
		}
		p, err := loadSynth(size)
		if err == nil {
			err = fewerBins(p.Problem, n)
		}
		return p, err
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
		return bare(in.Problem, err)
	case setMIG, setCT, setSmall:
		return bare(loadPlain(set, rest))
	}
	return problem{}, fmt.Errorf("no case %q", name)
}

// bare is a problem that was nobody's cluster.
func bare(p *model.Problem, err error) (problem, error) {
	if err != nil {
		return problem{}, err
	}
	return problem{Problem: p, shapes: len(p.Items)}, nil
}

// loadPlain makes a problem of simulations/vbp.
func loadPlain(set, rest string) (*model.Problem, error) {
	what, seed, ok := cutSeed(rest)
	switch {
	case set == setMIG && !ok:
		m, err := vbp.ParseMix(rest)
		if err != nil {
			return nil, err
		}
		return m.Problem()
	case !ok:
		return nil, fmt.Errorf("no case %s/%s: it has no seed", set, rest)
	case set == setMIG:
		return vbp.RandomSlices(what, seed)
	case set == setSmall:
		return vbp.Small(seed), nil
	}
	class, items, _ := strings.Cut(what, "-")
	c, err := strconv.Atoi(class)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(items)
	if err != nil {
		return nil, err
	}
	return vbp.CapraraToth(c, n, seed)
}

// loadSynth makes the problem of "10k-200/seed-11".
func loadSynth(text string) (problem, error) {
	opts, err := parseSynth(text)
	if err != nil {
		return problem{}, fmt.Errorf("no synthetic cluster %q: %w", text, err)
	}
	return lowered(synth.Snapshot(opts, pricing.Default()))
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

// fewerBins leaves n kinds of bins: those that first fit uses, so that everything still fits, and others at random, the same for
// the same problem. There are more than n if first fit uses more.
func fewerBins(p *model.Problem, n int) error {
	k, err := firstfit.Solve(p, firstfit.Ways()[0])
	if err != nil {
		return err
	}
	keep := map[int]bool{}
	for _, b := range k.Bins {
		keep[b.Bin] = true
	}
	for _, b := range rand.New(rand.NewPCG(1, 2)).Perm(len(p.Bins)) {
		if len(keep) < n {
			keep[b] = true
		}
	}
	at := -1
	p.Bins = slices.DeleteFunc(p.Bins, func(model.Bin) bool { at++; return !keep[at] })
	return nil
}
