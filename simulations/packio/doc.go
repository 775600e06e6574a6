// Package packio reads plain packing instances, in the forms in which they are published, into a
// model.Problem, so that anyone can compare solvers on the same files.
//
// # Forms
//
// All are texts of whole numbers; where a form is made of numbers only, line breaks mean nothing.
//
// vbp, of VPSolver (one kind of bin, at a cost of 1):
//
//	dimensions
//	capacity in each dimension
//	kinds of items
//	size in each dimension, then demand      (for each kind of item)
//
// mvp, of VPSolver (several kinds of bins; the ending .mvbp is read as the same):
//
//	dimensions
//	kinds of bins
//	capacity in each dimension, then cost, then quantity (-1: no limit)  (for each kind of bin)
//	kinds of items
//	choices, then demand                     (for each kind of item)
//	size in each dimension                   (for each choice)
//
// VPSolver also writes mvp between "#INSTANCE_BEGIN# $INSTANCE{" and "}; … #INSTANCE_END#", with
// options behind it. BINARY{1} (no item twice in a bin) is obeyed, VTYPE{C} (fractional bins) is
// refused, and those that steer VPSolver's own method (METHOD, RELAX, CTYPE) change no answer and
// are passed over. See github.com/fdabrandao/vpsolver, src/instance.cpp.
//
// bpplib, of Delorme, Iori and Martello's library (one dimension, one kind of bin, at a cost of 1):
//
//	items
//	capacity
//	size                                     (for each item; or "size demand", one kind a line)
//
// baldi, of Baldi, Crainic, Perboli and Tadei's generalised bin packing (one dimension):
//
//	BINTYPES kinds of bins
//	ITEMS items
//	BINS_SECTIONS
//	id cost capacity min max                 (for each kind of bin)
//	ITEMS_SECTIONS
//	id weight profit compulsory              (for each item)
//
// NAME and COMMENT lines are passed over. Of each bin there are max; in the published TIPO0 files
// max is what it takes to hold all items in bins of that kind alone, rounded up, and no min is set.
//
// # What becomes of them
//
// Items of equal size become one kind with a count, in the order in which they first appear. What
// is demanded zero times and bins of which there are none are left out; Instance.BinIDs says which
// bin of the file each bin of the problem was. An item that fits no bin is no fault of the file:
// whoever solves the problem reports it as unplaced.
//
// # What it refuses
//
// Items with several choices of size, optional items, and bins that must be used are other
// problems than binpack's, and are refused by name. So are texts beyond MaxBytes, numbers beyond
// model.MaxAmount, and files with something left over behind the last item. Every refusal names
// file and line.
package packio
