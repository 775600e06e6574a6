package loads

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/planner/usage"
)

// Header is that of WriteCSV, and what tenon --usage reads.
const Header = "timestamp,namespace,workload,pod,container,metric,value"

// WriteCSV writes samples, one a line: by workload, pod, metric and time. A sample has the instant at which its step ends, in
// seconds since 1970, and is in milli-CPU or bytes.
func WriteCSV(w io.Writer, of []Workload) error {
	b := bufio.NewWriterSize(w, 1<<16)
	_, _ = b.WriteString(Header + "\n") // errors of a bufio.Writer stay until Flush
	for _, load := range of {
		for _, p := range load.Pods {
			key := strings.Join([]string{"", load.Ref.Namespace, load.Ref.Kind + "/" + load.Ref.Name, p.Name, load.Container, ""}, ",")
			lines(b, &load, key, usage.CPU, p.CPU)
			lines(b, &load, key, usage.Memory, p.Memory)
			for _, step := range p.Restarts {
				line(b, load.End(step), key, usage.Restarts, 1)
			}
		}
	}
	return b.Flush()
}

// End is the instant at which a step ends, in milliseconds since 1970 UTC.
func (w *Workload) End(step int) int64 { return w.Start + int64(step+1)*w.Step }

func lines(b *bufio.Writer, load *Workload, key string, m usage.Metric, values []int64) {
	for step, v := range values {
		line(b, load.End(step), key, m, v)
	}
}

func line(b *bufio.Writer, at int64, key string, m usage.Metric, value int64) {
	var room [24]byte
	_, _ = b.Write(strconv.AppendInt(room[:0], at/1000, 10))
	_, _ = b.WriteString(key + string(m) + ",")
	_, _ = b.Write(strconv.AppendInt(room[:0], value, 10))
	_ = b.WriteByte('\n')
}
