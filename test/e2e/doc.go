// Package e2e asks a running Karpenter whether it builds what this repository says it would. Its suites run behind the build
// tag e2e against a control plane of their own (test/controlplane); make test-e2e builds that and runs them. What is not
// behind the tag is what they compare with: the catalogue as Karpenter's kwok provider reads it, and the comparison itself.
//
// The in-process scheduler (controllers/karpenter) and the running one are given the same instance types, NodePools and pods, and
// the nodes are compared one by one, twice: as Karpenter decided them (its NodeClaims), and as they were filled in the
// end, which is kube-scheduler's doing: Karpenter binds no pod.
package e2e
