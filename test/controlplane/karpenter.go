package controlplane

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// installCRDs creates Karpenter's and waits until the API server serves them, and until pods may be created.
func (c *Cluster) installCRDs(ctx context.Context) error {
	files, err := filepath.Glob(filepath.Join(c.options.Cache, "manifests", "karpenter", "*.yaml"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%w: Karpenter's CRDs", ErrMissing)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read CRD: %w", err)
		}
		crd := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(text, crd); err != nil {
			return fmt.Errorf("read CRD %s: %w", filepath.Base(file), err)
		}
		if err := c.client.Create(ctx, crd); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create CRD %s: %w", filepath.Base(file), err)
		}
		if err := c.until(ctx, "CRD "+crd.GetName(), func(ctx context.Context) error { return c.established(ctx, crd) }); err != nil {
			return err
		}
	}
	return c.until(ctx, "the ServiceAccount that pods run as", func(ctx context.Context) error {
		return c.client.Get(ctx, client.ObjectKey{Namespace: "default", Name: "default"}, &corev1.ServiceAccount{})
	})
}

func (c *Cluster) established(ctx context.Context, crd *unstructured.Unstructured) error {
	if err := c.client.Get(ctx, client.ObjectKeyFromObject(crd), crd); err != nil {
		return fmt.Errorf("get CRD: %w", err)
	}
	conditions, _, err := unstructured.NestedSlice(crd.Object, "status", "conditions")
	if err != nil {
		return fmt.Errorf("read conditions: %w", err)
	}
	for _, condition := range conditions {
		if c, ok := condition.(map[string]any); ok && c["type"] == "Established" && c["status"] == "True" {
			return nil
		}
	}
	return fmt.Errorf("CRD %s is not established", crd.GetName())
}

// startKarpenter starts Karpenter with NodeOverlays on and waits until it says that it is ready.
func (c *Cluster) startKarpenter(ctx context.Context) error {
	env := []string{
		"KUBECONFIG=" + filepath.Join(c.options.Folder, "karpenter.kubeconfig"), "SYSTEM_NAMESPACE=kube-system", "DISABLE_LEADER_ELECTION=true",
		"FEATURE_GATES=NodeOverlay=true", "LOG_LEVEL=info",
		"METRICS_PORT=" + strconv.Itoa(c.ports["metrics"]), "HEALTH_PROBE_PORT=" + strconv.Itoa(c.ports["health"]),
	}
	if c.options.Types != nil {
		file := filepath.Join(c.options.Folder, "instance-types.json")
		if err := os.WriteFile(file, c.options.Types, 0o600); err != nil {
			return fmt.Errorf("write instance types: %w", err)
		}
		env = append(env, "INSTANCE_TYPES_FILE_PATH="+file)
	}
	if err := c.run("karpenter", append(env, c.options.Karpenter...)); err != nil {
		return err
	}
	return c.until(ctx, "Karpenter", func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+strconv.Itoa(c.ports["health"])+"/readyz", http.NoBody)
		if err != nil {
			return fmt.Errorf("ask Karpenter: %w", err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return fmt.Errorf("ask Karpenter: %w", err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("ask Karpenter: it answers %s", answer.Status)
		}
		return nil
	})
}
