package pricing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	const before = "#: currency USD\nname,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,zone,capacity_type,price_per_hour,count\n" +
		"gone,1,1024,,,,,,,1,\n" +
		"kept,8,1024,nvidia,t4,1,16384,,on-demand,1,\n" +
		"kept,,,,,,,z,reserved,0,2\n" +
		"kept,,,,,,,z,spot,0.3,\n"
	for claim, tc := range map[string]struct {
		after string
		want  []string
	}{
		"the same list read again later is the same": {"#: date 2030\n#: source elsewhere\n" + before, nil},
		"types come and go": {
			"#: currency USD\nname,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,zone,capacity_type,price_per_hour,count\n" +
				"kept,8,1024,nvidia,t4,1,16384,,on-demand,1,\nkept,,,,,,,z,reserved,0,2\nkept,,,,,,,z,spot,0.3,\nanew,1,1024,,,,,,,1,\n",
			[]string{"anew: added", "gone: removed"}},
		"prices move, appear and go": {
			"#: currency USD\nname,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,zone,capacity_type,price_per_hour,count\n" +
				"gone,1,1024,,,,,,,0.9975,\nkept,8,1024,nvidia,t4,1,16384,,on-demand,1.25,\nkept,,,,,,,z,reserved,0.1,2\nkept,,,,,,,y,spot,0.3,\n",
			[]string{"gone on-demand: price 1 -> 0.9975 (-0.3%)", "kept on-demand: price 1 -> 1.25 (+25.0%)", "kept reserved in z: price 0 -> 0.1",
				"kept spot in y: price none -> 0.3", "kept spot in z: price 0.3 -> none"}},
		"machines change": {
			"#: currency EUR\n#: region r2\nname,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,zone,capacity_type,price_per_hour,count\n" +
				"gone,1,2048,,,,,,,1,\nkept,8,1024,,,,,,on-demand,1,\nkept,,,,,,,z,reserved,0,5\nkept,,,,,,,z,spot,0.3,\n",
			[]string{"currency: USD -> EUR", "region: none -> r2",
				"gone allocatable.memoryMiB: 1024 -> 2048", "gone memoryMiB: 1024 -> 2048",
				"kept allocatable.extended.nvidia.com/gpu: 1 -> none", "kept count of reserved in z: 2 -> 5",
				"kept gpu.count: 1 -> 0", "kept gpu.manufacturer: nvidia -> none", "kept gpu.memoryMiB: 16384 -> 0", "kept gpu.name: t4 -> none"}},
	} {
		t.Run(claim, func(t *testing.T) {
			var got []string
			for _, change := range Diff(mustParseCSV(t, before), mustParseCSV(t, tc.after)) {
				got = append(got, change.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPermille(t *testing.T) {
	for claim, tc := range map[string]struct {
		before, after Micro
		want          int64
	}{
		"half as dear again":              {2, 3, 500},
		"a third cheaper rounds":          {3, 2, -333},
		"two thirds cheaper rounds away":  {3, 1, -667},
		"from nothing there is no share":  {0, 5, 0},
		"the widest span does not wrap":   {1, MaxPrice, 1000 * (int64(MaxPrice) - 1)},
		"half a permille rounds up":       {2000, 2001, 1},
		"less than half a permille is 0":  {2001, 2002, 0},
		"half a permille down rounds out": {2000, 1999, -1},
	} {
		t.Run(claim, func(t *testing.T) {
			if got := permille(tc.before, tc.after); got != tc.want {
				t.Errorf("permille(%d, %d) = %d, want %d", tc.before, tc.after, got, tc.want)
			}
		})
	}
}
