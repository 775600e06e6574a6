// Package usage reads recorded usage into the series of planner/usage.
//
// Open takes files, folders and "-" for standard input, and tells by their content what they are: CSV of samples, a file of
// the recorded alibaba-genai-v2026, or VPA checkpoints. Prometheus takes a server. Both make a Source, and Read hands what
// it holds to a sink, series by series, in chunks: nothing holds a whole file, and every size has a limit in Options.
//
// # What it does with what is wrong
//
// A reader finds what cannot be read: a line with too few fields, a name that Kubernetes would not allow, a metric that is
// none. It counts them as Faults with the first example of each and goes on, up to Options.BadLines; past that, and for a
// file that is something else altogether (a login page, a table cut off in the middle), the answer is one line that names file,
// line and fix, and wraps ErrInput. What can be read and cannot be true (NaN, negative, out of order, a duplicate) is left to
// usage.Clean, so that every reader is treated with the same suspicion. Nothing is made up for what is missing, and what
// a server leaves out is said in a note.
//
// docs/usage.md has the CSV's columns, units, and the metrics that Prometheus must have.
package usage
