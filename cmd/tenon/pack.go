package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner/raise"
	"github.com/tenon-sh/tenon/simulations/packio"
)

const packLong = `Solve a plain packing instance: variable-sized vector bin packing without any Kubernetes in it. The form is told
by the file's ending or its content:

  vbp, mvp   VPSolver's (.vbp, .mvp, .mvbp)
  bpplib     BPPLIB's: items, capacity, sizes
  baldi      Baldi's: BINTYPES, ITEMS, BINS_SECTIONS, ITEMS_SECTIONS

The answer is checked by code that shares nothing with the solver before it is printed. The JSON form holds cost,
lowerBound and optimal, the bins with the sizes in them, and the certificate of the bound.`

const packExample = `  tenon pack prob_1_A_0_0_0.txt
  tenon pack N1C1W1_A.txt -o json | jq '{cost, lowerBound, optimal}'
  tenon pack - --format vbp < instance.vbp`

var packOutputs = []string{"table", "json", "yaml"}

type packOptions struct {
	format, output string
	strict         bool
	solve          solveOptions
}

func newPack() *cobra.Command {
	o := &packOptions{}
	cmd := &cobra.Command{
		Use:     "pack INSTANCE",
		Short:   "Solve a plain packing instance: cost, bound, certificate",
		Long:    packLong,
		Example: packExample,
		Args:    arguments("INSTANCE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", string(packio.Auto), "`FORM` of the instance: auto, vbp, mvp, bpplib, baldi")
	f.BoolVar(&o.strict, "strict", false, "exit with 3 if some items have no place")
	o.solve.flags(cmd)
	outputFlag(cmd, &o.output, packOutputs...)
	choose(cmd, "format", "auto", "vbp", "mvp", "bpplib", "baldi")
	return cmd
}

func (o *packOptions) run(cmd *cobra.Command, name string) error {
	if err := oneOf("output", o.output, packOutputs...); err != nil {
		return err
	}
	format, err := packio.ParseFormat(o.format)
	if err != nil {
		return badInputf("--format: %w", err)
	}
	s, err := o.solve.open(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	answer, err := unlessInterrupted(cmd.Context(), func() (packed, error) {
		in, err := openInput(name, cmd.InOrStdin())
		if err != nil {
			return packed{}, err
		}
		defer func() { _ = in.Close() }()
		instance, err := packio.Read(in, name, format)
		if err != nil {
			return packed{}, badInput(err)
		}
		out, err := pack(name, instance, s.limits, s.solve(cmd.Context()))
		out.Explain = s.gapReport(func(bin int) string { return fmt.Sprintf("bin %d", instance.BinIDs[bin]) })
		return out, err
	})
	s.close(cmd.Context())
	if err != nil {
		return err
	}
	if err := answer.print(cmd.OutOrStdout(), o.output); err != nil {
		return err
	}
	if err := s.stop.verdict(answer.Optimal); err != nil {
		return err
	}
	if o.strict && answer.Unplaced > 0 {
		return &codedError{exitUnplaced, fmt.Errorf("%d items have no place (--strict)", answer.Unplaced)}
	}
	return nil
}

// packed is the answer to an instance.
type packed struct {
	Instance    string            `json:"instance"`
	Format      packio.Format     `json:"format"`
	Dims        int               `json:"dimensions"`
	Items       int64             `json:"items"`
	ItemKinds   int               `json:"itemKinds"`
	BinKinds    int               `json:"binKinds"`
	Cost        int64             `json:"cost"`
	LowerBound  int64             `json:"lowerBound"`
	GapPercent  float64           `json:"gapPercent"`
	Optimal     bool              `json:"optimal"`
	Status      model.Status      `json:"status"`
	Unplaced    int64             `json:"unplaced"`
	BinCount    int64             `json:"binCount"`
	Bins        []packedBin       `json:"bins"`
	Work        model.Work        `json:"work"`
	Explain     *gapReport        `json:"explain,omitempty"`
	Certificate model.Certificate `json:"certificate"`
}

// packedBin is a number of bins with equal content.
type packedBin struct {
	Bin      int64        `json:"bin"` // as the instance calls it
	Capacity []int64      `json:"capacity"`
	Cost     int64        `json:"cost"`
	Count    int64        `json:"count"`
	Items    []packedItem `json:"items"`
}

type packedItem struct {
	Size  []int64 `json:"size"`
	Count int64   `json:"count"`
}

// pack solves and checks.
func pack(name string, in packio.Instance, limits model.Limits, solve solveFunc) (packed, error) {
	p := in.Problem
	k := &model.Packing{Status: model.Empty}
	if len(p.Items) > 0 {
		var err error
		if k, err = solve(p, limits); err != nil {
			return packed{}, err
		}
		if err := check.Packing(p, k); err != nil {
			return packed{}, fmt.Errorf("internal error, please report it: the packing does not pass the check: %w", err)
		}
	}
	out := packed{
		Instance: name, Format: in.Format, Dims: p.Dims, ItemKinds: len(p.Items), BinKinds: len(p.Bins),
		Cost: k.Cost, LowerBound: k.LowerBound, GapPercent: gapPercent(k.Cost, k.LowerBound), Status: k.Status,
		Optimal: k.Status == model.Optimal || k.Status == model.Empty,
		Work:    k.Work, Certificate: k.Proof, Bins: []packedBin{},
	}
	for _, it := range p.Items {
		out.Items += it.Count
	}
	for _, n := range k.Unplaced {
		out.Unplaced += n
	}
	for _, b := range k.Bins {
		kind := p.Bins[b.Bin]
		bin := packedBin{Bin: in.BinIDs[b.Bin], Capacity: kind.Cap, Cost: kind.Price, Count: b.Count}
		for _, l := range b.Items {
			bin.Items = append(bin.Items, packedItem{p.Items[l.Item].Size, l.Count})
		}
		out.BinCount += b.Count
		out.Bins = append(out.Bins, bin)
	}
	return out, nil
}

// gapPercent is (cost-bound)/bound in percent, rounded up to 0.0001 so that no gap is printed as none; where nothing is
// proven it is the largest gap, as in a plan.
func gapPercent(cost, bound int64) float64 {
	if cost <= bound {
		return 0
	}
	if bound <= 0 {
		return raise.GapMax
	}
	const steps = 1_000_000 // of 0.0001 %
	if gap := cost - bound; gap <= (1<<62)/steps {
		return float64((gap*steps+bound-1)/bound) / 10_000
	}
	return float64(cost-bound) / float64(bound) * 100
}

func (a packed) print(w io.Writer, output string) error {
	switch output {
	case "json":
		return writeJSON(w, a)
	case "yaml":
		data, err := yaml.Marshal(a)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	if _, err := fmt.Fprintf(w, "%s, read as %s\n", oneLine(a.Instance), a.Format); err != nil {
		return err
	}
	facts := &grid{head: []string{"", ""}}
	facts.add("items", fmt.Sprintf("%d of %d sizes, %d dimensions, %d kinds of bins", a.Items, a.ItemKinds, a.Dims, a.BinKinds))
	facts.add("cost", fmt.Sprintf("%d for %d bins", a.Cost, a.BinCount))
	facts.add("lower bound", fmt.Sprintf("%d, proven; gap %s %%", a.LowerBound, strconv.FormatFloat(a.GapPercent, 'f', -1, 64)))
	facts.add("status", string(a.Status))
	if a.Unplaced > 0 {
		facts.add("unplaced", strconv.FormatInt(a.Unplaced, 10))
	}
	facts.add("work", fmt.Sprintf("%d iterations, %d columns, %d pivots", a.Work.Iterations, a.Work.Columns, a.Work.Pivots))
	if err := facts.writeTo(w); err != nil {
		return err
	}
	if err := a.binTable(w); err != nil || a.Explain == nil {
		return err
	}
	return a.Explain.write(w, unit{})
}

// binsShown is how many kinds of filled bins the table lists; JSON has all.
const binsShown = 20

func (a packed) binTable(w io.Writer) error {
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	g := &grid{head: []string{">COUNT", ">BIN", ">COST", "SIZES"}}
	for i, b := range a.Bins {
		if i == binsShown {
			g.add("", "", "", fmt.Sprintf("and %d more: see -o json", len(a.Bins)-i))
			break
		}
		var sizes []string
		for _, it := range b.Items {
			text := strings.Trim(strings.ReplaceAll(fmt.Sprint(it.Size), " ", ","), "[]")
			if it.Count > 1 {
				text = strconv.FormatInt(it.Count, 10) + "×" + text
			}
			sizes = append(sizes, text)
		}
		g.add(strconv.FormatInt(b.Count, 10), strconv.FormatInt(b.Bin, 10), strconv.FormatInt(b.Cost, 10), strings.Join(sizes, " "))
	}
	return g.writeTo(w)
}
