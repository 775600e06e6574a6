package controlplane

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrMissing says that a program that is needed is not there.
var ErrMissing = errors.New("not built")

// program is one of the programs of a control plane.
type program struct {
	name    string
	module  string   // folder under test/e2e/build
	path    string   // the module that says the version
	main    string   // the package to build
	stamps  []string // variables that the linker sets to the version
	seconds int      // that a cold build takes: measured 2026-11-24 on two shared cores
}

// programs are built in this order: those that share packages with the product's own tests come first.
var programs = []program{
	{name: "karpenter", module: "karpenter", path: "sigs.k8s.io/karpenter", main: "sigs.k8s.io/karpenter/kwok",
		stamps: []string{"sigs.k8s.io/karpenter/pkg/operator.Version"}, seconds: 160},
	{name: "etcd", module: "etcd", path: "go.etcd.io/etcd/server/v3", main: "go.etcd.io/etcd/server/v3", seconds: 20},
	{name: "kwok", module: "kwok", path: "sigs.k8s.io/kwok", main: "sigs.k8s.io/kwok/cmd/kwok",
		stamps: []string{"sigs.k8s.io/kwok/pkg/consts.Version"}, seconds: 60},
	{name: "kube-apiserver", module: "kubernetes", path: "k8s.io/kubernetes", main: "k8s.io/kubernetes/cmd/kube-apiserver",
		stamps: kubernetesStamps, seconds: 420},
	{name: "kube-controller-manager", module: "kubernetes", path: "k8s.io/kubernetes", main: "k8s.io/kubernetes/cmd/kube-controller-manager",
		stamps: kubernetesStamps, seconds: 120},
	{name: "kube-scheduler", module: "kubernetes", path: "k8s.io/kubernetes", main: "k8s.io/kubernetes/cmd/kube-scheduler",
		stamps: kubernetesStamps, seconds: 15},
}

var kubernetesStamps = []string{"k8s.io/component-base/version.gitVersion", "k8s.io/client-go/pkg/version.gitVersion"}

// manifests are what is taken of the modules beside programs: folder or file in the module, and where it goes.
var manifests = []struct{ module, path, from, to string }{
	{"karpenter", "sigs.k8s.io/karpenter", "pkg/apis/crds", "karpenter"},
	{"karpenter", "sigs.k8s.io/karpenter", "kwok/apis/crds", "karpenter"},
	{"kwok", "sigs.k8s.io/kwok", "kustomize/stage/node/fast/node-initialize.yaml", "stages"},
	{"kwok", "sigs.k8s.io/kwok", "kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml", "stages"},
	{"kwok", "sigs.k8s.io/kwok", "kustomize/stage/pod/fast/pod-ready.yaml", "stages"},
	{"kwok", "sigs.k8s.io/kwok", "kustomize/stage/pod/fast/pod-delete.yaml", "stages"},
}

// Build makes what Start needs in the folder cache, of the modules in the folder modules, and says on log what it does
// and how long that takes. What was built of the same versions is kept. It needs the go command, and the module proxy or a
// module cache that has everything.
func Build(ctx context.Context, modules, cache string, log io.Writer) error {
	if _, err := exec.LookPath("go"); err != nil {
		return fmt.Errorf("%w: the control plane is built by the go command, which is not in PATH", ErrMissing)
	}
	if err := os.MkdirAll(filepath.Join(cache, "bin"), 0o755); err != nil { //nolint:gosec // no secret
		return fmt.Errorf("make folder: %w", err)
	}
	var missing []program
	seconds := 0
	for _, p := range programs {
		key, err := p.key(modules)
		if err != nil {
			return err
		}
		if have, err := os.ReadFile(p.keyFile(cache)); err != nil || !bytes.Equal(have, key) || !runnable(p.file(cache)) {
			missing = append(missing, p)
			seconds += p.seconds
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(log, "building %d of %d programs of a control plane in %s, once: up to %d minutes on two cores\n", len(missing), len(programs), cache, (seconds+59)/60)
	}
	for _, p := range missing {
		start := time.Now()
		if err := p.build(ctx, modules, cache); err != nil {
			return err
		}
		fmt.Fprintf(log, "built %s in %d s\n", p.name, int(time.Since(start).Seconds()))
	}
	return copyManifests(ctx, modules, filepath.Join(cache, "manifests"))
}

func (p program) file(cache string) string    { return filepath.Join(cache, "bin", p.name) }
func (p program) keyFile(cache string) string { return p.file(cache) + ".key" }

// key tells builds apart: the versions of all modules, and how it is built.
func (p program) key(modules string) ([]byte, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, p.main, p.stamps)
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(modules, p.module, name))
		if err != nil {
			return nil, fmt.Errorf("read what pins the version of %s: %w", p.name, err)
		}
		sum.Write(text)
	}
	return fmt.Appendf(nil, "%x\n", sum.Sum(nil)), nil
}

func (p program) build(ctx context.Context, modules, cache string) error {
	mod, err := os.ReadFile(filepath.Join(modules, p.module, "go.mod"))
	if err != nil {
		return fmt.Errorf("read the version of %s: %w", p.name, err)
	}
	version := required(string(mod), p.path)
	if version == "" {
		return fmt.Errorf("%w: %s: its go.mod does not require %s", ErrMissing, p.name, p.path)
	}
	flags := "-s -w"
	for _, variable := range p.stamps {
		flags += " -X " + variable + "=" + version
	}
	file, err := filepath.Abs(p.file(cache))
	if err != nil {
		return fmt.Errorf("find the folder of %s: %w", p.name, err)
	}
	if _, err := goIn(ctx, filepath.Join(modules, p.module), "build", "-p", "2", "-buildvcs=false", "-mod=readonly", "-ldflags", flags, "-o", file, p.main); err != nil {
		return fmt.Errorf("build %s %s: %w", p.name, version, err)
	}
	key, err := p.key(modules)
	if err != nil {
		return err
	}
	return os.WriteFile(p.keyFile(cache), key, 0o644) //nolint:gosec // no secret
}

// required reads the version of a module that a go.mod requires directly; "" if it does not.
func required(mod, path string) string {
	for line := range strings.Lines(mod) {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(words) >= 2 && words[0] == path && strings.HasPrefix(words[1], "v") {
			return words[1]
		}
	}
	return ""
}

// goIn runs the go command in a folder and returns what it prints.
func goIn(ctx context.Context, folder string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the arguments are those of this package
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=auto", "CGO_ENABLED=0")
	var out, faults bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &faults
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s in %s: %w: %s", args[0], folder, err, lastLines(faults.Bytes(), 10))
	}
	return strings.TrimSpace(out.String()), nil
}

func copyManifests(ctx context.Context, modules, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("clear manifests: %w", err)
	}
	for _, m := range manifests {
		folder, err := goIn(ctx, filepath.Join(modules, m.module), "list", "-m", "-mod=readonly", "-f", "{{.Dir}}", m.path)
		if err != nil {
			return err
		}
		if err := copyYAML(filepath.Join(folder, m.from), filepath.Join(to, m.to)); err != nil {
			return err
		}
	}
	return nil
}

// copyYAML copies a YAML file, or those of a folder, into a folder.
func copyYAML(from, to string) error {
	files := []string{from}
	if !strings.HasSuffix(from, ".yaml") {
		var err error
		if files, err = filepath.Glob(filepath.Join(from, "*.yaml")); err != nil || len(files) == 0 {
			return fmt.Errorf("%w: no YAML in %s", ErrMissing, from)
		}
	}
	if err := os.MkdirAll(to, 0o755); err != nil { //nolint:gosec // no secret
		return fmt.Errorf("make folder: %w", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read manifest: %w", err)
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), text, 0o644); err != nil { //nolint:gosec // no secret
			return fmt.Errorf("write manifest: %w", err)
		}
	}
	return nil
}

func runnable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o100 != 0
}

// missing names the programs and manifests that are not in a cache.
func missing(cache string) []string {
	var names []string
	for _, p := range programs {
		if !runnable(p.file(cache)) {
			names = append(names, p.name)
		}
	}
	for _, m := range manifests {
		if _, err := os.Stat(filepath.Join(cache, "manifests", m.to)); err != nil {
			names = append(names, "manifests/"+m.to)
		}
	}
	return names
}

// lastLines are the last n lines of a text.
func lastLines(text []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
