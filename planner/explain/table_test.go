package explain_test

import (
	"testing"

	"github.com/tenon-sh/tenon/planner/explain"
)

func TestTableGolden(t *testing.T) {
	golden(t, "table_shop", func() string { return explain.Table(shop(), explain.Options{}) })
	golden(t, "table_shop_wide", func() string { return explain.Table(shop(), explain.Options{Wide: true, Width: 120}) })
	golden(t, "table_shop_color", func() string { return explain.Table(shop(), explain.Options{Color: true}) })
	golden(t, "table_empty", func() string { return explain.Table(empty(), explain.Options{}) })
}
