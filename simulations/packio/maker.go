package packio

import (
	"encoding/binary"

	"github.com/tenon-sh/tenon/binpack/model"
)

// maker gathers bins and items into a Problem, equal items into one kind.
type maker struct {
	problem *model.Problem
	binIDs  []int64
	kinds   map[string]int // size in bytes → index of the item
	key     []byte
	binMax  int64
	total   int64 // of all counts
}

func newMaker() *maker {
	return &maker{problem: &model.Problem{Classes: 1, Domains: 1}, kinds: map[string]int{}}
}

// bin adds a kind of bin; quantity -1 is no limit, and 0 means that there is none.
func (m *maker) bin(id int64, capacity []int64, cost, quantity int64) {
	if quantity == 0 {
		return
	}
	m.problem.Bins = append(m.problem.Bins, model.Bin{Cap: capacity, Price: cost, Max: max(quantity, 0), Card: -1})
	m.binIDs = append(m.binIDs, id)
}

// item adds a demand for items of one size. It reports false when all demands together pass model.MaxAmount.
func (m *maker) item(size []int64, demand int64) bool {
	if demand == 0 {
		return true
	}
	if m.total += demand; m.total > model.MaxAmount {
		return false
	}
	m.key = m.key[:0]
	for _, s := range size {
		m.key = binary.LittleEndian.AppendUint64(m.key, uint64(s))
	}
	at, ok := m.kinds[string(m.key)]
	if !ok {
		at = len(m.problem.Items)
		m.kinds[string(m.key)] = at
		m.problem.Items = append(m.problem.Items, model.Item{Size: size, Classes: []int{0}, BinMax: m.binMax})
	}
	m.problem.Items[at].Count += demand
	return true
}
