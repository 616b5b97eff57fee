package postgresauditexporter

import (
	"slices"
	"sync"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
	"telltale.dev/otelcol/postgresauditexporter/internal/seallog"
)

// sealer is one run of this exporter as its seals know it. It numbers the seals in its own memory, so
// that transactions on several connections need not wait for each other. What it knows of a number:
// never used, taken by a transaction, free again because that failed, uncertain because nobody knows,
// or committed and in the log.
type sealer struct {
	id  [16]byte
	log seallog.Log

	mutex sync.Mutex
	// opened is set once audit.sealers has its row.
	opened    bool
	next      uint64
	free      []uint64
	uncertain []uncertainSeal
}

// uncertainSeal was sent, and the answer to its commit was lost.
type uncertainSeal struct {
	number uint64
	leaves int
	root   merkle.Hash
}

func newSealer() *sealer { return &sealer{id: newUUID()} }

// take answers with the number of the next seal: one that failed, or else a new one.
func (s *sealer) take() uint64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.free) > 0 {
		number := s.free[0]
		s.free = s.free[1:]
		return number
	}
	number := s.next
	s.next++
	return number
}

// failed gives a number back whose transaction certainly wrote nothing.
func (s *sealer) failed(number uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	at, _ := slices.BinarySearch(s.free, number)
	s.free = slices.Insert(s.free, at, number)
}

// lost remembers a number whose transaction may have been committed.
func (s *sealer) lost(seal uncertainSeal) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.uncertain = append(s.uncertain, seal)
}

// committed enters a seal into the log. It fails only if the number is there already, which would
// mean that this exporter used it twice.
func (s *sealer) committed(number uint64, leaves int, recordedAt time.Time, root merkle.Hash) error {
	return s.log.Append(number, sealText(s.id, number, leaves, recordedAt, root))
}

// takeUnsettled answers with the numbers that have to be settled in the database: those that are
// uncertain and, when holes is set, also those that are free below one that was used. Whoever takes
// them gives back what could not be settled.
func (s *sealer) takeUnsettled(holes bool) []uncertainSeal {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	unsettled := s.uncertain
	s.uncertain = nil
	if holes && len(s.free) > 0 {
		empty := merkle.EmptyRoot()
		for _, number := range s.free {
			unsettled = append(unsettled, uncertainSeal{number: number, root: empty})
		}
		s.free = nil
	}
	return unsettled
}

func (s *sealer) isOpened() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.opened
}

func (s *sealer) setOpened() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.opened = true
}

// isComplete says whether every committed seal is in the log and none is uncertain.
func (s *sealer) isComplete() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.uncertain) == 0 && s.log.Waiting() == 0
}
