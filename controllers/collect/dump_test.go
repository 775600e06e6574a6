package collect

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// dump writes a cluster as `kubectl get nodes,pods,deployments,replicasets,nodepools -A -o yaml` prints it: with
// managed fields, annotations, probes, volumes and statuses, about 6 KiB a pod, in kubectl's own layout. The sizes are
// those of a pod of an EKS 1.33 cluster with an IAM-roles webhook, Prometheus annotations and two containers.
type dump struct{ pods, podsPerNode, podsPerDeployment int }

func (d dump) write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<20)
	fmt.Fprint(out, "apiVersion: v1\nitems:\n")
	for n := range (d.pods + d.podsPerNode - 1) / d.podsPerNode {
		fmt.Fprintf(out, nodeText, "abc"[n%3], n, n, n)
	}
	deployments := (d.pods + d.podsPerDeployment - 1) / d.podsPerDeployment
	for n := range deployments {
		fmt.Fprintf(out, deploymentText, n, d.podsPerDeployment, n%7+1)
	}
	for n := range d.pods {
		app := n / d.podsPerDeployment
		pod := strings.NewReplacer("{APP}", fmt.Sprint(app), "{N}", fmt.Sprint(n), "{NODE}", fmt.Sprintf("%06d", n/d.podsPerNode), "{CPU}", fmt.Sprint(app%7+1))
		if _, err := pod.WriteString(out, podText); err != nil {
			return err
		}
	}
	fmt.Fprint(out, "kind: List\nmetadata:\n  resourceVersion: \"\"\n")
	return out.Flush()
}

const nodeText = `- apiVersion: v1
  kind: Node
  metadata:
    annotations:
      csi.volume.kubernetes.io/nodeid: '{"ebs.csi.aws.com":"i-0c6d5f7e2b1a9f4d3"}'
    labels:
      karpenter.sh/capacity-type: on-demand
      karpenter.sh/nodepool: default
      kubernetes.io/arch: amd64
      kubernetes.io/os: linux
      node.kubernetes.io/instance-type: m5.4xlarge
      topology.kubernetes.io/region: us-east-1
      topology.kubernetes.io/zone: us-east-1%c
    name: node-%06d
    resourceVersion: "812345"
  spec:
    providerID: aws:///us-east-1a/i-%d
  status:
    allocatable:
      cpu: 15890m
      ephemeral-storage: "18242267924"
      memory: 60951Mi
      pods: "234"
    capacity:
      cpu: "16"
      memory: 64Gi
      pods: "234"
    images:
    - names:
      - docker.io/library/node:%d
      sizeBytes: 123456
`

const deploymentText = `- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: app-%d
    namespace: shop
  spec:
    replicas: %d
    selector:
      matchLabels: {}
    template:
      spec:
        containers:
        - name: app
          resources:
            requests:
              cpu: %d00m
`

var podText = `- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: |
        {"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"app"}]}}
      prometheus.io/path: /metrics
      prometheus.io/scrape: "true"
    creationTimestamp: "2026-11-20T08:14:13Z"
    generateName: app-{APP}-5d4f8c7b9-
    labels:
      app.kubernetes.io/name: app-{APP}
      pod-template-hash: 5d4f8c7b9
    managedFields:
    - apiVersion: v1
      fieldsType: FieldsV1
      fieldsV1:
` + strings.Repeat("        f:metadata:\n          f:labels:\n            .: {}\n            f:app.kubernetes.io/name: {}\n", 12) + `      manager: kube-controller-manager
      operation: Update
      time: "2026-11-20T08:14:13Z"
    name: app-{APP}-5d4f8c7b9-{N}
    namespace: shop
    ownerReferences:
    - apiVersion: apps/v1
      blockOwnerDeletion: true
      controller: true
      kind: ReplicaSet
      name: app-{APP}-5d4f8c7b9
      uid: 5c1dbb2e-7c0c-4d3e-9d4c-0b1f6c6e5f4d
    resourceVersion: "8123456"
    uid: 9c1dbb2e-7c0c-4d3e-9d4c-0b1f6c6e5f4d
  spec:
    affinity:
      podAntiAffinity:
        preferredDuringSchedulingIgnoredDuringExecution:
        - podAffinityTerm:
            labelSelector:
              matchLabels:
                app.kubernetes.io/name: app-{APP}
            topologyKey: kubernetes.io/hostname
          weight: 100
    containers:
    - args:
      - --listen=:8080
      - --config=/etc/app/config.yaml
      command:
      - /bin/app
      env:
` + strings.Repeat("      - name: SOME_VARIABLE\n        valueFrom:\n          secretKeyRef:\n            key: password\n            name: app-secret\n", 12) + `      image: 602401143452.dkr.ecr.us-east-1.amazonaws.com/team/app:v1.2.3
      imagePullPolicy: IfNotPresent
      livenessProbe:
        failureThreshold: 3
        httpGet:
          path: /healthz
          port: 8080
          scheme: HTTP
        periodSeconds: 10
      name: app
      ports:
      - containerPort: 8080
        name: http
        protocol: TCP
      resources:
        limits:
          memory: 512Mi
        requests:
          cpu: {CPU}00m
          memory: 512Mi
      terminationMessagePath: /dev/termination-log
      terminationMessagePolicy: File
      volumeMounts:
      - mountPath: /var/run/secrets/kubernetes.io/serviceaccount
        name: kube-api-access-{N}
        readOnly: true
    nodeName: node-{NODE}
    preemptionPolicy: PreemptLowerPriority
    priority: 0
    restartPolicy: Always
    schedulerName: default-scheduler
    tolerations:
    - effect: NoExecute
      key: node.kubernetes.io/not-ready
      operator: Exists
      tolerationSeconds: 300
    - effect: NoExecute
      key: node.kubernetes.io/unreachable
      operator: Exists
      tolerationSeconds: 300
    volumes:
    - name: kube-api-access-{N}
      projected:
        defaultMode: 420
        sources:
        - serviceAccountToken:
            expirationSeconds: 3607
            path: token
        - configMap:
            items:
            - key: ca.crt
              path: ca.crt
            name: kube-root-ca.crt
  status:
    conditions:
    - lastProbeTime: null
      lastTransitionTime: "2026-11-20T08:14:20Z"
      status: "True"
      type: Ready
    containerStatuses:
    - allocatedResources:
        cpu: {CPU}00m
        memory: 512Mi
      containerID: containerd://b1946ac92492d2347c6235b4d2611184
      image: 602401143452.dkr.ecr.us-east-1.amazonaws.com/team/app:v1.2.3
      imageID: 602401143452.dkr.ecr.us-east-1.amazonaws.com/team/app@sha256:0f1e
      lastState: {}
      name: app
      ready: true
      resources:
        limits:
          memory: 512Mi
        requests:
          cpu: {CPU}00m
          memory: 512Mi
      restartCount: 0
      started: true
      state:
        running:
          startedAt: "2026-11-20T08:14:19Z"
    hostIP: 10.0.12.34
    phase: Running
    podIP: 10.0.56.78
    podIPs:
    - ip: 10.0.56.78
    qosClass: Burstable
    startTime: "2026-11-20T08:14:13Z"
`
