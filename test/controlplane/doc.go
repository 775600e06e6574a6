// Package controlplane builds and runs a Kubernetes control plane and Karpenter, with kwok in the place of machines, as
// plain processes on the loopback device: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok, and
// Karpenter with its kwok provider. Nothing is downloaded but Go modules, and neither root nor a container is needed.
//
// Build makes the programs, once, of the modules under test/e2e/build, each of which pins one version with a go.sum. Start
// runs them on free ports with data and keys in a folder of its own; Stop ends them, and only them. They end, too, when
// the process that has started them does, however that ends (Linux only).
//
// What it is not: nodes are made up by kwok. No container runs, no traffic flows, and a pod is ready because kwok says so.
// Karpenter listens on all interfaces (it has no option for less); everything else listens on 127.0.0.1 only.
package controlplane
