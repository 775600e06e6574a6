package kube

import (
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	world := pool("default", anywhere)
	n1 := machineNode("n1", "m5.large", "z-a", "") + machineNode("n2", "m5.large", "z-b", "")
	anti := func(app, key string) string {
		return "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: " + key + ", labelSelector: {matchLabels: {app: " + app + "}}}]}}"
	}
	with := func(app, key string) string {
		return "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: " + key + ", labelSelector: {matchLabels: {app: " + app + "}}}]}}"
	}
	spread := func(app, key, more string) string {
		return "topologySpreadConstraints: [{maxSkew: 2, whenUnsatisfiable: DoNotSchedule, topologyKey: " + key + ", labelSelector: {matchLabels: {app: " + app + "}}" + more + "}]"
	}
	const host, zone = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
	const web, db = "shop/Deployment/web#0", "shop/Deployment/db#0"
	prove(t, map[string]claim{
		"anti-affinity to itself by host is one a node": {input: world + deployment("web", 3, anti("web", host)), want: []string{"hostmax " + web + " 1"}, wantNot: []string{"rule"}},
		"anti-affinity to itself by zone is one a zone": {input: world + deployment("web", 3, anti("web", zone)), want: []string{"rule zone-cap [" + web + "] [] 1"}},
		"anti-affinity to others by host keeps them apart, once for both directions": {
			input: world + deployment("web", 3, anti("db", host)) + deployment("db", 1, anti("web", host)),
			want:  []string{"rule host-conflict [" + db + "] [" + web + "] 0"}, wantNot: []string{"rule host-conflict [" + web, "hostmax"},
		},
		"anti-affinity to others by zone keeps them apart": {input: world + deployment("web", 3, anti("db", zone)) + deployment("db", 1, ""), want: []string{"rule zone-conflict [" + db + "] [" + web + "]"}},
		"anti-affinity does not reach another namespace": {
			input:   world + deployment("web", 3, anti("db", host)) + "kind: Pod\nmetadata: {name: db, namespace: other, labels: {app: db}}\nspec: {containers: [{}]}",
			wantNot: []string{"rule"},
		},
		"anti-affinity to a pod that stays excludes its node": {
			input: world + n1 + held("db-1", "db", "n1", `"true"`) + deployment("web", 1, anti("db", host)),
			want:  []string{"limit " + web + " podAntiAffinity | app=db by kubernetes.io/hostname: pods that stay | types [c6i.xlarge g5.xlarge m5.large m5.xlarge m6g.large p4d.24xlarge p5.4xlarge] zones [z-a z-b] terms [on-demand reserved] nodes [n2]"},
		},
		"anti-affinity by zone to a pod that stays excludes its zone": {
			input: world + n1 + held("db-1", "db", "n1", `"true"`) + deployment("web", 1, anti("db", zone)),
			want:  []string{"allow " + web + " types [c6i.xlarge g5.xlarge m5.large m5.xlarge m6g.large p4d.24xlarge p5.4xlarge] zones [z-b] terms [on-demand] nodes [n2]"},
		},
		"anti-affinity of a pod that stays holds against others": {
			input: world + n1 + "kind: Pod\nmetadata: {name: db-1, namespace: shop, labels: {app: db}, annotations: {karpenter.sh/do-not-disrupt: \"true\"}}\nspec:\n  nodeName: n1\n  containers: [{}]\n" + indent(2, anti("web", host)) + "\n---\n" + deployment("web", 1, ""),
			want:  []string{"limit " + web + " podAntiAffinity | app=web by kubernetes.io/hostname of shop/Pod/db-1, which stays"}, wantNot: []string{"allow " + web + " types [c6i.xlarge g5.xlarge m5.large m5.xlarge m6g.large p4d.24xlarge p5.4xlarge] zones [z-a z-b] terms [on-demand reserved] nodes [n1"},
		},
		"affinity to itself by host lies together":  {input: world + deployment("web", 3, with("web", host)), want: []string{"rule host-together [" + web + "] []"}},
		"affinity to itself by zone lies together":  {input: world + deployment("web", 3, with("web", zone)), want: []string{"rule zone-together [" + web + "] []"}},
		"affinity to others by host follows":        {input: world + deployment("web", 3, with("db", host)) + deployment("db", 1, ""), want: []string{"rule host-follow [" + web + "] [" + db + "]"}},
		"affinity to others by zone follows":        {input: world + deployment("web", 3, with("db", zone)) + deployment("db", 1, ""), want: []string{"rule zone-follow [" + web + "] [" + db + "]"}},
		"affinity to nobody is stuck with a reason": {input: world + deployment("web", 3, with("db", host)), want: []string{"stuck shop/Deployment/web 3: required podAffinity to pods that are not there: app=db by kubernetes.io/hostname"}},
		"affinity to who is stuck is stuck as well": {input: world + deployment("web", 3, with("db", host)) + deployment("db", 1, "nodeSelector: {x: y}"), want: []string{"stuck shop/Deployment/web 3: required podAffinity", "stuck shop/Deployment/db 1"}},
		"affinity to a pod that stays goes where it is": {
			input: world + n1 + held("db-1", "db", "n1", `"true"`) + deployment("web", 1, with("db", zone)), want: []string{"limit " + web + " podAffinity | app=db by topology.kubernetes.io/zone: with pods that stay | types [c6i.xlarge g5.xlarge m5.large m5.xlarge m6g.large p4d.24xlarge p5.4xlarge] zones [z-a]"},
		},
		"affinity by host to a pod that stays goes to its node": {
			input: world + n1 + held("db-1", "db", "n1", `"true"`) + deployment("web", 1, with("db", host)), want: []string{"allow " + web + " types [] zones [] terms [] nodes [n1]"},
		},
		"affinity by host to a DaemonSet goes where that runs": {
			input: world + deployment("web", 1, with("logs", host)) + "kind: DaemonSet\nmetadata: {name: logs, namespace: shop}\nspec: {template: {metadata: {labels: {app: logs}}, spec: {nodeSelector: {kubernetes.io/arch: arm64}, containers: [{}]}}}",
			want:  []string{"allow " + web + " types [m6g.large]"},
		},
		"anti-affinity by host to a DaemonSet goes elsewhere": {
			input: world + deployment("web", 1, anti("logs", host)) + "kind: DaemonSet\nmetadata: {name: logs, namespace: shop}\nspec: {template: {metadata: {labels: {app: logs}}, spec: {nodeSelector: {kubernetes.io/arch: amd64}, containers: [{}]}}}",
			want:  []string{"allow " + web + " types [m6g.large]"},
		},
		"affinity by region holds everywhere in one region":           {input: world + deployment("web", 1, with("web", "topology.kubernetes.io/region")), want: []string{"allow " + web + " types [c6i.xlarge"}, wantNot: []string{"warning"}},
		"affinity by a key of the user's own is named":                {input: world + deployment("web", 1, with("web", "rack")), want: []string{"warning shop/Deployment/web: required podAffinity by rack is not planned"}},
		"anti-affinity by a key of the user's own is named":           {input: world + deployment("web", 1, anti("web", "rack")), want: []string{"warning shop/Deployment/web: required podAntiAffinity by rack is not planned"}},
		"spread by host caps the pods of a node":                      {input: world + deployment("web", 6, spread("web", host, "")), want: []string{"hostmax " + web + " 2"}},
		"spread by zone counts the zones that may be used":            {input: world + deployment("web", 6, spread("web", zone, "")), want: []string{"rule zone-spread [" + web + "] [] 2 [z-a z-b] map[]"}},
		"spread by zone counts only zones that affinity allows":       {input: world + deployment("web", 6, spread("web", zone, "")+"\nnodeSelector: {topology.kubernetes.io/zone: z-a}"), want: []string{"rule zone-spread [" + web + "] [] 2 [z-a] map[]"}},
		"nodeAffinityPolicy Ignore counts all zones":                  {input: world + deployment("web", 6, spread("web", zone, ", nodeAffinityPolicy: Ignore")+"\nnodeSelector: {topology.kubernetes.io/zone: z-a}"), want: []string{"rule zone-spread [" + web + "] [] 2 [z-a z-b] map[]"}},
		"nodeTaintsPolicy Honor is noted":                             {input: world + deployment("web", 6, spread("web", zone, ", nodeTaintsPolicy: Honor")), want: []string{"info shop/Deployment/web: nodeTaintsPolicy Honor"}},
		"fewer zones than minDomains cap each at maxSkew":             {input: world + deployment("web", 6, spread("web", zone, ", minDomains: 3")), want: []string{"rule zone-cap [" + web + "] [] 2 [z-a z-b]"}},
		"minDomains that is met changes nothing":                      {input: world + deployment("web", 6, spread("web", zone, ", minDomains: 2")), want: []string{"rule zone-spread [" + web + "] [] 2 [z-a z-b]"}},
		"pods that stay count in a spread":                            {input: world + n1 + held("web-1", "web", "n1", `"true"`) + deployment("web", 6, spread("web", zone, "")), want: []string{"rule zone-spread [" + web + "] [] 2 [z-a z-b] map[z-a:1]"}},
		"spread by a key of the user's own is named":                  {input: world + deployment("web", 6, spread("web", "rack", "")), want: []string{"warning shop/Deployment/web: required topologySpreadConstraints by rack are not planned"}},
		"spread that does not match its own pods is named":            {input: world + deployment("web", 6, spread("db", zone, "")), want: []string{"warning shop/Deployment/web: a topologySpreadConstraint whose selector does not match its own pods"}},
		"ScheduleAnyway is a preference":                              {input: world + deployment("web", 6, "topologySpreadConstraints: [{maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, topologyKey: "+zone+", labelSelector: {}}]"), want: []string{"soft " + web + " topologySpreadConstraints ScheduleAnyway: topology.kubernetes.io/zone maxSkew 1"}, wantNot: []string{"rule"}},
		"shapes of one owner share a spread by host":                  {input: world + podWith("web-1", spread("web", host, "")) + podWith("web-2", spread("web", host, "")+"\npriority: 3"), want: []string{"rule host-cap [shop/Deployment/web#0 shop/Deployment/web#1] [] 2"}},
		"matchLabelKeys spreads each revision by itself":              {input: world + podWith("web-1", spread("web", zone, ", matchLabelKeys: [pod-template-hash]")), want: []string{"rule zone-spread [" + web + "] [] 2"}},
		"mismatchLabelKeys leaves the own revision out":               {input: world + podWith("web-1", "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "+host+", mismatchLabelKeys: [pod-template-hash], labelSelector: {matchLabels: {app: web}}}]}}"), want: []string{"pods " + web}, wantNot: []string{"hostmax"}},
		"maxSkew below one means nothing and is named":                {input: world + deployment("web", 6, strings.Replace(spread("web", zone, ""), "maxSkew: 2", "maxSkew: 0", 1)), want: []string{"warning shop/Deployment/web: a topologySpreadConstraint with maxSkew below 1"}, wantNot: []string{"rule"}},
		"pods that stay outside the zones that count do not":          {input: world + n1 + held("web-1", "web", "n2", `"true"`) + deployment("web", 6, spread("web", zone, "")+"\nnodeSelector: {topology.kubernetes.io/zone: z-a}"), want: []string{"rule zone-spread [" + web + "] [] 2 [z-a] map[]"}},
		"a namespaceSelector of everything reaches other namespaces":  {input: world + deployment("web", 1, "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "+host+", namespaceSelector: {}, labelSelector: {matchLabels: {app: db}}}]}}") + "kind: Pod\nmetadata: {name: db, namespace: other, labels: {app: db}}\nspec: {containers: [{}]}", want: []string{"rule host-conflict [other/Pod/db#0] [" + web + "]"}},
		"a namespaceSelector by name needs no Namespace in the input": {input: world + deployment("web", 1, "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "+host+", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}, labelSelector: {matchLabels: {app: db}}}]}}") + "kind: Pod\nmetadata: {name: db, namespace: other, labels: {app: db}}\nspec: {containers: [{}]}", want: []string{"rule host-conflict [other/Pod/db#0] [" + web + "]"}, wantNot: []string{"warning"}},
		"a namespaceSelector reaches pods that stay":                  {input: world + n1 + strings.ReplaceAll(held("db-1", "db", "n1", `"true"`), "namespace: shop", "namespace: other") + deployment("web", 1, "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "+host+", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}, labelSelector: {matchLabels: {app: db}}}]}}"), want: []string{"limit " + web + " podAntiAffinity"}},
		"a namespaceSelector by other labels needs the Namespaces":    {input: world + deployment("web", 1, "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "+host+", namespaceSelector: {matchLabels: {team: red}}, labelSelector: {}}]}}"), want: []string{"warning shop/Deployment/web: a namespaceSelector asks for labels of namespaces"}},
		"a host port is one a node, and keeps others with it away":    {input: world + deployment("web", 2, "initContainers: [{ports: [{hostPort: 80}]}]") + deployment("db", 1, "initContainers: [{ports: [{hostPort: 80, hostIP: 10.0.0.1}]}]"), want: []string{"hostmax " + web + " 1", "hostmax " + db + " 1", "rule host-conflict [" + db + "] [" + web + "]"}},
		"a host port of a pod that stays keeps others off its node":   {input: world + n1 + strings.Replace(held("db-1", "db", "n1", `"true"`), "[{resources", "[{ports: [{hostPort: 80}], resources", 1) + deployment("web", 1, "initContainers: [{ports: [{hostPort: 80}]}]"), want: []string{"limit " + web + " hostPort | 80/TCP: a pod that stays | types [c6i.xlarge g5.xlarge m5.large m5.xlarge m6g.large p4d.24xlarge p5.4xlarge] zones [z-a z-b] terms [on-demand reserved] nodes [n2]"}},
		"on the host's network a container port is a host port":       {input: world + deployment("web", 1, "hostNetwork: true\ninitContainers: [{ports: [{containerPort: 80}]}]"), want: []string{"hostmax " + web + " 1"}},
		"a container port is none":                                    {input: world + deployment("web", 1, "initContainers: [{ports: [{containerPort: 80}]}]"), wantNot: []string{"hostmax"}},
		"affinity to itself and to others follows the others":         {input: world + deployment("web", 3, "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "+host+", labelSelector: {matchExpressions: [{key: app, operator: In, values: [web, db]}]}}]}}") + deployment("db", 1, ""), want: []string{"rule host-follow [" + web + "] [" + db + "]"}, wantNot: []string{"together"}},
		"affinity of two to each other and themselves lies together":  {input: world + podWith("web-1", with("web", host)) + podWith("web-2", with("web", host)+"\npriority: 2"), want: []string{"rule host-together [shop/Deployment/web#0 shop/Deployment/web#1] []"}, wantNot: []string{"follow"}},
		"a spread by host stays off nodes where such pods stay":       {input: world + n1 + held("web-1", "web", "n1", `"true"`) + deployment("web", 6, spread("web", host, "")), want: []string{"allow " + web + " types [c6i.xlarge g5.xlarge m5.large m5.xlarge m6g.large p4d.24xlarge p5.4xlarge] zones [z-a z-b] terms [on-demand reserved] nodes [n2]"}},
		"a host port of another protocol is another port":             {input: world + deployment("web", 2, "initContainers: [{ports: [{hostPort: 80}]}]") + deployment("db", 1, "initContainers: [{ports: [{hostPort: 80, protocol: UDP}]}]"), wantNot: []string{"rule"}},
		"a host port that a DaemonSet has keeps pods off its nodes":   {input: world + deployment("web", 1, "initContainers: [{ports: [{hostPort: 80}]}]") + "kind: DaemonSet\nmetadata: {name: logs, namespace: shop}\nspec: {template: {spec: {nodeSelector: {kubernetes.io/arch: amd64}, containers: [{ports: [{hostPort: 80}]}]}}}", want: []string{"allow " + web + " types [m6g.large]"}},
	})
}

// podWith is a pending pod of the Deployment web with more in its spec.
func podWith(name, spec string) string { return pod(name, "web", "", spec) }

// TestRulesAreSaidOnce counts: two workloads that shun each other are one rule.
func TestRulesAreSaidOnce(t *testing.T) {
	anti := func(app string) string {
		return "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: " + app + "}}}]}}"
	}
	s := snap(t, pool("default", anywhere)+deployment("web", 1, anti("db"))+deployment("db", 1, anti("web")))
	if len(s.Rules) != 1 {
		t.Errorf("%d rules, want 1: %+v", len(s.Rules), s.Rules)
	}
}
