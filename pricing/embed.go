package pricing

import (
	"bytes"
	_ "embed"
	"fmt"
	"sync"
)

//go:generate go run ./gen -facts ../../shared/facts/aws/instance-types.csv -out zz_generated.catalog.csv

// embedded is written by pricing/gen; its first lines say where each figure comes from and from when.
//
//go:embed zz_generated.catalog.csv
var embedded []byte

var decoded = sync.OnceValue(func() Catalog {
	catalog, err := ParseCSV(bytes.NewReader(embedded), "zz_generated.catalog.csv")
	if err != nil {
		panic(fmt.Sprintf("pricing: the embedded catalogue is broken; run go generate ./pricing: %v", err))
	}
	return catalog
})

// Embedded is the AWS catalogue that is compiled in: 1,363 EC2 types, 1,345 of them with their Linux on-demand price in
// us-east-1. It holds no spot prices and no reservations: those differ by account and hour, so the user brings them.
// Each call returns a copy of its own.
func Embedded() Catalog { return decoded().Clone() }

// Default is the catalogue that Tenon plans with when nobody names another: at present the embedded one.
func Default() Catalog { return Embedded() }
