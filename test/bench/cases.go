package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/simulations/vbp"
)

// The sets of cases. A case's name begins with its set's; where it ends in "/seed-N", N is the generator's seed.
const (
	setSynth   = "synth"   // synth/10k-200/seed-31: 10,000 pods in 200 shapes over the whole catalog
	setOffers  = "offers"  // offers/400-10k-100/seed-31: the same, over 400 kinds of node
	setAgain   = "again"   // again/10k-200/seed-31: solved, and solved again after a change
	setAlibaba = "alibaba" // alibaba/default: a list of pods
	setMIG     = "mig"     // mig/A100-40GB/8/57x1g.5gb, mig/A100-40GB/seed-31: slices, see simulations/vbp
	setBaldi   = "baldi"   // baldi/NAME: a file
	setCT      = "ct"      // ct/8-100/seed-31: class and items of Caprara and Toth
	setSmall   = "small"   // small/seed-31: a whole problem that other solvers can be asked for
	setMaster  = "master"  // master/10k-60/seed-31: a restricted master, solved by others too
)

// setLP has larger ones, of what packing by value and first fit find: lp/10k-1000/seed-31. Nothing is solved but their relaxation.
const setLP = "lp"

// tunedSeeds is up to where seeds were looked at while the solver was written: those flatter, and no goal counts them.
const tunedSeeds = 39

// gpuPercent is how many of the synthetic pods have GPUs.
const gpuPercent = 10

// Where the recordings lie below the traces' folder.
const (
	alibabaFolder = "alibaba-gpu-v2023"
	baldiFolder   = "packing/baldi-tipo0"
	podList       = "openb_pod_list_"
)

// smallCases is how many small whole problems there are, from the first seed on.
const smallCases = 8

// masterSeeds is how many seeds restricted masters are made of: each takes the tools' whole limit.
const masterSeeds = 3

// cases lists the names of the cases to run, and what is missing, each as a line for readers.
func cases(o options) (list, missing []string, err error) {
	if o.quick {
		list = quickCases(o.seeds)
	} else {
		list = generated(o)
	}
	alibaba, lost := recorded(o, setAlibaba, alibabaFolder, podList, ".csv")
	missing = append(missing, lost...)
	if o.quick && len(alibaba) > 0 {
		alibaba = alibaba[:1]
	}
	list = append(list, alibaba...)
	baldi, lost := recorded(o, setBaldi, baldiFolder, "", ".txt")
	missing = append(missing, lost...)
	every := o.every
	if o.quick {
		every = 40
	}
	for n, name := range baldi {
		if n%every == 0 {
			list = append(list, name)
		}
	}
	if !o.quick {
		list = append(list, poolCases(o)...)
		demand, lost := demandCases(o)
		list, missing = append(list, demand...), append(missing, lost...)
	}
	list = slices.DeleteFunc(list, func(name string) bool { return !o.pattern.MatchString(name) })
	if len(list) == 0 {
		return nil, missing, fmt.Errorf("no case matches %q", o.pattern)
	}
	return list, missing, nil
}

// recorded lists the cases of a folder of recordings.
func recorded(o options, set, folder, prefix, ending string) (names, missing []string) {
	files, _ := filepath.Glob(filepath.Join(o.traces, folder, prefix+"*"+ending)) // the pattern is well formed
	if len(files) == 0 {
		missing = append(missing, fmt.Sprintf("There are no recordings at `%s`: the set %q is left out. Set `TENON_TRACES` to the folder that holds `%s`.",
			filepath.Join(o.traces, folder), set, folder))
	}
	for _, file := range files {
		names = append(names, set+"/"+strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), prefix), ending))
	}
	return names, missing
}

// quickCases is a little of everything that is generated.
func quickCases(seeds []uint64) (list []string) {
	for _, seed := range seeds[:min(2, len(seeds))] {
		list = append(list, seeded(setSynth+"/1k-50", seed))
	}
	list = append(list, seeded(setAgain+"/1k-50", seeds[0]), seeded(setMaster+"/1k-50", seeds[0]), seeded(setLP+"/1k-50", seeds[0]))
	for _, mix := range vbp.KnownMixes() {
		list = append(list, setMIG+"/"+mix)
	}
	for class := 1; class <= vbp.Classes; class++ {
		list = append(list, seeded(fmt.Sprintf("%s/%d-%d", setCT, class, vbp.Sizes(class)[0]), seeds[0]))
	}
	for n := range uint64(2) {
		list = append(list, seeded(setSmall, seeds[0]+n))
	}
	return list
}

// unseen is the first seed that nobody looked at, or the first of all: that of growth and of what takes long.
func unseen(seeds []uint64) uint64 {
	for _, seed := range seeds {
		if seed > tunedSeeds {
			return seed
		}
	}
	return seeds[0]
}

// generated lists what comes from generators.
func generated(o options) (list []string) {
	first := unseen(o.seeds)
	var synth []string
	for _, size := range []string{"10k-60", "10k-200", "10k-230", "100k-230", "10k-1000", "100k-1000"} {
		for _, seed := range o.seeds {
			synth = append(synth, seeded(setSynth+"/"+size, seed))
		}
	}
	for _, size := range []string{"1k-100", "3k-100", "10k-100", "30k-100", "100k-100", "10k-25", "10k-50"} {
		if name := seeded(setSynth+"/"+size, first); !slices.Contains(synth, name) {
			synth = append(synth, name)
		}
	}
	list = append(list, synth...)
	for _, kinds := range []int{100, 200, 400, 800, 1600} {
		list = append(list, seeded(fmt.Sprintf("%s/%d-10k-100", setOffers, kinds), first))
	}
	for _, seed := range o.seeds {
		list = append(list, seeded(setAgain+"/10k-200", seed))
	}
	for _, mix := range vbp.KnownMixes() {
		list = append(list, setMIG+"/"+mix)
	}
	for _, key := range vbp.SliceModels() {
		for _, seed := range o.seeds {
			list = append(list, seeded(setMIG+"/"+key, seed))
		}
	}
	for class := 1; class <= vbp.Classes; class++ {
		for _, n := range vbp.Sizes(class) {
			for _, seed := range o.seeds {
				if seed == first || o.every == 1 {
					list = append(list, seeded(fmt.Sprintf("%s/%d-%d", setCT, class, n), seed))
				}
			}
		}
	}
	for n := range uint64(smallCases) {
		list = append(list, seeded(setSmall, first+n))
	}
	list = append(list, seeded(setMaster+"/10k-230", first))
	for _, seed := range o.seeds[:min(len(o.seeds), masterSeeds)] {
		list = append(list, seeded(setMaster+"/10k-60", seed))
	}
	for _, size := range []string{"10k-230", "10k-1000"} {
		list = append(list, seeded(setLP+"/"+size, first))
	}
	return list
}

func seeded(name string, seed uint64) string { return name + "/seed-" + strconv.FormatUint(seed, 10) }

// cutSeed tells a name's seed from the rest.
func cutSeed(name string) (rest string, seed uint64, ok bool) {
	at := strings.LastIndex(name, "seed-")
	if at < 0 {
		return name, 0, false
	}
	seed, err := strconv.ParseUint(name[at+len("seed-"):], 10, 64)
	return strings.TrimSuffix(name[:at], "/"), seed, err == nil
}

// tuned reports whether the case is of a seed that was looked at.
func tuned(name string) bool {
	_, seed, ok := cutSeed(name)
	return ok && seed <= tunedSeeds
}
