//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/tenon-sh/tenon/test/controlplane"
)

var (
	cluster  *controlplane.Cluster
	market   = Market("c7i", "g6", "m7i", "p5", "r7i")
	outcomes []Outcome
)

const cache = "../../.cache/e2e"

func TestE2E(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Tenon and a running Karpenter")
}

// slicer stands for NVIDIA's device plugin and MIG manager on nodes whose label says that their card is cut into slices: kwok nodes
// show of an extended resource that an overlay adds only as much as was asked for.
const slicer = `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: node-slices}
spec:
  resourceRef: {apiGroup: v1, kind: Node}
  selector:
    matchLabels: {example.com/slices: 1g.10gb}
    matchExpressions:
    - {key: '.status.phase', operator: In, values: [Running]}
    - {key: '.status.allocatable["nvidia.com/mig-1g.10gb"] // "none"', operator: NotIn, values: ["7"]}
  next:
    statusSubresource: status
    patches:
    - subresource: status
      root: status
      type: merge
      template: |
        capacity: {"nvidia.com/mig-1g.10gb": "7", "nvidia.com/gpu": "0"}
        allocatable: {"nvidia.com/mig-1g.10gb": "7", "nvidia.com/gpu": "0"}
`

var _ = BeforeSuite(func(ctx context.Context) {
	types, err := KwokTypes(market)
	Expect(err).NotTo(HaveOccurred())
	folder, err := os.MkdirTemp("", "tenon-e2e-")
	Expect(err).NotTo(HaveOccurred())
	absolute, err := filepath.Abs(cache)
	Expect(err).NotTo(HaveOccurred())
	failed := true
	DeferCleanup(func() {
		if cluster != nil {
			failed = CurrentSpecReport().Failed() || suiteFailed
			Expect(cluster.Stop()).To(Succeed())
		}
		if failed {
			fmt.Fprintln(GinkgoWriter, "logs are kept in", filepath.Join(folder, "logs"))
			return
		}
		Expect(os.RemoveAll(folder)).To(Succeed())
	})
	// All pods of a case are created within seconds, and one follows the other faster than this: they are one batch.
	cluster, err = controlplane.Start(ctx, controlplane.Options{
		Cache: absolute, Folder: folder, Types: types, Stages: slicer,
		Karpenter: []string{"BATCH_IDLE_DURATION=5s", "BATCH_MAX_DURATION=60s"},
	})
	if err != nil {
		Fail(err.Error())
	}
	createNodeClass(ctx)
})

var suiteFailed bool

var _ = AfterEach(func(ctx context.Context) {
	suiteFailed = suiteFailed || CurrentSpecReport().Failed()
	Expect(cluster.Fault()).To(Succeed())
	takeAway(ctx)
})

var _ = AfterSuite(func() {
	if len(outcomes) == 0 {
		return
	}
	table := Table(outcomes)
	fmt.Fprintln(os.Stdout, table)
	Expect(os.WriteFile(filepath.Join(cache, "agreement.md"), []byte(table), 0o644)).To(Succeed())
})
