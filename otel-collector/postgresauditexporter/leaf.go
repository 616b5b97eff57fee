package postgresauditexporter

import (
	"encoding/base64"
	"fmt"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// The first byte of a leaf's entry says which table the row is in.
const (
	recordEntry     = 'R'
	conflictEntry   = 'X'
	quarantineEntry = 'Q'
)

func recordLeaf(r *row) merkle.Hash {
	entry := append(make([]byte, 0, 128), recordEntry)
	entry = append(entry, r.recordID[:]...)
	entry = append(entry, r.evidence.hash[:]...)
	return merkle.LeafHash(appendOrigin(entry, r))
}

func conflictLeaf(c conflict) merkle.Hash {
	entry := append(make([]byte, 0, 160), conflictEntry)
	entry = append(entry, c.row.recordID[:]...)
	entry = append(entry, c.row.evidence.hash[:]...)
	entry = append(entry, c.storedHash[:]...)
	return merkle.LeafHash(appendOrigin(entry, c.row))
}

func quarantineLeaf(q *quarantineRow) merkle.Hash {
	entry := append(make([]byte, 0, 160), quarantineEntry)
	entry = append(entry, q.rawHash[:]...)
	if q.ingestedBy != nil {
		entry = append(entry, *q.ingestedBy...)
	}
	entry = append(entry, 0)
	return merkle.LeafHash(append(entry, q.reason...))
}

// appendOrigin says who made the evidence and who was let in with it.
func appendOrigin(entry []byte, r *row) []byte {
	if r.evidence.by == byProducer {
		entry = append(entry, 'P')
	} else {
		entry = append(entry, 'C')
	}
	if r.ingestedBy != nil {
		entry = append(entry, *r.ingestedBy...)
	}
	return entry
}

// sealText is what a sealer's log holds for one seal: docs/design/audit.md, section 6.
func sealText(sealerID [16]byte, number uint64, leaves int, recordedAt time.Time, root merkle.Hash) string {
	return fmt.Sprintf("telltale-seal/1\n%s\n%d\n%d\n%d\n%s\n",
		formatUUID(sealerID), number, leaves, recordedAt.UnixMicro(), base64.StdEncoding.EncodeToString(root[:]))
}
