package controlplane

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Options say what to run. Cache and Folder have to be given.
type Options struct {
	Cache  string // where Build has put its programs
	Folder string // for data, keys and logs; it has to exist and is not removed
	Types  []byte // JSON of the instance types that Karpenter's kwok provider sells; nil: its own 144
	Stages string // YAML of further kwok Stages about nodes: stand-ins for agents such as device plugins
	// Karpenter are further variables of its environment, as NAME=value.
	Karpenter []string
}

// Cluster is a control plane that runs.
type Cluster struct {
	options   Options
	ports     map[string]int
	config    *rest.Config
	client    client.Client
	processes []*process // in the order of their start
}

// What starting may take; reached only where something is wrong. Measured: 6 s for all, on two idle cores.
const (
	patience = 3 * time.Minute
	glance   = 200 * time.Millisecond
)

// Start runs a control plane and waits until it answers and Karpenter is ready. An error names what is missing, or the program
// that has ended, with the last lines of its log; what has been started is stopped then.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if names := missing(o.Cache); len(names) > 0 {
		return nil, fmt.Errorf("%w: %s (looked in %s): run make test-e2e, which builds them", ErrMissing, strings.Join(names, ", "), o.Cache)
	}
	c := &Cluster{options: o}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, step := range []func(context.Context) error{
		c.choosePorts, c.issueKeys, c.startServer, c.startControllers, c.startKwok, c.installCRDs, c.startKarpenter,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, c.Stop())
		}
	}
	return c, nil
}

// Stop ends every program that Start has started, the last first.
func (c *Cluster) Stop() error {
	var faults []error
	for _, p := range slices.Backward(c.processes) {
		faults = append(faults, p.kill())
	}
	c.processes = nil
	return errors.Join(faults...)
}

// Fault says which program has ended though nobody has stopped it; nil while all run.
func (c *Cluster) Fault() error {
	for _, p := range c.processes {
		if err := p.fault(); err != nil {
			return err
		}
	}
	return nil
}

// Client reads and writes as an administrator.
func (c *Cluster) Client() client.Client { return c.client }

// Kubeconfig is the file by which a person may look at the cluster, too.
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.options.Folder, "admin.kubeconfig") }

// KarpenterLog is the file of Karpenter's log, one JSON object a line.
func (c *Cluster) KarpenterLog() string {
	return filepath.Join(c.options.Folder, "logs", "karpenter.log")
}

// choosePorts asks the kernel for free ports. Somebody else may take one before it is used; the program says so then.
func (c *Cluster) choosePorts(context.Context) error {
	c.ports = map[string]int{}
	for _, name := range []string{"etcd", "peer", "apiserver", "controllers", "scheduler", "kwok", "metrics", "health"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() // after all are chosen, so that they differ
		c.ports[name] = l.Addr().(*net.TCPAddr).Port
	}
	return nil
}

func (c *Cluster) issueKeys(context.Context) error {
	for _, name := range []string{"pki", "logs", "etcd"} {
		if err := os.MkdirAll(filepath.Join(c.options.Folder, name), 0o700); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	ca, err := newAuthority(filepath.Join(c.options.Folder, "pki"))
	if err != nil {
		return err
	}
	users := map[string]pkix.Name{
		"apiserver":                      {CommonName: "kube-apiserver", Organization: []string{"system:masters"}},
		"admin":                          {CommonName: "admin", Organization: []string{"system:masters"}},
		"kwok":                           {CommonName: "kwok", Organization: []string{"system:masters"}},
		"karpenter":                      {CommonName: "karpenter", Organization: []string{"system:masters"}},
		"system:kube-controller-manager": {CommonName: "system:kube-controller-manager"},
		"system:kube-scheduler":          {CommonName: "system:kube-scheduler"},
	}
	for name, subject := range users {
		name = strings.TrimPrefix(name, "system:")
		if err := ca.issue(name, subject, name == "apiserver"); err != nil {
			return err
		}
		if err := clientcmd.WriteToFile(c.kubeconfig(ca, name), filepath.Join(c.options.Folder, name+".kubeconfig")); err != nil {
			return fmt.Errorf("write kubeconfig of %s: %w", name, err)
		}
	}
	if c.config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig()); err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	c.config.QPS = -1 // no limit: tests create pods as fast as they can
	return nil
}

func (c *Cluster) kubeconfig(ca *authority, name string) api.Config {
	config := api.NewConfig()
	config.Clusters["test"] = &api.Cluster{Server: "https://127.0.0.1:" + strconv.Itoa(c.ports["apiserver"]), CertificateAuthority: ca.path("ca.crt")}
	config.AuthInfos[name] = &api.AuthInfo{ClientCertificate: ca.path(name + ".crt"), ClientKey: ca.path(name + ".key")}
	config.Contexts["test"] = &api.Context{Cluster: "test", AuthInfo: name}
	config.CurrentContext = "test"
	return *config
}

// run starts a program of the cache.
func (c *Cluster) run(name string, env []string, args ...string) error {
	cmd := exec.Command(filepath.Join(c.options.Cache, "bin", name), args...) //nolint:gosec // what Build has built
	if cmd.Err != nil {
		return fmt.Errorf("find %s: %w", name, cmd.Err)
	}
	cmd.Dir = c.options.Folder
	cmd.Env = append(os.Environ(), env...)
	p, err := launch(filepath.Join(c.options.Folder, "logs"), name, cmd)
	if err != nil {
		return err
	}
	c.processes = append(c.processes, p)
	return nil
}

// until asks again until the answer is nil; it gives up when a program has ended or time is up.
func (c *Cluster) until(ctx context.Context, what string, ask func(context.Context) error) error {
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if fault := c.Fault(); fault != nil {
			return fault
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w: %w; logs are in %s", what, ctx.Err(), err, filepath.Join(c.options.Folder, "logs"))
		case <-time.After(glance):
		}
	}
}

// startServer starts etcd and the API server, and makes the client.
func (c *Cluster) startServer(ctx context.Context) error {
	url := func(port string) string { return "http://127.0.0.1:" + strconv.Itoa(c.ports[port]) }
	err := c.run("etcd", nil, "--data-dir=etcd", "--listen-client-urls="+url("etcd"), "--advertise-client-urls="+url("etcd"),
		"--listen-peer-urls="+url("peer"), "--initial-advertise-peer-urls="+url("peer"), "--initial-cluster=default="+url("peer"),
		"--unsafe-no-fsync", "--log-level=warn")
	if err != nil {
		return err
	}
	err = c.run("kube-apiserver", nil, "--etcd-servers="+url("etcd"),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port="+strconv.Itoa(c.ports["apiserver"]), "--endpoint-reconciler-type=none",
		"--tls-cert-file=pki/apiserver.crt", "--tls-private-key-file=pki/apiserver.key", "--client-ca-file=pki/ca.crt",
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=pki/sa.pub", "--service-account-signing-key-file=pki/sa.key",
		"--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=true", "--profiling=false")
	if err != nil {
		return err
	}
	probe, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	err = c.until(ctx, "the API server", func(ctx context.Context) error {
		return probe.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
	if err != nil {
		return err
	}
	if c.client, err = client.New(c.config, client.Options{Scheme: scheme.Scheme}); err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	return nil
}

// startControllers starts kube-controller-manager, which makes the pods of DaemonSets, and kube-scheduler.
func (c *Cluster) startControllers(context.Context) error {
	for name, port := range map[string]string{"kube-controller-manager": "controllers", "kube-scheduler": "scheduler"} {
		kubeconfig := name + ".kubeconfig"
		args := []string{
			"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(c.ports[port]), "--leader-elect=false",
		}
		if name == "kube-controller-manager" {
			args = append(args, "--service-account-private-key-file=pki/sa.key", "--root-ca-file=pki/ca.crt", "--use-service-account-credentials=true",
				"--allocate-node-cidrs=false")
		}
		if err := c.run(name, nil, args...); err != nil {
			return err
		}
	}
	return nil
}

// kwokConfiguration has four workers a queue, as kwok's own manifests; it names no default.
const kwokConfiguration = `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options: {nodeLeaseDurationSeconds: 40, nodeLeaseParallelism: 4, podPlayStageParallelism: 4, nodePlayStageParallelism: 4, enablePodsOnNodeSyncStreamWatch: true}
`

// startKwok starts kwok with its stages in a file, so that the cluster needs none of kwok's CRDs.
func (c *Cluster) startKwok(context.Context) error {
	files, err := filepath.Glob(filepath.Join(c.options.Cache, "manifests", "stages", "*.yaml"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%w: kwok's stages", ErrMissing)
	}
	documents := []string{kwokConfiguration}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read stage: %w", err)
		}
		documents = append(documents, string(text))
	}
	if c.options.Stages != "" {
		documents = append(documents, c.options.Stages)
	}
	if err := os.WriteFile(filepath.Join(c.options.Folder, "kwok.yaml"), []byte(strings.Join(documents, "\n---\n")), 0o600); err != nil { //nolint:gosec // the folder is the caller's own
		return fmt.Errorf("write kwok.yaml: %w", err)
	}
	return c.run("kwok", nil, "--kubeconfig=kwok.kubeconfig", "--config=kwok.yaml", "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
		"--node-ip=127.0.0.1", "--node-name=localhost", "--server-address=127.0.0.1:"+strconv.Itoa(c.ports["kwok"]))
}
