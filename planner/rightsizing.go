package planner

import (
	"time"

	"github.com/tenon-sh/tenon/pricing"
)

// Rightsizing says which requests a plan was made for, and what other requests would have cost and risked. Three plans
// are compared: with requests as they are, with every request at its target, and with requests that were chosen
// together with the nodes. All three were made with the same effort, and the plan's proof holds all three.
type Rightsizing struct {
	Source string    `json:"source"` // of the usage
	Usage  string    `json:"usage"`  // digest of the usage
	Policy string    `json:"policy"` // digest of the policy
	From   time.Time `json:"from"`   // of the usage: first and last sample
	To     time.Time `json:"to"`
	Proof  string    `json:"proof"` // digest of what the plan's proof holds of all this

	Asked       SizedPlan `json:"asked"`
	TargetsOnly SizedPlan `json:"targetsOnly"`
	Joint       SizedPlan `json:"joint"`
	Says        string    `json:"says"` // how the joint requests were found, or why they are the targets

	Workloads  []SizedWork `json:"workloads"`  // with a target, in the order of the plan
	Containers []Sizing    `json:"containers"` // one for each container and resource with a target
	GPUs       []SizedGPU  `json:"gpus"`
	Notes      []Note      `json:"notes"`
}

// SizedPlan is what a plan costs and risks at some requests.
type SizedPlan struct {
	PlannedPerHour    pricing.Micro  `json:"plannedPerHour"`
	MovesPerHour      *pricing.Micro `json:"movesPerHour,omitempty"` // beside planned, where moves have a price
	LowerBoundPerHour pricing.Micro  `json:"lowerBoundPerHour"`
	GapPercent        float64        `json:"gapPercent"`
	Unplaced          int64          `json:"unplaced"`
	CPUMilli          int64          `json:"cpuMilli"`  // that all planned pods ask for
	MemoryMiB         int64          `json:"memoryMiB"` // that all planned pods ask for
	// OOMKillsMicro is how many containers are expected to be killed for memory within the policy's horizon, in millionths;
	// each container of each pod counts by its own curve. UnderrunMicro is the share of container time with CPU use above
	// the request, in millionths. Neither counts what has no curve (see Sizing.Unknown), nor what asks for nothing.
	OOMKillsMicro int64 `json:"expectedOOMKillsMillionths"`
	UnderrunMicro int64 `json:"cpuUnderrunMillionths"`
}

// SizedWork is what one pod of a workload adds to the lower bounds of the three plans: shadow prices.
type SizedWork struct {
	Workload       string        `json:"workload"`
	Replicas       int64         `json:"replicas"`
	AskedPerPod    pricing.Micro `json:"askedPerPod"`
	TargetPerPod   pricing.Micro `json:"targetsOnlyPerPod"`
	JointPerPod    pricing.Micro `json:"jointPerPod"`
	RequestsAsked  Resources     `json:"requestsAsked"` // of one pod
	RequestsTarget Resources     `json:"requestsTarget"`
	RequestsJoint  Resources     `json:"requestsJoint"`
}

// Sizing is what was chosen for one resource of one container. Amounts in milli-CPU or MiB.
type Sizing struct {
	Workload  string `json:"workload"` // as in Plan.Workloads
	Container string `json:"container"`
	Resource  string `json:"resource"` // cpu or memory
	Class     string `json:"class"`
	Pods      int64  `json:"pods"`
	Now       int64  `json:"now"` // 0: none is set
	Floor     int64  `json:"floor"`
	Target    int64  `json:"target"`
	Ceiling   int64  `json:"ceiling"`
	Chosen    int64  `json:"chosen"` // within Floor and Ceiling
	LimitNow  int64  `json:"limitNow"`
	Limit     int64  `json:"limit"`             // that goes with Chosen; 0: none
	Unknown   string `json:"unknown,omitempty"` // why nothing is known of it; there is then no risk
	Kept      string `json:"kept,omitempty"`    // why it stays as it is, where it does
	Why       string `json:"why"`               // chosen
	// Risks in millionths, as planner.CurvePoint says; null where nothing is known or asked for.
	RiskNow     *int64   `json:"riskNow"`
	RiskFloor   *int64   `json:"riskFloor"`
	RiskTarget  *int64   `json:"riskTarget"`
	RiskCeiling *int64   `json:"riskCeiling"`
	RiskChosen  *int64   `json:"riskChosen"`
	Evidence    Evidence `json:"evidence"`
}

// SizedGPU is what became of one GPU aim.
type SizedGPU struct {
	GPUAim
	Name string `json:"name"` // of the workload as in Plan.Workloads
	Used bool   `json:"used"` // its choices were left to the packing, in the joint plan and in that of the targets
	Why  string `json:"why"`
}
