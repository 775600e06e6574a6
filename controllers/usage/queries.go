package usage

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// query is one thing that a server is asked for. In its expression stand $s for the selector of containers, $n for that of
// namespaces, $k for that of containers in kube-state-metrics, $x for the prefix of its labels, $w for the step, and $r
// for the time that rates are taken over.
type query struct {
	metric      usage.Metric
	needs       string // the metric that it is made of
	expr        string
	factor      float64
	byNamespace bool
	owner       string // the label that names the workload, and
	kind        string // its kind; "": the labels are of a container
	gpu         bool
	severity    planner.Severity // of a server that has none
	without     string           // what is then not known; "": nothing to say
}

const (
	byContainer = "max by (namespace,pod,container) "
	byState     = "max by ($xnamespace,$xpod,$xcontainer) "
	byDevice    = "max by (namespace,pod,container,exported_namespace,exported_pod,exported_container,UUID,GPU_I_PROFILE,GPU_I_ID) "
)

// restarted is how many restarts there were since the step before. It is no increase(): that looks within (t − step, t] only, so
// that a restart between the last scrape of one window and the first of the next is in neither (one in ten, at scrapes of 30 s and
// steps of 5 minutes; seen on Prometheus's own engine, v0.316.0). Lost are those of a pod's first step.
const restarted = `(` + byState + `(kube_pod_container_status_restarts_total{$k}) - ` + byState + `(kube_pod_container_status_restarts_total{$k} offset $w))`

// queries are all that a server is asked for, for each stretch of time, in this order.
//
// Two scrapers of one target, or two cgroups of one container around its restart, are one container: of them the larger counts,
// so that nothing is added up twice ("max by"). A quotient of rates is taken before, within one cgroup.
func queries() []query {
	return []query{
		{metric: usage.CPU, needs: "container_cpu_usage_seconds_total", factor: 1000, byNamespace: true,
			expr:     byContainer + `(rate(container_cpu_usage_seconds_total{$s,cpu=~"total|"}[$r]))`,
			severity: planner.Warning, without: "nothing is known of CPU"},
		{metric: usage.Memory, needs: "container_memory_working_set_bytes", factor: 1, byNamespace: true,
			expr:     byContainer + `(container_memory_working_set_bytes{$s})`,
			severity: planner.Warning, without: "nothing is known of memory"},
		{metric: usage.MemoryMost, needs: "container_memory_working_set_bytes", factor: 1, byNamespace: true,
			expr: byContainer + `(max_over_time(container_memory_working_set_bytes{$s}[$w]))`},
		{metric: usage.Throttled, needs: "container_cpu_cfs_throttled_periods_total", factor: 1, byNamespace: true,
			expr:     byContainer + `(rate(container_cpu_cfs_throttled_periods_total{$s}[$r]) / rate(container_cpu_cfs_periods_total{$s}[$r]))`,
			severity: planner.Info, without: "where CPU was throttled is not known, so use at a limit may have been more"},
		{metric: usage.Restarts, needs: "kube_pod_container_status_restarts_total", factor: 1, byNamespace: true,
			expr:     restarted + ` > 0`,
			severity: planner.Info, without: "restarts are not known, or there were none"},
		{metric: usage.OOMKills, needs: "kube_pod_container_status_last_terminated_reason", factor: 1, byNamespace: true,
			expr: `(` + restarted + ` > 0) * on ($xnamespace,$xpod,$xcontainer) ` +
				byState + `(kube_pod_container_status_last_terminated_reason{$k,reason="OOMKilled"}) > 0`,
			severity: planner.Info, without: "kills for memory are not known, or there were none"},
		{metric: usage.Replicas, needs: "kube_deployment_status_replicas_ready", factor: 1, byNamespace: true, owner: "deployment", kind: "Deployment",
			expr:     `max by ($xnamespace,deployment) (kube_deployment_status_replicas_ready{$n})`,
			severity: planner.Info, without: "how many replicas Deployments had is not known"},
		{metric: usage.Replicas, needs: "kube_statefulset_status_replicas_ready", factor: 1, byNamespace: true, owner: "statefulset", kind: "StatefulSet",
			expr: `max by ($xnamespace,statefulset) (kube_statefulset_status_replicas_ready{$n})`},
		{metric: usage.Replicas, needs: "kube_horizontalpodautoscaler_status_current_replicas", factor: 1, byNamespace: true, owner: "scaletargetref_name",
			expr: `max by ($xnamespace,horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_current_replicas{$n})` +
				` * on ($xnamespace,horizontalpodautoscaler) group_left (scaletargetref_kind,scaletargetref_name)` +
				` max by ($xnamespace,horizontalpodautoscaler,scaletargetref_kind,scaletargetref_name)` +
				` (kube_horizontalpodautoscaler_info{$n,scaletargetref_kind!~"Deployment|StatefulSet"})`},
		{metric: usage.GPUActive, needs: "DCGM_FI_PROF_GR_ENGINE_ACTIVE", factor: 1, gpu: true,
			expr:     byDevice + `(avg_over_time(DCGM_FI_PROF_GR_ENGINE_ACTIVE{}[$w]))`,
			severity: planner.Info, without: "how busy the engines of GPUs were is not known"},
		{metric: usage.GPUUtil, needs: "DCGM_FI_DEV_GPU_UTIL", factor: 0.01, gpu: true,
			expr: byDevice + `(avg_over_time(DCGM_FI_DEV_GPU_UTIL{}[$w]))`},
		{metric: usage.GPUMemory, needs: "DCGM_FI_DEV_FB_USED", factor: 1 << 20, gpu: true,
			expr:     byDevice + `(max_over_time(DCGM_FI_DEV_FB_USED{}[$w]))`,
			severity: planner.Info, without: "how much memory of GPUs was used is not known"},
	}
}

// rateLeast is the least time that rates are taken over: four scrapes of 30 s, so that one that failed is no hole.
const rateLeast = 2 * time.Minute

// text fills in a query's expression.
func (q query) text(namespaces []string, prefix string, step time.Duration) string {
	return fill(q.expr, namespaces, prefix, step)
}

func fill(expr string, namespaces []string, prefix string, step time.Duration) string {
	quoted := make([]string, len(namespaces))
	for i, n := range namespaces {
		quoted[i] = regexp.QuoteMeta(n)
	}
	in := "namespace=~" + strconv.Quote(strings.Join(quoted, "|"))
	const named = `container!="",container!="POD"`
	return strings.NewReplacer(
		"$s", in+","+named,
		"$n", prefix+in,
		"$k", prefix+in+`,`+prefix+`container!=""`,
		"$x", prefix,
		"$w", seconds(step),
		"$r", seconds(max(step, rateLeast)),
	).Replace(expr)
}

// seconds prints a duration as PromQL has it.
func seconds(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }

// The queries for owners, each over one stretch of time. They are asked at its end.
const (
	podOwners = `max by ($xnamespace,$xpod,owner_kind,owner_name) (max_over_time(kube_pod_owner{$n,owner_is_controller!="false"}[$w]))`
	setOwners = `max by ($xnamespace,replicaset,owner_kind,owner_name) (max_over_time(kube_replicaset_owner{$n}[$w]))`
	jobOwners = `max by ($xnamespace,job_name,owner_kind,owner_name) (max_over_time(kube_job_owner{$n}[$w]))`
)
