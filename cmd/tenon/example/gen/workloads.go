package main

// workload is a row of the table: an owner and its pods.
type workload struct {
	namespace, kind, name string
	replicas              int
	cpu, mem              int64 // requests of one pod, milli and MiB
	gpu                   int64 // whole cards
	mig                   map[string]int64
	pool                  string // which pool's nodes it lies on today; "": the system nodes
	priority              string
	arm                   bool   // its image is built for arm64 too
	zones                 int    // maxSkew of a spread over zones that must hold
	apart                 bool   // no two on one node
	near                  string // app in whose zone it prefers to be
	volume                string // size of a zonal volume for each pod
	minAvailable          string // of a PodDisruptionBudget
	stay                  bool   // karpenter.sh/do-not-disrupt
	every                 string // schedule of the CronJob that made the Job
}

const (
	deployment  = "Deployment"
	statefulSet = "StatefulSet"
	daemonSet   = "DaemonSet"
	job         = "Job"
)

// workloads are what the shop runs. Requests are what people write: round numbers, larger than needed.
var workloads = []workload{
	{namespace: "kube-system", kind: daemonSet, name: "aws-node", cpu: 50, mem: 128, priority: "system-node-critical"},
	{namespace: "kube-system", kind: daemonSet, name: "kube-proxy", cpu: 100, mem: 64, priority: "system-node-critical"},
	{namespace: "kube-system", kind: daemonSet, name: "ebs-csi-node", cpu: 30, mem: 120, priority: "system-node-critical"},
	{namespace: "observability", kind: daemonSet, name: "fluent-bit", cpu: 100, mem: 200},
	{namespace: "kube-system", kind: daemonSet, name: "nvidia-device-plugin", cpu: 50, mem: 128, pool: "gpu", priority: "system-node-critical"},

	{namespace: "kube-system", kind: deployment, name: "coredns", replicas: 2, cpu: 100, mem: 170, pool: "general", priority: "system-cluster-critical", apart: true, arm: true, minAvailable: "1"},
	{namespace: "kube-system", kind: deployment, name: "karpenter", replicas: 2, cpu: 500, mem: 1024, priority: "system-cluster-critical", apart: true, minAvailable: "1"},
	{namespace: "kube-system", kind: deployment, name: "metrics-server", replicas: 2, cpu: 100, mem: 200, priority: "system-cluster-critical", pool: "general", arm: true},

	{namespace: "web", kind: deployment, name: "ingress-nginx", replicas: 3, cpu: 1000, mem: 1024, pool: "general", priority: "business-critical", apart: true, zones: 1, arm: true, minAvailable: "2"},
	{namespace: "web", kind: deployment, name: "frontend", replicas: 14, cpu: 750, mem: 1536, pool: "general", zones: 1, arm: true, minAvailable: "75%"},
	{namespace: "web", kind: deployment, name: "image-proxy", replicas: 6, cpu: 1500, mem: 1024, pool: "general"},

	{namespace: "shop", kind: deployment, name: "catalog", replicas: 8, cpu: 1000, mem: 2048, pool: "general", arm: true},
	{namespace: "shop", kind: deployment, name: "cart", replicas: 6, cpu: 500, mem: 1024, pool: "general", arm: true, near: "redis"},
	{namespace: "shop", kind: deployment, name: "checkout", replicas: 6, cpu: 1000, mem: 1536, pool: "general", priority: "business-critical", zones: 1, minAvailable: "4"},
	{namespace: "shop", kind: deployment, name: "payments", replicas: 4, cpu: 1000, mem: 2048, pool: "general", priority: "business-critical", apart: true, minAvailable: "3"},
	{namespace: "shop", kind: deployment, name: "recommendations", replicas: 5, cpu: 2000, mem: 6144, pool: "general"},

	{namespace: "search", kind: statefulSet, name: "elasticsearch", replicas: 3, cpu: 4000, mem: 24576, pool: "general", apart: true, volume: "500Gi", minAvailable: "2"},
	{namespace: "search", kind: deployment, name: "search-api", replicas: 6, cpu: 1500, mem: 3072, pool: "general", arm: true},

	{namespace: "data", kind: statefulSet, name: "postgres", replicas: 3, cpu: 4000, mem: 32768, pool: "general", priority: "business-critical", apart: true, volume: "1Ti", minAvailable: "2"},
	{namespace: "data", kind: statefulSet, name: "kafka", replicas: 3, cpu: 2000, mem: 12288, pool: "general", apart: true, volume: "800Gi", minAvailable: "2"},
	{namespace: "data", kind: statefulSet, name: "redis", replicas: 3, cpu: 1000, mem: 8192, pool: "general", zones: 1, arm: true},
	{namespace: "data", kind: job, name: "etl-nightly", replicas: 3, cpu: 4000, mem: 8192, pool: "general", priority: "batch-low", every: "30 1 * * *"},

	{namespace: "jobs", kind: deployment, name: "event-consumer", replicas: 10, cpu: 750, mem: 1024, pool: "general", arm: true},
	{namespace: "jobs", kind: deployment, name: "image-resizer", replicas: 6, cpu: 2000, mem: 2048, pool: "general"},
	{namespace: "jobs", kind: deployment, name: "mailer", replicas: 3, cpu: 250, mem: 512, pool: "general", arm: true},

	{namespace: "observability", kind: statefulSet, name: "prometheus", replicas: 2, cpu: 2000, mem: 16384, pool: "general", apart: true, volume: "200Gi"},
	{namespace: "observability", kind: deployment, name: "grafana", replicas: 2, cpu: 250, mem: 512, pool: "general", arm: true},

	{namespace: "ml", kind: deployment, name: "llm-chat", replicas: 4, cpu: 4000, mem: 14336, gpu: 1, pool: "gpu", minAvailable: "3"},
	{namespace: "ml", kind: deployment, name: "speech", replicas: 2, cpu: 3000, mem: 10240, gpu: 1, pool: "gpu"},
	{namespace: "ml", kind: job, name: "finetune-reranker", replicas: 1, cpu: 2000, mem: 8192, gpu: 1, pool: "gpu", stay: true},
	{namespace: "ml", kind: deployment, name: "embeddings", replicas: 8, cpu: 1000, mem: 6144, mig: map[string]int64{"nvidia.com/mig-1g.10gb": 1}, pool: "gpu-mig", minAvailable: "50%"},
	{namespace: "ml", kind: deployment, name: "reranker", replicas: 3, cpu: 2000, mem: 16384, mig: map[string]int64{"nvidia.com/mig-3g.40gb": 1}, pool: "gpu-mig"},
	{namespace: "ml", kind: deployment, name: "moderation", replicas: 4, cpu: 500, mem: 3072, mig: map[string]int64{"nvidia.com/mig-1g.10gb": 1}, pool: "gpu-mig"},
}
