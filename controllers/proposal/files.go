package proposal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// finish adds what speaks of all other files, and closes the proposal.
func (d *draft) finish() (Proposal, error) {
	p, o := d.Plan, &d.out
	o.Version, o.Karpenter, o.InputDigest, o.PlanDigest, o.Catalog = d.Version, d.Built.Version, p.InputDigest, p.Digest, p.Catalog
	o.Command, o.Source, o.Unplaced = d.Command, p.Source, d.Built.Unplaced
	o.AsIsUnplaced = d.Built.AsIsUnplaced
	o.Today, o.AsIs, o.Planned, o.Built, o.LowerBound = p.Cost.NowPerHour, d.Built.AsIsPerHour, p.Cost.PlannedPerHour, d.BuiltAt, p.Cost.LowerBoundPerHour
	o.Gates = d.gates()
	o.Notes = append(o.Notes, d.Built.Notes...)
	slices.Sort(o.ByHand)
	o.ByHand = slices.Compact(o.ByHand)
	d.leftovers()
	if len(d.Requests) > 0 {
		d.add("", KindRequest, "requests.yaml", string(d.Requests))
	}
	diff, err := d.diff()
	if err != nil {
		return Proposal{}, err
	}
	d.files["changes.diff"] = File{Path: "changes.diff", Kind: KindAbout, Data: []byte(d.head() + diff)}
	kustomization, err := d.kustomization()
	if err != nil {
		return Proposal{}, err
	}
	d.add("", KindAbout, "kustomization.yaml", kustomization)
	if d.Document != nil {
		d.files["plan.json"] = File{Path: "plan.json", Kind: KindAbout, Data: d.Document}
	}
	o.close()
	d.files["README.md"] = File{Path: "README.md", Kind: KindAbout}
	o.Files = slices.SortedFunc(maps.Values(d.files), func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for i := range o.Files {
		if o.Files[i].Path == "README.md" {
			o.Files[i].Data = []byte(Markdown(*o))
		}
	}
	return *o, nil
}

// close makes lists of nothing empty instead of null, for JSON.
func (p *Proposal) close() {
	for _, l := range []*[]string{&p.Gates, &p.Checks, &p.ByHand} {
		if *l == nil {
			*l = []string{}
		}
	}
	if p.Edits == nil {
		p.Edits = []Edit{}
	}
}

// leftovers names children of an earlier proposal that this one has no use for.
func (d *draft) leftovers() {
	for _, name := range slices.Sorted(maps.Keys(d.bases)) {
		if d.bases[name].Labels[managedBy] == manager && d.edits[name] == nil {
			d.out.Checks = append(d.out.Checks, fmt.Sprintf("NodePool %s is of an earlier proposal and has no use in this one: delete it once its patches are taken back", name))
		}
	}
}

// kustomization applies the NodePools and the like; its patches take effect where the owners are among its resources.
func (d *draft) kustomization() (string, error) {
	var resources, patches []any
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		switch d.files[name].Kind {
		case KindPool, KindOverlay:
			resources = append(resources, name)
		case KindPatch, KindDaemons:
			o, err := yamlObject(d.files[name].Data)
			if err != nil {
				return "", err
			}
			target := object{"kind": o["kind"]}
			for _, key := range []string{"name", "namespace"} {
				if v, ok := at(o, "metadata")[key].(string); ok {
					target[key] = regexp.QuoteMeta(v)
				}
			}
			patches = append(patches, object{"path": name, "target": target})
		}
	}
	o := object{"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources}
	if len(resources) == 0 {
		o["resources"] = []any{}
	}
	body, err := text(o)
	if err != nil || len(patches) == 0 {
		return body, err
	}
	tail, err := text(object{"patches": patches})
	return "# Add the folder of your workloads to resources, and the patches below apply to them; alone, they patch nothing.\n" + body + tail, err
}

// diff compares each object with what there is today: a child with its base, a patched owner with the fields that the
// patch touches.
func (d *draft) diff() (string, error) {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		f := d.files[name]
		if f.Kind == KindAbout || f.Kind == KindRequest {
			continue
		}
		from, before := "/dev/null", d.before[name]
		if before != "" {
			from = "today/" + name
		}
		if e := d.edits[strings.TrimSuffix(path.Base(name), ".yaml")]; f.Kind == KindPool && e != nil && e.Base != "" && d.bases[e.Pool] == nil {
			from = "today/nodepools/" + e.Base + ".yaml (its base, which stays)"
		}
		text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
			A: lines(before), B: lines(d.body(name)), FromFile: from, ToFile: "proposed/" + name, Context: 3,
		})
		if err != nil {
			return "", fmt.Errorf("diff of %s: %w", name, err)
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return slices.Collect(strings.Lines(text))
}

// ErrOccupied says that the folder to write is there and not empty.
var ErrOccupied = errors.New("folder is not empty")

// What a folder that Tenon has written is known by.
const (
	mark   = "kustomization.yaml"
	madeBy = "# Made by tenon "
)

// Free says whether Write would take a folder: one that is not there, an empty one, and with force one that Tenon has written.
func Free(dir string, force bool) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) == 0:
		return nil
	case !force:
		return fmt.Errorf("%w: %s: name another, or replace it by force", ErrOccupied, dir)
	}
	data, err := os.ReadFile(filepath.Join(dir, mark))
	if err != nil || !strings.HasPrefix(string(data), madeBy) {
		return fmt.Errorf("%w: %s: Tenon has not written it, and replaces only what it has", ErrOccupied, dir)
	}
	return nil
}

// Write writes the files to a folder, all or none: they go to a folder beside it, which then takes its name. A folder that has
// something in it is refused, unless force is set and Tenon has written it; it is then replaced as a whole.
func Write(ctx context.Context, dir string, files []File, force bool) (err error) {
	dir = filepath.Clean(dir)
	if err := Free(dir, force); err != nil {
		return err
	}
	_, missing := os.Stat(dir)
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(temp)
		}
	}()
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := filepath.Join(temp, filepath.FromSlash(f.Path))
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return fmt.Errorf("%s: leads out of the folder", f.Path)
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // as mkdir does; for everybody to read
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil { //nolint:gosec // for everybody to read
			return err
		}
	}
	if err := os.Chmod(temp, 0o755); err != nil { //nolint:gosec // as mkdir does
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return replace(temp, dir, missing == nil)
}

// replace gives a folder its name. What had it is moved aside first and put back where that does not succeed.
func replace(temp, dir string, exists bool) error {
	if !exists {
		return os.Rename(temp, dir)
	}
	aside := temp + ".old"
	if err := os.Rename(dir, aside); err != nil {
		return err
	}
	if err := os.Rename(temp, dir); err != nil {
		return errors.Join(err, os.Rename(aside, dir))
	}
	return os.RemoveAll(aside)
}
