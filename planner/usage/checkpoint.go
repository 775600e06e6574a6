package usage

import (
	"cmp"

	"github.com/tenon-sh/tenon/planner"
)

// Checkpoint is what VPA's recommender remembers of one container: two decaying histograms. It is a start where there are
// no samples yet. Nothing in it is rescaled: planner/demand/vpa knows what the buckets mean.
type Checkpoint struct {
	Namespace string
	VPA       string      // name of the VerticalPodAutoscaler
	Target    planner.Ref // what that VPA is about; zero where the VPA was not given too
	Container string
	Version   string // of the checkpoint's format: "v3"
	First     int64  // milliseconds since 1970: start of the first and the last sample; 0: not said
	Last      int64
	Samples   int64
	CPU       Histogram // cores
	Memory    Histogram // bytes, one peak a day
	Origin    string    // the file
}

// Histogram is a histogram as a checkpoint has it.
type Histogram struct {
	Reference int64    // milliseconds since 1970: the instant at which a weight of 1 is worth 1; 0: not said
	Buckets   []Bucket // ascending, without those of weight 0
	Total     float64  // what all weights together stand for
}

// Bucket is one bucket of a Histogram.
type Bucket struct {
	Index  int   // from 0
	Weight int64 // share of Total, scaled so that the largest is 10,000
}

// CompareCheckpoints orders by namespace, VPA and container.
func CompareCheckpoints(a, b Checkpoint) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.VPA, b.VPA), cmp.Compare(a.Container, b.Container))
}
