package collect

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestHundredThousandPods reads the largest input that Tenon promises to read, and measures. It takes a minute, so it
// runs only when asked for: TENON_HUGE=1 go test ./controllers/collect -run HundredThousand -v
const hugePods = 100_000

func TestHundredThousandPods(t *testing.T) {
	if os.Getenv("TENON_HUGE") == "" {
		t.Skip("set TENON_HUGE=1 to read 100,000 pods")
	}
	path := filepath.Join(t.TempDir(), "cluster.yaml")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := (dump{pods: hugePods, podsPerNode: 50, podsPerDeployment: 100}).write(file); err != nil {
		t.Fatal(err)
	}
	info, _ := file.Stat()
	file.Close()
	runtime.GC()
	start := time.Now()
	objects, err := Read([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	t.Logf("%d MiB, %d pods, %d nodes in %s; peak resident memory %d MiB", info.Size()>>20, len(objects.Pods), len(objects.Nodes), time.Since(start).Round(time.Millisecond), usage.Maxrss>>10)
	if peak := usage.Maxrss >> 10; peak > 2048 {
		t.Errorf("peak resident memory %d MiB, want at most 2048", peak)
	}
	if len(objects.Pods) != hugePods {
		t.Errorf("%d pods, want %d", len(objects.Pods), hugePods)
	}
}
