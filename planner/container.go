package planner

import "time"

// ContainerKind says when a container runs.
type ContainerKind string

// The kinds of container. The zero value is an ordinary one.
const (
	MainContainer ContainerKind = ""
	Sidecar       ContainerKind = "sidecar" // an init container with restartPolicy Always: it runs beside the others
	InitContainer ContainerKind = "init"    // it ends before the others start
)

// Container is one container of each of a workload's pods.
type Container struct {
	Name     string
	Kind     ContainerKind
	Requests Resources // of CPU and memory; 0: none is set
	Limits   Resources // of CPU and memory; 0: none is set
	// Fixed says why its requests may not be changed in this form: "pod-level resources", … "" where they may.
	Fixed string
}

// Scaler is a HorizontalPodAutoscaler on a workload. Its desired replicas are ⌈current · usage ÷ target⌉, so that a
// request that changes under a utilisation target changes the number of pods: see ScalerMetric.
type Scaler struct {
	Ref      Ref    // the HorizontalPodAutoscaler
	Owner    string // who manages it: "ScaledObject/web" of KEDA; "" for nobody
	Min, Max int64
	Current  int64
	Metrics  []ScalerMetric
}

// ScalerMetric is one metric that a Scaler follows.
type ScalerMetric struct {
	Resource  string // cpu or memory; "" for pods', objects' and external metrics, into which no request enters
	Container string // of a ContainerResource metric; "" for the sum over the pod's containers
	Percent   int64  // target utilisation: usage ÷ request · 100; 0 where the target is a value
	Value     int64  // target average value: milli-CPU or MiB; 0 where the target is a utilisation
}

// Namespace holds what an administrator allows the pods of one namespace to ask for.
type Namespace struct {
	Name   string
	Limits []LimitRange
	Quotas []Quota
}

// LimitRange is one item of a LimitRange that counts for pods or containers. 0 in any field: not said.
type LimitRange struct {
	Name           string
	Type           string // Container or Pod
	Min, Max       Resources
	Default        Resources // limits of a container that sets none
	DefaultRequest Resources
	RatioCPU       float64 // most that limit ÷ request may be
	RatioMemory    float64
}

// Quota is a ResourceQuota. -1: not limited.
type Quota struct {
	Name                          string
	RequestsCPU, RequestsMemory   int64 // milli-CPU, MiB
	LimitsCPU, LimitsMemory       int64
	UsedRequestsCPU, UsedRequests int64 // of the status: milli-CPU, MiB
	Scoped                        bool  // it has scopes, and counts only some pods
}

// Targets are what workloads should ask for, with the evidence.
type Targets struct {
	Source     string      `json:"source"` // the files or the server that usage was read from
	Digest     string      `json:"digest"` // "sha256:…" of what was read
	From       time.Time   `json:"from"`   // of the first and the last sample
	To         time.Time   `json:"to"`
	Policy     string      `json:"policy"`     // "sha256:…" of the policy
	Containers []Target    `json:"containers"` // by workload, shape, container and resource, in the order of the Snapshot
	GPUs       []GPUAim    `json:"gpus"`
	Scalers    []ScalerAim `json:"scalers"` // autoscalers whose target moves with a request
	Notes      []Note      `json:"notes"`
}

// Target is what one container should ask for of one resource.
type Target struct {
	Workload  string `json:"workload"` // Ref.String()
	Shape     int    `json:"shape,omitempty"`
	Container string `json:"container"`
	Resource  string `json:"resource"` // cpu or memory
	Class     string `json:"class"`    // of the policy
	// Amounts in milli-CPU or MiB. Floor is the least that the policy's wider risk allows, Target what its risk asks for,
	// Ceiling what it would be at the narrower risk: demand is a range, and the packing chooses within it. The three meet these risks
	// without changes of level, unless the class covers them; Curve has all of the risk.
	Now      int64 `json:"now"`
	Floor    int64 `json:"floor"`
	Target   int64 `json:"target"`
	Ceiling  int64 `json:"ceiling"`
	LimitNow int64 `json:"limitNow"` // 0: none is set
	Limit    int64 `json:"limit"`    // what it should be beside Target; 0: none
	// Unknown says why nothing can be said: too little data, data that cannot be true. Floor, Target and Ceiling are
	// then Now. Held says why it is left although something is known: an autoscaler, the policy, the namespace.
	Unknown  string   `json:"unknown,omitempty"`
	Held     string   `json:"held,omitempty"`
	Curve    Curve    `json:"curve"`
	Evidence Evidence `json:"evidence"`
}

// Curve says what each request risks: ascending requests with falling risks. Between two points the risk is that of
// the lower request, so that reading it never promises too much.
type Curve []CurvePoint

// CurvePoint is one point of a Curve. Of CPU the risk is the expected share of time in which usage is above the request; of
// memory the probability that one pod is killed for memory at least once within the policy's horizon. Changes of level are in it.
type CurvePoint struct {
	Request int64 `json:"request"` // milli-CPU or MiB
	Risk    int64 `json:"risk"`    // millionths
}

// At returns the risk of a request in millionths: 1e6 below the first point.
func (c Curve) At(request int64) int64 {
	risk := int64(1_000_000)
	for _, p := range c {
		if p.Request > request {
			break
		}
		risk = p.Risk
	}
	return risk
}

// Least returns the smallest request of the curve whose risk is at most the given one; ok is false where there is none.
func (c Curve) Least(risk int64) (request int64, ok bool) {
	for _, p := range c {
		if p.Risk <= risk {
			return p.Request, true
		}
	}
	return 0, false
}

// Evidence is what a Target rests on, in a form that people read.
type Evidence struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Samples    int64     `json:"samples"`
	Expected   int64     `json:"expected"` // samples that a complete recording would have
	Pods       int64     `json:"pods"`
	Percentile float64   `json:"percentile"` // of the usage that the target stands for, in percent
	Typical    int64     `json:"typical"`    // median usage
	Peak       int64     `json:"peak"`
	PeakAt     time.Time `json:"peakAt"`
	Headroom   float64   `json:"headroomPercent"` // Target above that percentile
	Pattern    string    `json:"pattern"`         // steady, daily, weekly, bursty, leaking, stepped, spiky …
	// What would have happened in the window, had the target been asked for: containers killed for memory, or the share of
	// time above the request in millionths.
	WouldHaveKilled int64    `json:"wouldHaveKilled"`
	WouldHaveUnder  int64    `json:"wouldHaveUnder"`
	OOMKills        int64    `json:"oomKills"`            // that did happen
	Faults          int64    `json:"faults"`              // samples that were dropped because they cannot be true
	LevelRisk       int64    `json:"levelRiskMillionths"` // of the target's risk: changes of level, which nobody foresees
	Says            []string `json:"says"`                // what decided, step by step
}

// ScalerAim is what the utilisation target of an autoscaler has to become, so that it goes on scaling at the same usage
// when the requests of its workload become their targets: percent · request is kept.
type ScalerAim struct {
	Scaler    string `json:"scaler"` // Ref.String() of the HorizontalPodAutoscaler
	Workload  string `json:"workload"`
	Resource  string `json:"resource"`
	Container string `json:"container,omitempty"` // of a ContainerResource metric
	Now       int64  `json:"now"`                 // percent
	Percent   int64  `json:"percent"`
	Why       string `json:"why"`
}

// GPUAim is what one workload should ask for of GPUs.
type GPUAim struct {
	Workload string        `json:"workload"`
	Shape    int           `json:"shape,omitempty"`
	Class    string        `json:"class"`
	Now      string        `json:"now"` // "1 × GPU", "1g.10gb"
	Model    string        `json:"model,omitempty"`
	Choices  []GPUChoice   `json:"choices"` // what would carry it, each with its reason; the packing chooses among them
	Refused  []GPURefusal  `json:"refused"` // what would not, and why
	Unknown  string        `json:"unknown,omitempty"`
	Held     string        `json:"held,omitempty"`
	Evidence []GPUEvidence `json:"evidence"`
}

// GPUChoice is one way in which GPUs can carry one pod.
type GPUChoice struct {
	Model       string  `json:"model"` // gpu.Model.Key
	Need        GPUNeed `json:"need"`
	MemoryMiB   int64   `json:"memoryMiB"`   // that it gives one pod
	MemoryUsed  int64   `json:"memoryUsed"`  // peak with headroom, MiB
	SpeedMilli  int64   `json:"speedMilli"`  // of the work, in thousandths of what it has now
	DutyMilli   int64   `json:"dutyMilli"`   // expected active share on it, thousandths
	SpeedSource string  `json:"speedSource"` // where the speed comes from
	Why         string  `json:"why"`
	RiskMicro   int64   `json:"riskMillionths"` // that memory does not suffice within the horizon
}

// GPURefusal says why a card or slice does not carry a workload.
type GPURefusal struct {
	Model string `json:"model"`
	Need  string `json:"need"`
	Why   string `json:"why"`
}

// GPUEvidence is what is known of one metric of a workload's GPUs.
type GPUEvidence struct {
	Metric  string  `json:"metric"`
	Samples int64   `json:"samples"`
	Median  float64 `json:"median"`
	P99     float64 `json:"p99"`
	Peak    float64 `json:"peak"`
}
