package engine

// Dealt is for the tests of this package.
var Dealt = dealt
