package controlplane

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRequired(t *testing.T) {
	tests := map[string]struct{ mod, want string }{
		"on a line of its own":                {"module m\n\nrequire a.b/c v1.2.3\n", "v1.2.3"},
		"in a block":                          {"require (\n\ta.b/c v1.2.3\n)\n", "v1.2.3"},
		"another module of the same prefix":   {"require a.b/c/d v1.2.3\n", ""},
		"only replaced":                       {"replace a.b/c => a.b/c v1.2.3\n", ""},
		"what it is replaced by is not asked": {"replace (\n\ta.b/c => x.y/z v9.9.9\n)\nrequire a.b/c v1.2.3\n", "v1.2.3"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := required(tc.mod, "a.b/c"); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestEveryProgramIsPinned(t *testing.T) {
	modules := "../e2e/build"
	for _, p := range programs {
		text, err := os.ReadFile(filepath.Join(modules, p.module, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		if required(string(text), p.path) == "" {
			t.Errorf("%s: the go.mod of %s does not require %s", p.name, p.module, p.path)
		}
		if !strings.Contains(string(text), p.main) {
			t.Errorf("%s: the go.mod of %s does not name the tool %s", p.name, p.module, p.main)
		}
	}
}

// Karpenter as a program has to be the Karpenter that runs in process.
func TestBothKarpentersAreOfOneVersion(t *testing.T) {
	const path = "sigs.k8s.io/karpenter"
	ours, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile("../e2e/build/karpenter/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := required(string(ours), path), required(string(theirs), path); a != b || a == "" {
		t.Errorf("in process %q, as a program %q", a, b)
	}
}

func TestAnotherVersionIsBuiltAnew(t *testing.T) {
	modules, p := t.TempDir(), program{name: "x", module: "m", main: "a.b/c"}
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(modules, "m"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(modules, "m", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	key := func() string {
		t.Helper()
		k, err := p.key(modules)
		if err != nil {
			t.Fatal(err)
		}
		return string(k)
	}
	write("go.mod", "require a.b/c v1.0.0")
	write("go.sum", "sum")
	first := key()
	if key() != first {
		t.Error("the same has two keys")
	}
	write("go.sum", "other")
	if key() == first {
		t.Error("another go.sum has the same key")
	}
	write("go.sum", "sum")
	write("go.mod", "require a.b/c v1.0.1")
	if key() == first {
		t.Error("another version has the same key")
	}
}

func TestWhatIsMissingIsNamedAndNothingIsStarted(t *testing.T) {
	_, err := Start(context.Background(), Options{Cache: t.TempDir(), Folder: t.TempDir()})
	if !errors.Is(err, ErrMissing) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{"karpenter", "etcd", "kube-apiserver", "manifests/stages", "make test-e2e"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

func TestKeysAreForTheLoopbackDeviceAndSignedByTheAuthority(t *testing.T) {
	folder := t.TempDir()
	ca, err := newAuthority(folder)
	if err != nil {
		t.Fatal(err)
	}
	for name, server := range map[string]bool{"apiserver": true, "admin": false} {
		if err := ca.issue(name, pkix.Name{CommonName: name}, server); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(folder, name+".crt"))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(ca.cert)
		usage := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: usage}); err != nil {
			t.Errorf("%s as a client: %v", name, err)
		}
		_, err = cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: "127.0.0.1", KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
		if (err == nil) != server {
			t.Errorf("%s as a server: %v", name, err)
		}
		if info, err := os.Stat(filepath.Join(folder, name+".key")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("key of %s: %v %v", name, info, err)
		}
	}
}

// A shell stands for a program: it starts another process, which has to go, too.
func TestKillEndsAProgramAndWhatItHasStarted(t *testing.T) {
	folder := t.TempDir()
	p, err := launch(folder, "shell", exec.Command("sh", "-c", "sleep 60 & echo $!; wait"))
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if text, _ := os.ReadFile(p.log); len(text) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := p.fault(); err != nil {
		t.Fatalf("it runs, but: %v", err)
	}
	if err := p.kill(); err != nil {
		t.Fatal(err)
	}
	gone := func() bool { return errors.Is(syscall.Kill(-p.pid, 0), syscall.ESRCH) }
	for range 500 { // the first process of the machine buries orphans when it likes
		if gone() {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !gone() {
		t.Error("its process group is still there")
	}
	if err := p.kill(); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if err := p.fault(); err == nil || !strings.Contains(err.Error(), "shell has ended") {
		t.Errorf("after its end: %v", err)
	}
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	if _, err := launch(t.TempDir(), "none", exec.Command("/does/not/exist")); err == nil {
		t.Error("no error")
	}
}
