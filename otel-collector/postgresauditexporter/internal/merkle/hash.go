// Package merkle is the Merkle tree of RFC 6962 (section 2.1) over SHA-256, as audit seals and
// checkpoints use it.
package merkle

import (
	"crypto/sha256"
	"math/bits"
)

// Hash is a leaf's, a node's or a tree's hash.
type Hash = [sha256.Size]byte

// The first bytes keep a leaf from passing for a node.
const (
	leafPrefix = 0x00
	nodePrefix = 0x01
)

// LeafHash is the hash of an entry.
func LeafHash(entry []byte) Hash {
	digest := sha256.New()
	digest.Write([]byte{leafPrefix})
	digest.Write(entry)
	return Hash(digest.Sum(nil))
}

// NodeHash is the hash of the node over two subtrees.
func NodeHash(left, right Hash) Hash {
	var node [1 + 2*sha256.Size]byte
	node[0] = nodePrefix
	copy(node[1:], left[:])
	copy(node[1+sha256.Size:], right[:])
	return sha256.Sum256(node[:])
}

// EmptyRoot is the root of a tree without leaves: SHA-256 of nothing.
func EmptyRoot() Hash { return sha256.Sum256(nil) }

// Root is the root of the tree over leaf hashes.
func Root(leaves []Hash) Hash {
	var log Log
	for _, leaf := range leaves {
		log.Append(leaf)
	}
	return log.Root()
}

// Inclusion is the audit path of the leaf at index, from its sibling up. The index must be one of
// the leaves'.
func Inclusion(leaves []Hash, index int) []Hash {
	if len(leaves) == 1 {
		return nil
	}
	split := splitOf(len(leaves))
	if index < split {
		return append(Inclusion(leaves[:split], index), Root(leaves[split:]))
	}
	return append(Inclusion(leaves[split:], index-split), Root(leaves[:split]))
}

// RootOfInclusion is the root that a tree of so many leaves has when the leaf at index has this audit
// path. It answers false when no tree of this size has a path of this length there.
func RootOfInclusion(leaf Hash, index, size int, path []Hash) (Hash, bool) {
	if index < 0 || index >= size {
		return Hash{}, false
	}
	if size == 1 {
		return leaf, len(path) == 0
	}
	if len(path) == 0 {
		return Hash{}, false
	}
	sibling, rest, split := path[len(path)-1], path[:len(path)-1], splitOf(size)
	if index < split {
		left, ok := RootOfInclusion(leaf, index, split, rest)
		return NodeHash(left, sibling), ok
	}
	right, ok := RootOfInclusion(leaf, index-split, size-split, rest)
	return NodeHash(sibling, right), ok
}

// splitOf is the largest power of two below size, which must be at least 2.
func splitOf(size int) int { return 1 << (bits.Len(uint(size-1)) - 1) }
