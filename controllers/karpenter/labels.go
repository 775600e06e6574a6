package karpenter

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
)

// Labels of Karpenter's AWS provider (github.com/aws/karpenter-provider-aws v1.15.0 pkg/apis/v1/labels.go).
const (
	awsGroup         = "karpenter.k8s.aws"
	autoModeGroup    = "eks.amazonaws.com" // EKS Auto Mode has the instance labels under its own name
	reservationID    = awsGroup + "/capacity-reservation-id"
	reservationType  = awsGroup + "/capacity-reservation-type"
	interruptible    = awsGroup + "/capacity-reservation-interruptible"
	nodeClassKind    = "EC2NodeClass"
	instanceLabel    = "/instance-"
	zoneOfEBSVolumes = "topology.ebs.csi.aws.com/zone"
)

// told are the instance labels that the catalogue decides: a type that lacks one does not have it.
var told = []string{
	"category", "family", "size", "generation", "cpu", "cpu-manufacturer", "memory", "hypervisor", "network-bandwidth",
	"local-nvme", "capability-flex", "gpu-name", "gpu-manufacturer", "gpu-count", "gpu-memory",
	"accelerator-name", "accelerator-manufacturer", "accelerator-count",
}

// untold are labels that the provider gives to nodes and the catalogue knows nothing of. No type defines them, so that
// Karpenter takes a requirement on one as met, as controllers/kube does.
var untold = []string{
	awsGroup + instanceLabel + "encryption-in-transit-supported", awsGroup + instanceLabel + "cpu-sustained-clock-speed-mhz",
	awsGroup + instanceLabel + "ebs-bandwidth", awsGroup + instanceLabel + "tenancy",
	awsGroup + "/placement-group-id", awsGroup + "/placement-group-partition", "topology.k8s.aws/zone-id",
}

// init tells Karpenter's globals what its AWS provider would tell them. Karpenter reads them without a lock, so this has
// to be over before anything is scheduled.
func init() {
	v1.WellKnownLabels.Insert(untold...)
	v1.WellKnownLabels.Insert(reservationID, reservationType, interruptible)
	for _, name := range told {
		v1.WellKnownLabels.Insert(awsGroup+instanceLabel+name, autoModeGroup+instanceLabel+name)
	}
	v1.RestrictedLabelDomains.Insert(awsGroup)
	v1.NormalizedLabels[zoneOfEBSVolumes] = corev1.LabelTopologyZone
	// Neither nvidia.com/gpu nor amd.com/gpu: overlays may set those.
	v1.WellKnownResources.Insert("vpc.amazonaws.com/pod-eni", "aws.amazon.com/neuron", "aws.amazon.com/neuroncore",
		"habana.ai/gaudi", "vpc.amazonaws.com/efa")
	cloudprovider.ReservationIDLabel = reservationID
	cloudprovider.ReservedCapacityLabels = sets.New(reservationID, reservationType, interruptible)
}
