package binpack

// Memory is what a solver remembers from one problem to the next. The zero value remembers nothing. It is not safe
// for concurrent use.
type Memory struct {
}
