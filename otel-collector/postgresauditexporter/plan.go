package postgresauditexporter

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// conflict is a record whose id is stored with other content.
type conflict struct {
	row        *row
	storedHash [sha256.Size]byte
}

// conflictKey is the primary key of audit.conflicts.
type conflictKey struct {
	recordID [16]byte
	hash     [sha256.Size]byte
}

// known is what the database has said to be stored already.
type known struct {
	records     map[[16]byte][sha256.Size]byte
	conflicts   map[conflictKey]bool
	quarantined map[[sha256.Size]byte]bool
}

func newKnown() *known {
	return &known{
		records:     map[[16]byte][sha256.Size]byte{},
		conflicts:   map[conflictKey]bool{},
		quarantined: map[[sha256.Size]byte]bool{},
	}
}

// plan is what one transaction inserts, in the order of its leaves.
type plan struct {
	records     []*row
	conflicts   []conflict
	quarantined []*quarantineRow
	leaves      []merkle.Hash
	root        merkle.Hash
	counts      appendCounts
}

// appendCounts says what became of the records of one transaction.
type appendCounts struct {
	inserted, duplicate, conflict, quarantined int
	// notices are records of ours that say so of a quarantine.
	notices int
}

func (c *appendCounts) add(other appendCounts) {
	c.inserted += other.inserted
	c.duplicate += other.duplicate
	c.conflict += other.conflict
	c.quarantined += other.quarantined
	c.notices += other.notices
}

// makePlan takes every item for new that is not known to be stored. Of several with one id in the
// batch the first wins, the others are its duplicates or conflicts. When something new goes to
// quarantine, notice makes the audit record that says so.
func makePlan(items []*item, k *known, notice func(quarantined []*quarantineRow) *row) plan {
	var p plan
	taken := make(map[[16]byte][sha256.Size]byte, len(items))
	conflicts := map[conflictKey]bool{}
	quarantined := map[[sha256.Size]byte]bool{}
	for _, each := range items {
		if each.bad != nil {
			p.counts.quarantined++
			if hash := each.bad.rawHash; !k.quarantined[hash] && !quarantined[hash] {
				quarantined[hash] = true
				p.quarantined = append(p.quarantined, each.bad)
			}
			continue
		}
		r := each.row
		stored, found := k.records[r.recordID]
		if !found {
			stored, found = taken[r.recordID]
		}
		if !found {
			taken[r.recordID] = r.evidence.hash
			p.records = append(p.records, r)
			p.counts.inserted++
			continue
		}
		if stored == r.evidence.hash {
			p.counts.duplicate++
			continue
		}
		p.counts.conflict++
		key := conflictKey{r.recordID, r.evidence.hash}
		if !k.conflicts[key] && !conflicts[key] {
			conflicts[key] = true
			p.conflicts = append(p.conflicts, conflict{r, stored})
		}
	}
	if len(p.quarantined) > 0 {
		p.records = append(p.records, notice(p.quarantined))
		p.counts.notices++
	}
	p.seal()
	return p
}

// seal puts everything in its order and computes the leaves.
func (p *plan) seal() {
	slices.SortFunc(p.records, func(a, b *row) int { return bytes.Compare(a.recordID[:], b.recordID[:]) })
	slices.SortFunc(p.conflicts, func(a, b conflict) int {
		if order := bytes.Compare(a.row.recordID[:], b.row.recordID[:]); order != 0 {
			return order
		}
		return bytes.Compare(a.row.evidence.hash[:], b.row.evidence.hash[:])
	})
	slices.SortFunc(p.quarantined, func(a, b *quarantineRow) int {
		return bytes.Compare(a.rawHash[:], b.rawHash[:])
	})
	p.leaves = make([]merkle.Hash, 0, len(p.records)+len(p.conflicts)+len(p.quarantined))
	for _, r := range p.records {
		p.leaves = append(p.leaves, recordLeaf(r))
	}
	for _, c := range p.conflicts {
		p.leaves = append(p.leaves, conflictLeaf(c))
	}
	for _, q := range p.quarantined {
		p.leaves = append(p.leaves, quarantineLeaf(q))
	}
	p.root = merkle.Root(p.leaves)
}

// joinedLeaves is the column audit.seals.leaves.
func (p *plan) joinedLeaves() []byte {
	joined := make([]byte, 0, len(p.leaves)*sha256.Size)
	for _, leaf := range p.leaves {
		joined = append(joined, leaf[:]...)
	}
	return joined
}
