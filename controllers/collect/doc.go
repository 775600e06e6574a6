// Package collect reads a dump of a cluster, as kubectl prints it, into kube.Objects.
//
// Read takes files, folders (their .yaml, .yml and .json files, also with .gz, in the order of their paths) and "-" for
// standard input. Gzip is told by its first bytes, not by the name. A file is YAML or JSON: one object, a List, a typed
// list such as PodList, several documents, or objects one after the other.
//
// # How a dump of 100,000 pods stays small
//
// Nothing holds a whole file. A splitter cuts the stream into items: in YAML line by line, where kubectl's own layout
// (block style, "items:" at the left edge) shows where an item ends; in JSON with the decoder's tokens. Workers then
// prune an item's text of what planning never reads (managed fields, annotations, images, probes, statuses), parse the
// rest, and reduce it (kube.ReducePod). The results are taken in the order of the input, so that the answer does not
// depend on which worker was faster. YAML of another layout (flow style) is read as one document by the YAML parser;
// Options.DocumentBytes bounds that.
//
// # What it refuses
//
// Broken input is one line that names file, item, object, field and the fix, and wraps ErrInput. Every size has a limit
// in Options with a documented default; a limit that is hit says which option it is. YAML aliases that expand too far are
// refused by the parser.
//
// # What it lets pass
//
// An object of a kind that planning has no use for is counted and named in a note. Of two objects with the same kind,
// namespace and name the one with the higher resourceVersion counts, and the later one where they are equal or not
// given; a note says so: it happens where two dumps overlap, and is no reason to refuse both.
package collect
