package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/explain"
)

const explainLong = `Say why a workload or a node of a plan is as it is: where its pods run, what else was looked at, what
each constraint costs. NAME may be cut short as long as it is unique: frontend for web/Deployment/frontend.
A node is named by its id in the plan (n3), by a node of today, or by an instance type.

The plan is believed as it stands: tenon verify checks it.`

const explainExample = `  tenon explain plan.json web/Deployment/frontend
  tenon explain plan.json n3
  tenon plan --example -o json | tenon explain - frontend`

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:     "explain PLAN NAME",
		Short:   "Say why a workload or a node of a plan is as it is",
		Long:    explainLong,
		Example: explainExample,
		Args:    arguments("PLAN", "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := unlessInterrupted(cmd.Context(), func() (string, error) {
				p, err := readPlan(args[0], cmd.InOrStdin())
				if err != nil {
					return "", err
				}
				text, err := explained(p, args[1])
				return text, badInput(err)
			})
			if err != nil {
				return err
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
}

// explained joins what the plan says with what only its proof knows: which other kinds of node the
// pods could use. A plan without a proof can still be explained.
func explained(p planner.Plan, name string) (string, error) {
	more, err := engine.Alternatives(p)
	if err != nil {
		more = nil
	}
	return explain.Subject(p, name, more)
}

// readPlan reads what --out or -o json wrote.
func readPlan(name string, stdin io.Reader) (planner.Plan, error) {
	data, err := readPlanBytes(name, stdin)
	if err != nil {
		return planner.Plan{}, err
	}
	return parsePlan(name, data)
}

func parsePlan(name string, data []byte) (planner.Plan, error) {
	var p planner.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		return planner.Plan{}, badInputf("%s: %s", name, jsonFault(data, err))
	}
	if p.APIVersion != planner.APIVersion || p.Kind != planner.PlanKind {
		return planner.Plan{}, badInputf("%s: apiVersion %q, kind %q: want %q, %q", name, p.APIVersion, p.Kind, planner.APIVersion, planner.PlanKind)
	}
	return p, nil
}

// readPlanBytes reads a plan that at least is JSON.
func readPlanBytes(name string, stdin io.Reader) ([]byte, error) {
	data, err := readFile(name, stdin)
	if err != nil {
		return nil, err
	}
	var document json.RawMessage
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, badInputf("%s: no plan: %s: give what tenon plan --out or -o json wrote", name, jsonFault(data, err))
	}
	return data, nil
}

// jsonFault says on which line a JSON error is.
func jsonFault(data []byte, err error) string {
	offset := int64(-1)
	switch e := err.(type) { //nolint:errorlint // encoding/json returns these bare
	case *json.SyntaxError:
		offset = e.Offset
	case *json.UnmarshalTypeError:
		offset = e.Offset
	}
	if offset < 0 || offset > int64(len(data)) {
		return err.Error()
	}
	return fmt.Sprintf("line %d: %s", 1+bytes.Count(data[:offset], []byte("\n")), err)
}
