package main

import (
	"bytes"
	_ "embed"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/controllers/collect"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/openb"
)

//go:generate go run ./example/gen -out example/cluster.yaml

// exampleCluster is what --example plans.
//
//go:embed example/cluster.yaml
var exampleCluster []byte

// sourceOptions say what to plan: the one of files, trace and example that is given.
type sourceOptions struct {
	files       []string
	trace       string
	pods, nodes string
	at          int64
	atGiven     bool
	sharing     string
	gpuMap      map[string]string
	example     bool
	catalog     catalogOptions
	instant     *time.Time // of the objects; nil: their own

	read   *kube.Objects   // once the snapshot is made; nil: of a trace
	prices pricing.Catalog // that the snapshot was made with
}

func (o *sourceOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&o.files, "file", "f", nil, "objects of a cluster: `FILE`, folder or \"-\"; can be repeated")
	f.StringVar(&o.trace, "trace", "", "plan the recorded cluster of this `NAME`: "+openb.Trace)
	f.StringVar(&o.pods, "pods", "", "the trace's pod list, a `FILE`")
	f.StringVar(&o.nodes, "nodes", "", "the trace's node list, a `FILE`; without it there is no cost of today")
	f.Int64Var(&o.at, "at", 0, "only the trace's pods alive at this `SECOND`; else all of the list at once")
	f.StringVar(&o.sharing, "gpu-sharing", openb.TimeSlicing, "`HOW` the trace's shares of a GPU are met: "+openb.TimeSlicing+", "+openb.MIG)
	f.StringToStringVar(&o.gpuMap, "gpu-map", nil, "cards of the catalog for models of the trace, `MODEL=CARD`, before the table above: P100=v100,G2=a100/40960")
	f.BoolVar(&o.example, "example", false, "plan the example cluster in this binary")
	o.catalog.flags(cmd)
	choose(cmd, "trace", openb.Trace)
	choose(cmd, "gpu-sharing", openb.TimeSlicing, openb.MIG)
}

// clusterFlags are those of commands that want a cluster's objects.
func (o *sourceOptions) clusterFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&o.files, "file", "f", nil, "objects of a cluster: `FILE`, folder or \"-\"; can be repeated")
	cmd.Flags().BoolVar(&o.example, "example", false, "the example cluster in this binary")
	o.catalog.flags(cmd)
}

// checkCluster is check for clusterFlags.
func (o *sourceOptions) checkCluster() error {
	if (len(o.files) > 0) == o.example {
		return badInputf("no cluster to look at: give either -f FILE or --example")
	}
	return nil
}

// given tells whether any input was named.
func (o *sourceOptions) given() bool { return len(o.files) > 0 || o.trace != "" || o.example }

// check finds what cannot be meant, before anything is read.
func (o *sourceOptions) check() error {
	given := 0
	for _, is := range []bool{len(o.files) > 0, o.trace != "", o.example} {
		if is {
			given++
		}
	}
	switch {
	case given == 0:
		return badInputf("nothing to plan: give -f FILE, --trace %s --pods FILE, or --example", openb.Trace)
	case given > 1:
		return badInputf("-f, --trace and --example exclude each other")
	case o.trace == "" && (o.pods != "" || o.nodes != "" || o.atGiven || len(o.gpuMap) > 0):
		return badInputf("--pods, --nodes, --at and --gpu-map belong to --trace %s", openb.Trace)
	case o.trace != "" && o.trace != openb.Trace:
		return badInputf("--trace %q: the only one known is %s", o.trace, openb.Trace)
	case o.trace != "" && o.pods == "":
		return badInputf("--trace %s wants --pods FILE: see README.md for where to get it", openb.Trace)
	case o.pods == "-" && o.nodes == "-":
		return badInputf("--pods and --nodes cannot both be standard input")
	}
	return oneOf("gpu-sharing", o.sharing, openb.TimeSlicing, openb.MIG)
}

// snapshot reads everything that a plan depends on.
func (o *sourceOptions) snapshot(stdin io.Reader, bar *progress) (planner.Snapshot, error) {
	catalog, err := o.catalog.load()
	if err != nil {
		return planner.Snapshot{}, err
	}
	o.prices = catalog
	if o.trace != "" {
		return o.recorded(stdin, catalog)
	}
	objects, err := o.objects(stdin, bar)
	if err != nil {
		return planner.Snapshot{}, badInput(err)
	}
	if o.instant != nil {
		objects.At = *o.instant
	}
	o.read = objects
	s, err := kube.Snapshot(objects, catalog, kube.Options{})
	return s, badInput(err)
}

func (o *sourceOptions) objects(stdin io.Reader, bar *progress) (*kube.Objects, error) {
	opts := collect.Options{Stdin: stdin, Progress: func(read, total int64) { bar.at("reading", read, total) }}
	if !o.example {
		return collect.Read(o.files, opts)
	}
	opts.Stdin = bytes.NewReader(exampleCluster)
	objects, err := collect.Read([]string{collect.Stdin}, opts)
	if err == nil {
		objects.Source = "the example cluster"
	}
	return objects, err
}

func (o *sourceOptions) recorded(stdin io.Reader, catalog pricing.Catalog) (planner.Snapshot, error) {
	pods, err := openInput(o.pods, stdin)
	if err != nil {
		return planner.Snapshot{}, err
	}
	defer func() { _ = pods.Close() }()
	in := openb.Input{Pods: pods, PodsName: o.pods}
	if o.nodes != "" {
		nodes, err := openInput(o.nodes, stdin)
		if err != nil {
			return planner.Snapshot{}, err
		}
		defer func() { _ = nodes.Close() }()
		in.Nodes, in.NodesName = nodes, o.nodes
	}
	opts := openb.Options{Sharing: o.sharing, Map: o.gpuMap, Split: true}
	if o.atGiven {
		opts.At = &o.at
	}
	s, err := openb.Snapshot(in, catalog, opts)
	return s, badInput(err)
}
