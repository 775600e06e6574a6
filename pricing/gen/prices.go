package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/pricing"
)

// Where the prices come from, whichever copy of them is read. A newer version is a change of these three lines.
const (
	pricesModule  = "github.com/aws/karpenter-provider-aws"
	pricesVersion = "v1.15.0"
	pricesDate    = "2026-07-20" // "generated at 2026-07-20T13:44:30Z for us-east-1", in the file itself
)

const (
	pricesFile   = "pkg/providers/pricing/zz_generated.pricing_aws.go"
	pricesVar    = "InitialOnDemandPricesAWS"
	pricesRegion = "us-east-1"
)

// readPricesModule downloads a module through the go command and reads its price table.
func readPricesModule(module string) (map[string]pricing.Micro, error) {
	if module != pricesModule+"@"+pricesVersion {
		return nil, fmt.Errorf("%s: the price table is described as that of %s@%s; change prices.go along with it", module, pricesModule, pricesVersion)
	}
	dir, err := downloadModule(module)
	if err != nil {
		return nil, err
	}
	source, err := os.ReadFile(filepath.Join(dir, pricesFile))
	if err != nil {
		return nil, fmt.Errorf("read the price table: %w", err)
	}
	return parsePrices(source)
}

// downloadModule returns the module's folder in the module cache. It runs in an empty module, so that go.mod stays as it is.
func downloadModule(module string) (string, error) {
	empty, err := os.MkdirTemp("", "tenon-pricing-gen-")
	if err != nil {
		return "", fmt.Errorf("download %s: %w", module, err)
	}
	defer os.RemoveAll(empty)
	if err := os.WriteFile(filepath.Join(empty, "go.mod"), []byte("module empty\n\ngo 1.26\n"), 0o600); err != nil {
		return "", fmt.Errorf("download %s: %w", module, err)
	}
	command := exec.Command("go", "mod", "download", "-json", module)
	command.Dir = empty
	output, err := command.Output()
	var answer struct{ Dir, Error string }
	if decodeErr := json.Unmarshal(output, &answer); decodeErr == nil && answer.Error != "" {
		return "", fmt.Errorf("download %s: %s", module, answer.Error)
	}
	if err != nil || answer.Dir == "" {
		return "", fmt.Errorf("download %s: %w", module, err)
	}
	return answer.Dir, nil
}

// parsePrices reads the table from Go source: map[string]map[type]float64, a literal of literals. The numbers are taken as
// text and never become floats.
func parsePrices(source []byte) (map[string]pricing.Micro, error) {
	file, err := parser.ParseFile(token.NewFileSet(), pricesFile, source, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("parse the price table: %w", err)
	}
	if !generatedOn(file, pricesDate) {
		return nil, fmt.Errorf("%s does not say that it was generated at %s for %s", pricesFile, pricesDate, pricesRegion)
	}
	table := findRegion(file)
	if table == nil {
		return nil, fmt.Errorf("%s has no literal %s[%q]", pricesFile, pricesVar, pricesRegion)
	}
	prices := map[string]pricing.Micro{}
	for _, element := range table.Elts {
		name, value, ok := pair(element)
		literal, isLiteral := value.(*ast.BasicLit)
		if !ok || !isLiteral {
			return nil, fmt.Errorf("%s: an entry is not a name and a number", pricesFile)
		}
		price, err := pricing.ParseMicro(literal.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", pricesFile, name, err)
		}
		prices[name] = price
	}
	return prices, nil
}

// generatedOn looks for the comment that dates the table.
func generatedOn(file *ast.File, date string) bool {
	for _, group := range file.Comments {
		text := group.Text()
		if strings.Contains(text, "generated at "+date) && strings.Contains(text, "for "+pricesRegion) {
			return true
		}
	}
	return false
}

// findRegion finds the literal of the region's prices inside that of all regions.
func findRegion(file *ast.File) *ast.CompositeLit {
	var found *ast.CompositeLit
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || spec.Names[0].Name != pricesVar || len(spec.Values) != 1 {
			return true
		}
		regions, ok := spec.Values[0].(*ast.CompositeLit)
		if !ok {
			return false
		}
		for _, element := range regions.Elts {
			if name, value, ok := pair(element); ok && name == pricesRegion {
				found, _ = value.(*ast.CompositeLit)
			}
		}
		return false
	})
	return found
}

// pair takes a "key": value element apart.
func pair(element ast.Expr) (key string, value ast.Expr, ok bool) {
	keyed, ok := element.(*ast.KeyValueExpr)
	if !ok {
		return "", nil, false
	}
	literal, ok := keyed.Key.(*ast.BasicLit)
	if !ok {
		return "", nil, false
	}
	key, err := strconv.Unquote(literal.Value)
	return key, keyed.Value, err == nil
}

// replacePrices gives every machine the module's price, or none where the module has none, and notes each difference.
func replacePrices(machines []machine, prices map[string]pricing.Micro) []string {
	var notes []string
	for i := range machines {
		var before, after []pricing.Offering
		before = machines[i].Offerings
		if price, ok := prices[machines[i].Name]; ok {
			after = onDemand(price)
		}
		machines[i].Offerings = after
		if priceText(before) != priceText(after) {
			notes = append(notes, fmt.Sprintf("%s: the table says %s, the module %s", machines[i].Name, priceText(before), priceText(after)))
		}
	}
	return append(notes, fmt.Sprintf("prices: %d in the module, %d of %d machines differ from the table", len(prices), len(notes), len(machines)))
}

func priceText(offerings []pricing.Offering) string {
	if len(offerings) == 0 {
		return "nothing"
	}
	return offerings[0].PriceMicro.String()
}
