package pricing

import (
	"bytes"
	"go/doc"
	"go/parser"
	"go/token"
	"regexp"
	"testing"
)

// The package documentation is the schema that users read, so it names every column that the parser knows.
func TestPackageDocumentationNamesEveryColumn(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	synopsis := new(doc.Package).Synopsis(file.Doc.Text())
	if want := "Package pricing says which machines can be had, how large they are, and what an hour of each costs."; synopsis != want {
		t.Errorf("got synopsis %q, want %q", synopsis, want)
	}
	for _, column := range Columns() {
		if !regexp.MustCompile(`\b` + column.Name + `\b`).MatchString(file.Doc.Text()) {
			t.Errorf("the package documentation does not mention the column %q", column.Name)
		}
		if column.Doc == "" || column.Field == "" {
			t.Errorf("the column %q lacks a sentence or a JSON name", column.Name)
		}
	}
}

func BenchmarkEmbedded(b *testing.B) {
	for b.Loop() {
		if len(Embedded().Types) == 0 {
			b.Fatal("no types")
		}
	}
}

func BenchmarkParseEmbedded(b *testing.B) {
	text := Embedded().FormatCSV()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := ParseCSV(bytes.NewReader(text), "bench"); err != nil {
			b.Fatal(err)
		}
	}
}
