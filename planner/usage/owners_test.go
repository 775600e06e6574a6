package usage

import (
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/planner"
)

func world(refs ...string) *planner.Snapshot {
	s := &planner.Snapshot{}
	for _, r := range refs {
		kind, name, _ := strings.Cut(r, "/")
		name, pods, _ := strings.Cut(name, "=")
		w := planner.Workload{Ref: planner.Ref{Namespace: "n", Kind: kind, Name: name}}
		if pods != "" {
			w.Pods = strings.Split(pods, ",")
		}
		s.Workloads = append(s.Workloads, w)
	}
	return s
}

func TestOwnersOf(t *testing.T) {
	long, longer := strings.Repeat("a", 50), strings.Repeat("b", 60)
	tests := map[string]struct {
		world []string
		pod   string
		want  string // Kind/name; "" for unknown
	}{
		"a pod of today has its name from the snapshot":        {[]string{"Deployment/web=odd"}, "odd", "Deployment/web"},
		"a pod that two workloads claim is nobody's":           {[]string{"Deployment/a=x", "Deployment/b=x"}, "x", ""},
		"a Deployment's pod that is gone":                      {[]string{"Deployment/web"}, "web-7d9f8c6b5d-x2k4p", "Deployment/web"},
		"a Rollout's":                                          {[]string{"Rollout/web"}, "web-7d9f8c6b5d-x2k4p", "Rollout/web"},
		"a hash has no vowels":                                 {[]string{"Deployment/web"}, "web-api-x2k4p", ""},
		"nor more than ten characters":                         {[]string{"Deployment/web"}, "web-7d9f8c6b5d7-x2k4p", ""},
		"a tail has five":                                      {[]string{"Deployment/web"}, "web-7d9f8c6b5d-x2k4", ""},
		"a StatefulSet's":                                      {[]string{"StatefulSet/db"}, "db-10", "StatefulSet/db"},
		"its numbers have no zeros in front":                   {[]string{"StatefulSet/db"}, "db-01", ""},
		"a DaemonSet's":                                        {[]string{"DaemonSet/log"}, "log-x2k4p", "DaemonSet/log"},
		"a Job's":                                              {[]string{"Job/once"}, "once-x2k4p", "Job/once"},
		"an indexed Job's":                                     {[]string{"Job/once"}, "once-3-x2k4p", "Job/once"},
		"a CronJob's":                                          {[]string{"CronJob/nightly"}, "nightly-29371440-x2k4p", "CronJob/nightly"},
		"an indexed one's":                                     {[]string{"CronJob/nightly"}, "nightly-29371440-0-x2k4p", "CronJob/nightly"},
		"a CronJob's time has at least eight digits":           {[]string{"CronJob/nightly"}, "nightly-2937-x2k4p", ""},
		"a bare pod":                                           {[]string{"Pod/solo"}, "solo", "Pod/solo"},
		"the longest name counts":                              {[]string{"Deployment/web", "DaemonSet/web-7d9f8c6b5d"}, "web-7d9f8c6b5d-x2k4p", "DaemonSet/web-7d9f8c6b5d"},
		"a name that says two things says nothing":             {[]string{"Job/x", "DaemonSet/x"}, "x-x2k4p", ""},
		"a name that two kinds share is told by the pattern":   {[]string{"Deployment/x", "DaemonSet/x"}, "x-x2k4p", "DaemonSet/x"},
		"two shapes are one workload":                          {[]string{"Deployment/x", "Deployment/x"}, "x-7d9f8-x2k4p", "Deployment/x"},
		"a stranger":                                           {[]string{"Deployment/x"}, "y-7d9f8-x2k4p", ""},
		"a Deployment whose pods' names are cut in the hash":   {[]string{"Deployment/" + long}, long + "-7d9f8c6" + "x2k4p", "Deployment/" + long},
		"a Deployment whose pods' names are cut in its own":    {[]string{"Deployment/" + longer}, longer[:58] + "x2k4p", "Deployment/" + longer},
		"two such are nobody's":                                {[]string{"Deployment/" + longer, "Deployment/" + longer + "c"}, longer[:58] + "x2k4p", ""},
		"a name of 63 characters need not be cut":              {[]string{"DaemonSet/" + strings.Repeat("d", 57)}, strings.Repeat("d", 57) + "-x2k4p", "DaemonSet/" + strings.Repeat("d", 57)},
		"a StatefulSet's are never cut":                        {[]string{"StatefulSet/" + longer}, longer[:58] + "x2k4p", ""},
		"the empty name":                                       {[]string{"Deployment/x"}, "", ""},
		"hyphens alone":                                        {[]string{"Deployment/x"}, "---", ""},
		"a Deployment that is called like another's pods' set": {[]string{"Deployment/web", "Deployment/web-7d9f8"}, "web-7d9f8-bcdfg-x2k4p", "Deployment/web-7d9f8"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			ref, unknown := NewOwners(world(tc.world...)).Of("n", tc.pod)
			got := ""
			if ref != (planner.Ref{}) {
				got = ref.Kind + "/" + ref.Name
			}
			if got != tc.want || (unknown == "") != (tc.want != "") {
				t.Errorf("got %q (%s), want %q", got, unknown, tc.want)
			}
			if ref, _ := NewOwners(world(tc.world...)).Of("other", tc.pod); ref != (planner.Ref{}) {
				t.Errorf("%s is found from another namespace", ref)
			}
		})
	}
}

func TestOwnersResolve(t *testing.T) {
	o := NewOwners(world("Deployment/web", "StatefulSet/db", "Deployment/db", "CronJob/nightly"))
	for name, tc := range map[string]struct {
		key  Key
		want string
	}{
		"a workload of the snapshot":          {Key{Namespace: "n", Workload: planner.Ref{Kind: "Deployment", Name: "web"}}, "n/Deployment/web"},
		"a name without a kind":               {Key{Namespace: "n", Workload: planner.Ref{Name: "web"}}, "n/Deployment/web"},
		"a name of two kinds":                 {Key{Namespace: "n", Workload: planner.Ref{Name: "db"}}, ""},
		"a kind that is not there":            {Key{Namespace: "n", Workload: planner.Ref{Kind: "DaemonSet", Name: "web"}}, ""},
		"the ReplicaSet of a Deployment":      {Key{Namespace: "n", Workload: planner.Ref{Kind: "ReplicaSet", Name: "web-7d9f8c6b5d"}}, "n/Deployment/web"},
		"the Job of a CronJob":                {Key{Namespace: "n", Workload: planner.Ref{Kind: "Job", Name: "nightly-29371440"}}, "n/CronJob/nightly"},
		"a pod":                               {Key{Namespace: "n", Pod: "db-0"}, "n/StatefulSet/db"},
		"a workload counts before the pod":    {Key{Namespace: "n", Pod: "db-0", Workload: planner.Ref{Kind: "Deployment", Name: "db"}}, "n/Deployment/db"},
		"neither":                             {Key{Namespace: "n"}, ""},
		"another namespace has its own names": {Key{Namespace: "m", Workload: planner.Ref{Name: "web"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			k, unknown := o.Resolve(tc.key)
			got := ""
			if k.Workload != (planner.Ref{}) {
				got = k.Workload.String()
			}
			if got != tc.want || (unknown == "") != (tc.want != "") {
				t.Errorf("got %q (%s), want %q", got, unknown, tc.want)
			}
		})
	}
}

func FuzzOwners(f *testing.F) {
	f.Add("web-7d9f8c6b5d-x2k4p")
	f.Add(strings.Repeat("a", 58) + "x2k4p")
	f.Add("-")
	o := NewOwners(world("Deployment/web", "StatefulSet/db", "Job/a", "CronJob/nightly", "DaemonSet/"+strings.Repeat("a", 60)))
	f.Fuzz(func(t *testing.T, pod string) {
		ref, unknown := o.Of("n", pod)
		if (ref == (planner.Ref{})) != (unknown != "") {
			t.Errorf("%v and %q", ref, unknown)
		}
		if ref != (planner.Ref{}) && !strings.HasPrefix(pod, ref.Name[:min(len(ref.Name), 58)]) {
			t.Errorf("%q is no pod of %s", pod, ref)
		}
	})
}
