//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/planner"
)

// poolOf writes a pool of a design as docs/design/0005 says: its types and terms, and a taint that keeps others off.
func poolOf(p planner.Pool) string {
	requirements := []string{
		fmt.Sprintf("{key: node.kubernetes.io/instance-type, operator: In, values: [%s]}", strings.Join(p.InstanceTypes, ", ")),
		fmt.Sprintf("{key: karpenter.sh/capacity-type, operator: In, values: [%s]}", strings.Join(p.CapacityTypes, ", ")),
	}
	taints := ""
	if p.Steered {
		taints = fmt.Sprintf("taints: [{key: tenon.sh/pool, value: %s, effect: NoSchedule}],", p.Name)
	}
	return fmt.Sprintf("metadata: {name: %s}\nspec: {weight: %d, template: {spec: {%s requirements: [%s]}}}", p.Name, p.Weight, taints, strings.Join(requirements, ", "))
}

// steer is what a workload is given that is steered to a pool.
func steer(pool string) string {
	return fmt.Sprintf("nodeSelector: {karpenter.sh/nodepool: %s}\ntolerations: [{key: tenon.sh/pool, value: %s, effect: NoSchedule}]", pool, pool)
}

// of keeps the nodes of some pools.
func of(pools []planner.Pool, steered bool, built []Built) (kept []Built) {
	for _, b := range built {
		if slices.ContainsFunc(pools, func(p planner.Pool) bool { return p.Name == b.Pool && p.Steered == steered }) {
			kept = append(kept, b)
		}
	}
	return kept
}

var _ = Describe("a proposal", func() {
	It("is built as promised", func(ctx context.Context) {
		onDemand := []string{"on-demand"}
		design := []planner.Pool{
			{Name: "tenon-web", InstanceTypes: []string{"c7i.2xlarge"}, CapacityTypes: onDemand, Weight: 90, Steered: true, Nodes: 8},
			{Name: "tenon-data", InstanceTypes: []string{"r7i.xlarge"}, CapacityTypes: onDemand, Weight: 80, Steered: true, Nodes: 5},
			{Name: "tenon-cards", InstanceTypes: []string{"g6.xlarge"}, CapacityTypes: onDemand, Weight: 70, Steered: true, Nodes: 4},
			{Name: "tenon-open", InstanceTypes: []string{"m7i.2xlarge", "m7i.4xlarge"}, CapacityTypes: onDemand, Weight: 20},
		}
		t := trial{pods: slices.Concat(
			group("web", 32, "cpu=1900m,memory=3Gi", steer("tenon-web")),
			group("data", 10, "cpu=1800m,memory=14Gi", steer("tenon-data")),
			group("card", 4, "cpu=2500m,memory=10Gi,nvidia.com/gpu=1", steer("tenon-cards")),
			mix(11, 40, ""),
		)}
		for _, p := range design {
			t.pools = append(t.pools, poolOf(p))
		}
		t.pools = append(t.pools, open("today", "")) // the base stays: whatever no pool takes falls back on it
		o := judge(ctx, "a design of 4 NodePools beside today's", t)
		for _, p := range design {
			if p.Steered {
				Expect(of([]planner.Pool{p}, true, o.Want)).To(HaveLen(int(p.Nodes)), "nodes promised of %s", p.Name)
			}
		}
		// Pods of a steered pool are alike, so that kube-scheduler cannot fill its nodes otherwise than Karpenter meant.
		_, differences := Compare(of(design, true, o.Want), of(design, true, o.Filled), false)
		Expect(differences).To(BeEmpty(), "nodes of steered pools, as filled")
	})
})

// web is a Deployment of so many replicas.
func web(replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "web"}}
	d.Spec.Replicas, d.Spec.Selector = &replicas, &metav1.LabelSelector{MatchLabels: labels}
	d.Spec.Template.Labels = labels
	d.Spec.Template.Spec = podSpec("cpu=1700m,memory=3Gi", "")
	return d
}

// running waits until so many pods run and no NodeClaim is without its node.
func running(ctx context.Context, n int) {
	Eventually(ctx, func(g Gomega) {
		all := pods(ctx)
		g.Expect(all).To(HaveLen(n), "pods")
		for _, p := range all {
			g.Expect(p.Status.Phase).To(Equal(corev1.PodRunning), p.Name)
		}
		settled(ctx, g)
	}, waitMost, waitSteps).Should(Succeed(), "%d pods run", n)
}

var _ = Describe("consolidation", func() {
	It("shrinks a fleet that has become too large, until the scheduler in process finds nothing to remove, either", func(ctx context.Context) {
		create(ctx, "NodePool", open("open", "disruption: {consolidationPolicy: WhenEmptyOrUnderutilized, consolidateAfter: 1s, budgets: [{nodes: 100%}]},", fourXLarge))
		d := web(40)
		Expect(cluster.Client().Create(ctx, d)).To(Succeed())
		running(ctx, 40)
		before := Cost(filled(ctx, nil))

		Expect(cluster.Client().Patch(ctx, d, client.RawPatch("application/merge-patch+json", []byte(`{"spec": {"replicas": 12}}`)))).To(Succeed())
		running(ctx, 12)
		Expect(removable(ctx)).NotTo(BeEmpty(), "in process, some node may go while the fleet is too large")

		Eventually(ctx, func(g Gomega) {
			g.Expect(Cost(filled(ctx, nil))).To(BeNumerically("<", before/2))
			g.Expect(removable(ctx)).To(BeEmpty(), "nodes that may go, as computed in process")
		}, waitMost, time.Second).Should(Succeed())
		running(ctx, 12)
		AddReportEntry("cost", fmt.Sprintf("$%s/h before, $%s/h after", before, Cost(filled(ctx, nil))), ReportEntryVisibilityAlways)
	})
})

// removable are the nodes that consolidation would delete or replace, one at a time, as computed in process.
func removable(ctx context.Context) (names []string) {
	t := trial{pools: []string{open("open", "", fourXLarge)}}
	removals, err := t.world(ctx).WhatIf(ctx)
	Expect(err).NotTo(HaveOccurred())
	for _, r := range removals {
		if r.Decision != karpenter.Keep {
			names = append(names, r.Nodes...)
		}
	}
	return names
}
