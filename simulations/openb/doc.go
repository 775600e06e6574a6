// Package openb reads the "openb" lists of Alibaba's GPU cluster trace of 2023 into a planner.Snapshot, so that a
// recording of 8,000 real pods can be planned like a cluster.
//
// The lists are two comma-separated files with a header. A pod list has a row for each pod:
//
//	name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time]
//
// and a node list one for each machine: sn,cpu_milli,memory_mib,gpu,model. Columns are found by name, in any order. They
// were published with Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient
// Descent", USENIX ATC 2023; get them from https://github.com/alibaba/clusterdata (cluster-trace-gpu-v2023). Their terms
// allow research and study, so none of their rows is in this repository: Generate writes lists of the same form.
//
// # What a row means
//
// num_gpu is 0 to 8. With num_gpu 1, a gpu_milli below 1000 asks for so many thousandths of ONE card: such shares are
// packed card by card. gpu_spec names the models that serve, "P100|T4"; none named means any NVIDIA card. Pods with the
// same CPU, memory and GPU wishes are one planner.Workload, so the list of 8,152 pods becomes about 150 of them.
// All pods of a list are planned at once whatever became of them, as in the paper: that is how full they filled the
// cluster. Options.At takes those alive at one second instead.
//
// # Where it runs
//
// Every type of the catalog with an x86 CPU and an on-demand price, in one zone, is an Offer: the recording is of x86
// machines and knows nothing of zones. Models are looked up in Models, the table that says what AWS sells. A pod that names
// only models which cannot be had is Stuck, with the reason and the flag that would place it. The machines of the node
// list are priced as the cheapest type that is at least as large: the cost of today is that of an equivalent fleet.
//
// # What it does not know
//
// The lists hold no usage, no DaemonSets, no GPU memory and no speed: half a T4 and half an H200 are both 500 thousandths.
// Snapshot.Notes says each of these where it matters.
package openb
