package merkle

import "math/bits"

// Log is a tree that only grows. It keeps the roots of its complete subtrees and no leaves, so that
// a log of any length takes a few hundred bytes. The zero value is an empty log; a copy made with
// Clone goes its own way.
type Log struct {
	size uint64
	// peaks are the roots of the complete subtrees, the largest first: one for each 1 bit of size.
	peaks []Hash
}

// Append adds a leaf hash.
func (l *Log) Append(leaf Hash) {
	// Each trailing 1 bit is a complete subtree as large as what is being carried.
	for range bits.TrailingZeros64(l.size + 1) {
		last := len(l.peaks) - 1
		leaf = NodeHash(l.peaks[last], leaf)
		l.peaks = l.peaks[:last]
	}
	l.peaks = append(l.peaks, leaf)
	l.size++
}

// Size is the number of leaves.
func (l *Log) Size() uint64 { return l.size }

// Root is the root of the tree as it is now.
func (l *Log) Root() Hash {
	if l.size == 0 {
		return EmptyRoot()
	}
	root := l.peaks[len(l.peaks)-1]
	for index := len(l.peaks) - 2; index >= 0; index-- {
		root = NodeHash(l.peaks[index], root)
	}
	return root
}

// Clone is a log of the same leaves.
func (l *Log) Clone() *Log {
	return &Log{size: l.size, peaks: append([]Hash(nil), l.peaks...)}
}
