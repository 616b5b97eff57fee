// Package seallog keeps the log of a sealer's committed seals in memory: what a checkpoint signs comes
// from here and never from the database.
package seallog

import (
	"fmt"
	"sync"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// Log is an RFC 6962 log whose entries are the texts of seals. Transactions end in any order, so a
// seal may come before the one whose number precedes its own; it counts once there is no hole before
// it. The zero value is an empty log, and it may be used by several goroutines.
type Log struct {
	mutex   sync.Mutex
	tree    merkle.Log
	waiting map[uint64]merkle.Hash
}

// Append enters the text of a committed seal under its number. Each number may come once.
func (l *Log) Append(number uint64, text string) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if _, twice := l.waiting[number]; twice || number < l.tree.Size() {
		return fmt.Errorf("seal %d is in the log already", number)
	}
	if l.waiting == nil {
		l.waiting = map[uint64]merkle.Hash{}
	}
	l.waiting[number] = merkle.LeafHash([]byte(text))
	for {
		next := l.tree.Size()
		leaf, found := l.waiting[next]
		if !found {
			return nil
		}
		delete(l.waiting, next)
		l.tree.Append(leaf)
	}
}

// Prefix is the size and the root of the log as far as it has no hole.
func (l *Log) Prefix() (size uint64, root merkle.Hash) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.tree.Size(), l.tree.Root()
}

// Waiting is how many seals lie behind a hole.
func (l *Log) Waiting() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return len(l.waiting)
}
