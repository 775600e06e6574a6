package engine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
)

// numberAt is one number of a JSON document: where its bytes are, and its path.
type numberAt struct {
	path     string
	from, to int
}

// numbersOf finds every number of a document.
func numbersOf(t testing.TB, data []byte) []numberAt {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var out []numberAt
	var walk func(path string)
	walk = func(path string) {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("at %s: %v", path, err)
		}
		switch x := token.(type) {
		case json.Number:
			to := int(d.InputOffset())
			out = append(out, numberAt{path, to - len(x), to})
		case json.Delim:
			for i := 0; d.More(); i++ {
				at := fmt.Sprintf("%s[%d]", path, i)
				if x == '{' {
					name, _ := d.Token()
					at = path + "." + name.(string)
				}
				walk(at)
			}
			if _, err := d.Token(); err != nil {
				t.Fatalf("at %s: %v", path, err)
			}
		}
	}
	walk("$")
	return out
}

// changes are what a number is replaced by: the next one, and one that is far off.
func changes(number string) []string {
	if whole, err := strconv.ParseInt(number, 10, 64); err == nil {
		return []string{strconv.FormatInt(whole+1, 10), strconv.FormatInt(whole*10-7, 10)}
	}
	last := number[len(number)-1]
	return []string{number[:len(number)-1] + string('0'+(last-'0'+1)%10), "-" + number}
}

func replaced(data []byte, at numberAt, by string) []byte {
	return slices.Concat(data[:at.from], []byte(by), data[at.to:])
}

// sealed recomputes the digest of a changed plan, as somebody would who wants the change to pass. It reports false where
// the change is none that a plan can hold.
func sealed(data []byte) ([]byte, bool) {
	var plan planner.Plan
	if err := json.Unmarshal(data, &plan); err != nil {
		return nil, false
	}
	digest, err := engine.Digest(plan)
	if err != nil {
		return nil, false
	}
	plan.Digest = digest
	out, err := json.Marshal(plan)
	return out, err == nil
}

// TestVerifyFindsEveryChangedNumber changes every number of plans of every kind, one at a time. Without a new digest no
// change may pass. With one, the only changes that pass are those of a certificate that still proves the same bound:
// such a plan claims nothing that is not so.
func TestVerifyFindsEveryChangedNumber(t *testing.T) {
	tampered := 0
	plans := map[string]func() planner.Plan{}
	for name, world := range worlds() {
		plans[name] = func() planner.Plan { return decide(t, world()) }
	}
	for name, world := range jointWorlds() {
		plans["joint "+name] = func() planner.Plan {
			s, targets := world()
			targets.Containers = targets.Containers[:min(len(targets.Containers), 3)] // the others have the same fields
			return jointly(t, s, targets)
		}
	}
	for name, plan := range plans {
		t.Run(name, func(t *testing.T) {
			data := encode(t, plan())
			if _, err := engine.Verify(data); err != nil {
				t.Fatalf("the plan itself does not verify: %v", err)
			}
			for _, at := range numbersOf(t, data) {
				if strings.HasPrefix(name, "joint ") && !strings.Contains(at.path, ".rightsizing.") {
					continue // the other plans have all of that
				}
				for i, by := range changes(string(data[at.from:at.to])) {
					changed := replaced(data, at, by)
					if i == 0 {
						if _, err := engine.Verify(changed); err == nil {
							t.Errorf("%s became %s, and the plan verifies", at.path, by)
						}
					}
					tampered++
					again, ok := sealed(changed)
					if !ok {
						continue
					}
					_, err := engine.Verify(again)
					if err == nil && !strings.HasPrefix(at.path, "$.proof.packing.certificate.") {
						t.Errorf("%s became %s, and with a new digest the plan verifies", at.path, by)
					}
				}
			}
		})
	}
	if tampered < 4000 {
		t.Errorf("only %d changes were tried: the plans have become too small for this test", tampered)
	}
}
