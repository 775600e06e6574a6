package explain_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/explain"
)

func report(t *testing.T, p planner.Plan) string {
	t.Helper()
	out, err := explain.HTML(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// The golden report is a file to be opened in a browser: testdata/report_shop.html.
func TestHTMLGolden(t *testing.T) {
	goldenFile(t, "report_shop.html", func() string { return report(t, shop()) })
	goldenFile(t, "report_empty.html", func() string { return report(t, empty()) })
}

// allowed lists every element and attribute that the report may hold. Text of a Plan that broke out of its place would
// show as something else: a script, an event handler, an address.
var allowed = map[string]string{
	"html": "lang", "head": "", "meta": "charset http-equiv content name", "title": "", "style": "", "script": "", "body": "",
	"header": "", "main": "", "section": "aria-labelledby", "nav": "aria-label", "h1": "", "h2": "id", "h3": "", "p": "class", "span": "class",
	"a": "href title data-w", "code": "", "small": "", "ul": "class aria-label", "li": "class", "dl": "class", "div": "class role tabindex aria-labelledby",
	"dt": "", "dd": "class", "table": "class id", "caption": "id", "thead": "", "tbody": "", "tr": "id class", "th": "scope class title data-v", "td": "class data-v",
	"svg":  "class width height x role aria-label aria-hidden focusable data-w",
	"defs": "", "pattern": "id width height patternUnits patternTransform", "rect": "class width height", "text": "x y", "line": "x1 x2 y1 y2",
}

// audit reads a report as a browser's parser would and returns what is wrong with its structure.
func audit(html string) (faults []string) {
	fault := func(format string, args ...string) { faults = append(faults, format+": "+strings.Join(args, " ")) }
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	ids, targets, count := map[string]int{}, map[string]bool{}, map[string]int{}
	var open []string
	heading := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fault("cannot be parsed", err.Error())
			return faults
		}
		switch e := token.(type) {
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.StartElement:
			name := e.Name.Local
			inside := slices.Contains(open, "svg")
			open = append(open, name)
			if name != "title" || !inside {
				count[name]++
			}
			if _, ok := allowed[name]; !ok {
				fault("element not allowed", name)
			}
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = a.Value
				if !slices.Contains(strings.Fields(allowed[name]), a.Name.Local) {
					fault("attribute not allowed", name, a.Name.Local, a.Value)
				}
			}
			if id := attributes["id"]; id != "" {
				ids[id]++
			}
			if href, ok := attributes["href"]; ok {
				targets[href] = true
			}
			for _, text := range readable(name, attributes, inside, &heading) {
				fault(text, name)
			}
		}
	}
	if len(open) != 0 {
		fault("elements left open", open...)
	}
	for id, n := range ids {
		if n > 1 {
			fault("id used twice", id)
		}
	}
	for target := range targets {
		if !strings.HasPrefix(target, "#") || ids[target[1:]] == 0 {
			fault("link to nowhere in the file", target)
		}
	}
	for _, once := range []string{"html", "head", "title", "style", "script", "body", "main", "h1"} {
		if count[once] != 1 {
			fault("not exactly one", once)
		}
	}
	return faults
}

// readable returns what keeps an element from being understood by who cannot see it. heading is the level of the last one.
func readable(name string, attributes map[string]string, insideSVG bool, heading *int) (faults []string) {
	picture := attributes["role"] == "img" && attributes["aria-label"] != ""
	if name == "svg" && !insideSVG && !picture && attributes["aria-hidden"] != "true" {
		faults = append(faults, "picture without words")
	}
	if name == "th" && attributes["scope"] == "" {
		faults = append(faults, "head cell without scope")
	}
	if len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6' {
		level := int(name[1] - '0')
		if level > *heading+1 {
			faults = append(faults, "heading skips a level")
		}
		*heading = level
	}
	return faults
}

func TestHTMLStructure(t *testing.T) {
	for claim, p := range map[string]planner.Plan{
		"a plan of everything":        shop(),
		"a plan of nothing":           empty(),
		"a zero Plan":                 {},
		"a plan past all of the caps": fleet(1600, 1100),
	} {
		t.Run(claim, func(t *testing.T) {
			for _, fault := range cutFaults(audit(report(t, p))) {
				t.Error(fault)
			}
		})
	}
}

func cutFaults(faults []string) []string { return faults[:min(len(faults), 10)] }

// The audit is only worth something if it sees what it is there for.
func TestAuditSeesFaults(t *testing.T) {
	good := report(t, shop())
	for claim, tc := range map[string]struct{ find, replace, want string }{
		"a second script":           {"<main>", "<main><script>1</script>", "not exactly one: script"},
		"an event handler":          {"<main>", `<main onclick="x()">`, "attribute not allowed: main onclick"},
		"an address elsewhere":      {`href="#h-waste"`, `href="https://example.com"`, "link to nowhere"},
		"an image":                  {"<main>", `<main><img alt="x">`, "element not allowed: img"},
		"a style attribute":         {"<main>", `<main style="x">`, "attribute not allowed: main style"},
		"a picture without words":   {`role="img" aria-label="CPU`, `data-w="CPU`, "picture without words"},
		"a heading that is skipped": {"<h2 id=\"h-cost\">What it costs</h2>", "<h4>x</h4>", "heading skips"},
	} {
		t.Run(claim, func(t *testing.T) {
			bad := strings.Replace(good, tc.find, tc.replace, 1)
			if bad == good {
				t.Fatalf("%q is not in the report", tc.find)
			}
			faults := strings.Join(audit(bad), "\n")
			if !strings.Contains(faults, tc.want) && !strings.Contains(faults, "cannot be parsed") {
				t.Errorf("the audit finds %q, want %q", faults, tc.want)
			}
		})
	}
}

// The policy names the hash of what stands between the tags, to the byte: a browser compares just that.
func TestHTMLPolicy(t *testing.T) {
	html := report(t, shop())
	for _, tag := range []string{"style", "script"} {
		_, rest, _ := strings.Cut(html, "<"+tag+">")
		text, _, found := strings.Cut(rest, "</"+tag+">")
		if !found || len(text) < 100 {
			t.Fatalf("no %s of its own in the report", tag)
		}
		digest := sha256.Sum256([]byte(text))
		want := tag + "-src &#39;sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(digest[:]), "+", "&#43;") + "&#39;"
		if !strings.Contains(html, want) {
			t.Errorf("the policy does not hold %q", want)
		}
	}
	if !strings.Contains(html, "default-src &#39;none&#39;") {
		t.Error("the policy does not begin with default-src 'none'")
	}
}

var address = regexp.MustCompile(`(?i)(src|href|action|data|poster|xlink:href)\s*=\s*["']?\s*(https?:|//|data:|javascript:|file:)|@import|url\(["']?[^#"']`)

func TestHTMLLoadsNothing(t *testing.T) {
	if found := address.FindString(report(t, shop())); found != "" {
		t.Errorf("the report refers to something outside itself: %q", found)
	}
	if !address.MatchString(`<script src="https://x">`) {
		t.Error("the pattern does not see a script from elsewhere")
	}
}

func TestHTMLStaysUsableWhenLarge(t *testing.T) {
	html := report(t, fleet(1600, 3000))
	const most = 2_250_000
	if len(html) > most {
		t.Errorf("the report of 1,600 kinds of node and 3,000 workloads has %d bytes, want at most %d", len(html), most)
	}
	if got := strings.Count(html, `<li class="box">`); got != 200 {
		t.Errorf("%d kinds of node are drawn, want 200", got)
	}
	for _, want := range []string{"1400 cheaper kinds of node are not drawn", "100 more rows are in plan.json", "2000 more rows are in plan.json"} {
		if !strings.Contains(html, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

// MIG slices are drawn where they lie: a 3g.20gb at slice 4 of 8 begins in the middle and takes half the card.
func TestHTMLDrawsSlicesInPlace(t *testing.T) {
	html := report(t, shop())
	for claim, want := range map[string]string{
		"4g at slice 0 is the first half":              `<svg x="0%" width="50%" class="c\d+" data-w="\d+"><rect width="100%" height="100%"/><text[^>]*>4g[^<]*</text><title>4g.20gb: ml/Deployment/whisper</title>`,
		"3g at slice 4 is the second half":             `<svg x="50%" width="50%" class="c\d+" data-w="\d+"><rect width="100%" height="100%"/><text[^>]*>3g[^<]*</text><title>3g.20gb: ml/Deployment/vision</title>`,
		"1g at slice 6 leaves slice 7 free":            `<svg x="75%" width="12.5%" class="c\d+"[^>]*>.*?<title>1g.5gb: ml/Deployment/embedder</title></svg><svg x="87.5%" width="12.5%" class="free">`,
		"a made instance that nobody has is hatched":   `<svg x="37.5%" width="12.5%" class="idle">`,
		"slices in use today are drawn as staying":     `<svg x="50%" width="50%" class="stay">`,
		"a share of 460 thousandths is 46 % of a card": `<svg x="0%" width="46%" class="c\d+"[^>]*>.*?<title>460/1000: ml/Deployment/ocr</title>`,
		"an idle card is free from end to end":         `aria-label="GPU 6-7, idle: idle"><svg x="0%" width="100%" class="free">`,
	} {
		if !regexp.MustCompile(want).MatchString(html) {
			t.Errorf("%s: the report does not match %s", claim, want)
		}
	}
}
