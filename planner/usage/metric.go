package usage

// Metrics returns all metrics, in the order in which people read them.
func Metrics() []Metric {
	return []Metric{CPU, CPUMost, Throttled, Memory, MemoryMost, OOMKills, Restarts, Replicas, GPUActive, GPUUtil, GPUMemory}
}

// Known reports whether m is one of Metrics.
func (m Metric) Known() bool { return Most(m) > 0 }

// Fraction reports whether m is a part of something, 0 to 1.
func (m Metric) Fraction() bool {
	return m == Throttled || m == GPUActive || m == GPUUtil
}

// Bytes reports whether m is an amount of memory.
func (m Metric) Bytes() bool { return m == Memory || m == MemoryMost || m == GPUMemory }

// Most is the largest value that a metric may have; 0 for what is no metric. Chosen, well above every machine: a million
// cores, 64 TiB (the largest instance of 2026 has 32 TiB), a million restarts between two samples.
func Most(m Metric) float64 {
	switch m {
	case CPU, CPUMost:
		return 1e9
	case Memory, MemoryMost, GPUMemory:
		return 64 << 40
	case OOMKills, Restarts, Replicas:
		return 1e6
	case Throttled, GPUActive, GPUUtil:
		return 1
	}
	return 0
}
