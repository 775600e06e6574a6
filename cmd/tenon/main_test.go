package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files and generated parts of documents anew")

// result is what a run of the program leaves.
type result struct {
	code           int
	stdout, stderr string
}

// tenon runs the program as a shell would.
func tenon(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return tenonAs(t, "tenon", stdin, args...)
}

func tenonAs(t *testing.T, name, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), append([]string{name}, args...), strings.NewReader(stdin), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// golden compares with a file in testdata; with -update it writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run go test -update and read the diff", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// tempFile writes a file that the test's commands can read.
func tempFile(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestHelp(t *testing.T) {
	for _, command := range []string{
		"", "plan", "propose", "whatif", "doctor", "targets", "explain", "verify", "pack", "evaluate", "catalog", "catalog list", "catalog show", "catalog diff", "version", "completion",
	} {
		t.Run("help of tenon "+command, func(t *testing.T) {
			got := tenon(t, "", append(strings.Fields(command), "--help")...)
			if got.code != exitOK || got.stderr != "" {
				t.Errorf("exit code %d, stderr %q; want 0 and nothing", got.code, got.stderr)
			}
			golden(t, strings.ReplaceAll("help "+command, " ", "_"), got.stdout)
		})
	}
}

func TestHelpOfThePlugin(t *testing.T) {
	got := tenonAs(t, "/usr/local/bin/kubectl-tenon", "", "--help")
	if !strings.Contains(got.stdout, "kubectl tenon [command]") {
		t.Errorf("help of kubectl-tenon does not say how it is called:\n%s", got.stdout)
	}
}

// TestRefusals runs what cannot be meant. Each must end with the one line that is given, nothing on
// standard output, and exit code 2.
func TestRefusals(t *testing.T) {
	broken := tempFile(t, "broken.csv", "name,price_per_hour\nm5.large,cheap\nm5.xlarge,-1\n")
	euro := tempFile(t, "euro.csv", "#: currency EUR\nname,price_per_hour\nm5.large,0.1\n")
	unknown := tempFile(t, "unknown.yaml", "types: [{name: x1, offerings: [{pricePerHour: 1}]}]")
	notYAML := tempFile(t, "not.yaml", "types: [\n")
	vbp := tempFile(t, "short.vbp", "1\n10\n2\n5 1\n")
	notJSON := tempFile(t, "plan.json", "{\n \"kind\": Plan}\n")
	list := tempFile(t, "list.json", `{"apiVersion":"v1","kind":"List"}`)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "full.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args string
		want string // of stderr; $DIR stands for where the files are
	}{
		"a command that does not exist, with what is near": {"plam", `tenon: no command "plam" in "tenon": did you mean plan?`},
		"a command that resembles nothing":                 {"frobnicate", `tenon: no command "frobnicate" in "tenon": see "tenon --help"`},
		"a subcommand that does not exist":                 {"catalog lst", `tenon: no command "lst" in "tenon catalog": did you mean list?`},
		"a topic that does not exist":                      {"help plam", `tenon: no command "plam" in "tenon": did you mean plan?`},
		"a flag that does not exist, with what is near":    {"plan --reprot x", `tenon: no flag --reprot: did you mean --report?`},
		"a flag cut short":                                 {"plan --no x", `tenon: no flag --no: did you mean --no-color or --no-karpenter or --no-progress or --nodes?`},
		"a short flag that does not exist":                 {"plan -x", `tenon: no flag -x: see "tenon plan --help"`},
		"a flag without its value":                         {"plan --catalog", `tenon: flag needs an argument: --catalog: see "tenon plan --help"`},
		"a number that is none":                            {"catalog list --min-cpu many", `tenon: invalid argument "many" for "--min-cpu" flag: strconv.ParseInt: parsing "many": invalid syntax: see "tenon catalog list --help"`},
		"a negative number":                                {"catalog list --min-cpu -3", `tenon: --min-cpu and --min-memory cannot be negative`},
		"nothing to propose for":                           {"propose", `tenon: nothing to propose for: give -f FILE or --example`},
		"a folder to write that holds something":           {"propose --example -d $DIR", `tenon: -d: folder is not empty: $DIR: name another, or replace it by force (--force)`},
		"a folder to replace that is not of Tenon":         {"propose --example --force -d $DIR", `tenon: -d: folder is not empty: $DIR: Tenon has not written it, and replaces only what it has (--force)`},
		"a folder to write that is a file":                 {"propose --example -d $DIR/full.csv", `tenon: -d $DIR/full.csv: is a file`},
		"a folder in a folder that is not there":           {"propose --example -d $DIR/none/out", `tenon: -d: stat $DIR/none: no such file or directory`},
		"force without a folder":                           {"propose --example --force", `tenon: --force replaces the folder of -d: give -d FOLDER`},
		"steering that is none":                            {"propose --example --steer some", `tenon: --steer "some": choose one of all, gpu, none`},
		"no NodePools":                                     {"propose --example --pools 0", `tenon: --pools 0: is not from 1 to 100`},
		"headroom that is none":                            {"propose --example --headroom lots", `tenon: --headroom "lots": want a whole number of percent, 0% to 1000%`},
		"an output that propose does not have":             {"propose --example -o yaml", `tenon: --output "yaml": choose one of table, json, markdown`},
		"nothing to plan":                                  {"plan", `tenon: nothing to plan: give -f FILE, --trace alibaba-gpu-2023 --pods FILE, or --example`},
		"two inputs":                                       {"plan --example -f x.yaml", `tenon: -f, --trace and --example exclude each other`},
		"a trace's flag without the trace":                 {"plan --example --at 0", `tenon: --pods, --nodes, --at and --gpu-map belong to --trace alibaba-gpu-2023`},
		"a trace that is not known":                        {"plan --trace borg --pods x", `tenon: --trace "borg": the only one known is alibaba-gpu-2023`},
		"a trace without its list":                         {"plan --trace alibaba-gpu-2023", `tenon: --trace alibaba-gpu-2023 wants --pods FILE: see README.md for where to get it`},
		"two lists on one standard input":                  {"plan --trace alibaba-gpu-2023 --pods - --nodes -", `tenon: --pods and --nodes cannot both be standard input`},
		"a way of sharing that is none":                    {"plan --trace alibaba-gpu-2023 --pods x --gpu-sharing mps", `tenon: --gpu-sharing "mps": choose one of time-slicing, mig`},
		"an argument too many":                             {"plan cluster.yaml", `tenon: "tenon plan" takes no argument, got "cluster.yaml": see "tenon plan --help"`},
		"an argument too few":                              {"explain plan.json", `tenon: "tenon explain" wants PLAN NAME, got 1 arguments: see "tenon explain --help"`},
		"a result in two places":                           {"plan --example --out a --report a", `tenon: --out and --report name the same file`},
		"a file that is standard output":                   {"plan --example --out -", `tenon: --out wants a file: standard output is for the result, see -o`},
		"a file that is a folder":                          {"plan --example --report $DIR", `tenon: --report $DIR: is a folder`},
		"a file in a folder that is not there":             {"plan --example --report $DIR/none/plan.html", `tenon: --report: stat $DIR/none: no such file or directory`},
		"an output that does not exist":                    {"plan --example -o xml", `tenon: --output "xml": choose one of table, wide, json, yaml, markdown`},
		"work that is none":                                {"plan --example --work hard", `tenon: --work "hard": choose fast, normal, deep, or 1 to 100000, percent of normal`},
		"work of nothing":                                  {"pack --work 0 " + vbp, `tenon: --work "0": choose fast, normal, deep, or 1 to 100000, percent of normal`},
		"a gap that is none":                               {"pack --gap much " + vbp, `tenon: --gap "much": want a number of percent, 0 to 100, and 0.0001 at least where it is not 0`},
		"a way to show progress that is none":              {"pack --progress loud " + vbp, `tenon: --progress "loud": choose one of auto, plain`},
		"an explanation in a plan's JSON":                  {"plan --example --explain -o json", `tenon: --explain goes with -o table and -o wide: the other forms are the plan alone, which tenon verify checks`},
		"an order that does not exist":                     {"catalog list --sort size", `tenon: --sort "size": choose one of name, price, cpu, memory, gpu`},
		"a price that is none":                             {"catalog list --max-price free", `tenon: --max-price: not an amount of money: "free"`},
		"a type that does not exist, with what is near":    {"catalog show m7i.larg", `tenon: no type "m7i.larg" in catalog aws: did you mean m7i.large or c7i.large or i7i.large?`},
		"no catalog at all":                                {"catalog list --catalog-only", `tenon: --catalog-only without --catalog leaves no instance type: name a file`},
		"a catalog that is not there":                      {"catalog list --catalog $DIR/none.csv", `tenon: open $DIR/none.csv: no such file or directory`},
		"a folder as a catalog":                            {"catalog diff embedded $DIR", `tenon: read $DIR: read $DIR: is a directory`},
		"a broken catalog: a line for each fault":          {"catalog list --catalog " + broken, "tenon: " + broken + `:2:10: price_per_hour: not an amount of money: "cheap"`},
		"a catalog in another currency":                    {"catalog list --catalog " + euro, "tenon: " + euro + ": mixed currencies: "},
		"a catalog of types that nobody describes":         {"catalog list --catalog " + unknown, "tenon: "},
		"a catalog that is no YAML":                        {"catalog list --catalog " + notYAML, "tenon: " + notYAML + ": "},
		"a packing format that does not exist":             {"pack --format csv " + vbp, `tenon: --format: invalid packing instance: no format "csv": choose one of [auto vbp mvp bpplib baldi]`},
		"a packing instance that ends early":               {"pack " + vbp, "tenon: " + vbp + ":4: the text ends where a size of item 2 should stand"},
		"a packing instance that is not there":             {"pack $DIR/none.vbp", `tenon: open $DIR/none.vbp: no such file or directory`},
		"a plan that is no JSON":                           {"verify " + notJSON, "tenon: " + notJSON + ": no plan: line 2: invalid character 'P' looking for beginning of value: give what tenon plan --out or -o json wrote"},
		"an explanation of what is no plan":                {"explain " + list + " x", "tenon: " + list + `: apiVersion "v1", kind "List": want "tenon.sh/v1alpha1", "Plan"`},
		"a cluster that is not there":                      {"plan -f $DIR/none.yaml", "tenon: "},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := tenon(t, "", strings.Fields(strings.ReplaceAll(tc.args, "$DIR", dir))...)
			if got.code != exitInput {
				t.Errorf("exit code %d, want %d", got.code, exitInput)
			}
			if got.stdout != "" {
				t.Errorf("stdout %q, want nothing", got.stdout)
			}
			if want := strings.ReplaceAll(tc.want, "$DIR", dir); !strings.HasPrefix(got.stderr, want) {
				t.Errorf("stderr\n%s\nwant it to begin with\n%s", got.stderr, want)
			}
			for line := range strings.Lines(got.stderr) {
				if !strings.HasPrefix(line, "tenon: ") || !strings.HasSuffix(line, "\n") {
					t.Errorf("line of stderr %q: want it to begin with tenon:, and to end", line)
				}
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	cheap := tempFile(t, "cheap.csv", "name,price_per_hour\nm5.large,0.01\n")
	cheaper := tempFile(t, "cheaper.csv", "name,price_per_hour\nm5.large,0.005\n")
	list := []string{"catalog", "list", "--family", "m5", "--max-price", "0.02"}
	tests := map[string]struct {
		env        map[string]string
		args       []string
		wantCode   int
		wantStdout string
		wantStderr string
	}{
		"a variable stands for its flag": {
			map[string]string{"TENON_OUTPUT": "name", "TENON_CATALOG": cheap}, list, exitOK, "m5.large\n", ""},
		"a list is separated as in PATH, and the last word counts": {
			map[string]string{"TENON_OUTPUT": "csv", "TENON_CATALOG": cheap + string(os.PathListSeparator) + cheaper}, list, exitOK, "0.005", ""},
		"the command line wins": {
			map[string]string{"TENON_OUTPUT": "json", "TENON_CATALOG": cheap}, append([]string{"-o", "name"}, list...), exitOK, "m5.large\n", ""},
		"an empty variable is not set": {
			map[string]string{"TENON_SORT": "", "TENON_OUTPUT": "name", "TENON_CATALOG": cheap}, list, exitOK, "m5.large\n", ""},
		"a wrong value names its variable": {
			map[string]string{"TENON_MIN_CPU": "x"}, list, exitInput, "", "tenon: TENON_MIN_CPU: invalid argument"},
		"a variable of another command's flag is no matter": {
			map[string]string{"TENON_STRICT": "nonsense", "TENON_OUTPUT": "name", "TENON_CATALOG": cheap}, list, exitOK, "m5.large\n", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for key, value := range tc.env {
				t.Setenv(key, value)
			}
			args := tc.args
			if strings.HasPrefix(args[0], "-") { // flags go behind the command
				args = append(args[2:len(args):len(args)], args[:2]...)
			}
			got := tenon(t, "", args...)
			if got.code != tc.wantCode || !strings.Contains(got.stdout, tc.wantStdout) || !strings.HasPrefix(got.stderr, tc.wantStderr) {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %d, %q, %q", got.code, got.stdout, got.stderr, tc.wantCode, tc.wantStdout, tc.wantStderr)
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := filepath.Join(t.TempDir(), "plan.json")
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"tenon", "plan", "-f", "-", "--out", out}, neverEnding{}, &stdout, &stderr)
	if code != exitInterrupted || stdout.Len() > 0 || stderr.String() != "tenon: interrupted\n" {
		t.Errorf("exit code %d, stdout %q, stderr %q; want %d, nothing, one line", code, stdout.String(), stderr.String(), exitInterrupted)
	}
	if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// neverEnding is standard input that nobody writes to.
type neverEnding struct{}

func (neverEnding) Read([]byte) (int, error) { select {} }

func TestPanicIsOneLine(t *testing.T) {
	var stdout bytes.Buffer
	stderr := &panicOnce{}
	code := run(t.Context(), []string{"tenon", "catalog", "list", "--gpu", "h100"}, strings.NewReader(""), &stdout, stderr)
	if want := "tenon: internal error, please report it: out of\uFFFDink\n"; code != exitInternal || stderr.String() != want {
		t.Errorf("exit code %d, stderr %q; want %d, %q", code, stderr.String(), exitInternal, want)
	}
}

// panicOnce is a writer with a bug.
type panicOnce struct {
	bytes.Buffer
	fell bool
}

func (w *panicOnce) Write(p []byte) (int, error) {
	if !w.fell {
		w.fell = true
		panic("out of\nink")
	}
	return w.Buffer.Write(p)
}
