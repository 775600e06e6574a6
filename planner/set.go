package planner

import "math/bits"

// Set is a set of small non-negative integers (indices of a Snapshot's Offers), as a bitset.
// The zero value is the empty set. Methods that return a Set never alias their receiver.
type Set []uint64

// NewSet returns the set of all integers in [0, n).
func NewSet(n int) Set {
	s := make(Set, (n+63)/64)
	for i := range n {
		s.Add(i)
	}
	return s
}

// Add puts i into the set, growing it where needed.
func (s *Set) Add(i int) {
	for len(*s) <= i/64 {
		*s = append(*s, 0)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

// Has reports whether i is in the set.
func (s Set) Has(i int) bool {
	return i >= 0 && i/64 < len(s) && s[i/64]&(1<<(i%64)) != 0
}

// Len returns the number of members.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// And returns the intersection of s and t.
func (s Set) And(t Set) Set {
	out := make(Set, min(len(s), len(t)))
	for i := range out {
		out[i] = s[i] & t[i]
	}
	return out
}

// Members returns the members in ascending order.
func (s Set) Members() []int {
	out := make([]int, 0, s.Len())
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			out = append(out, i*64+bits.TrailingZeros64(w))
		}
	}
	return out
}

// Equal reports whether s and t have the same members.
func (s Set) Equal(t Set) bool {
	for i := range max(len(s), len(t)) {
		var a, b uint64
		if i < len(s) {
			a = s[i]
		}
		if i < len(t) {
			b = t[i]
		}
		if a != b {
			return false
		}
	}
	return true
}
