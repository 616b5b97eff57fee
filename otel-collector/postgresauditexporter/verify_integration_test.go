//go:build integration

package postgresauditexporter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

type storedSeal struct {
	SealerID   [16]byte
	Number     uint64
	LeafCount  int
	RecordedAt time.Time
	Root       []byte
	Leaves     []byte
}

// verify checks that every row is a leaf of its seal, that no leaf lacks its row, that seals are
// numbered without holes, and that the evidence fits its hash.
func verify(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	ctx := context.Background()
	rows, err := pool.Query(ctx, "SELECT sealer_id, seal_number, leaf_count, recorded_at, root, leaves FROM audit.seals ORDER BY 1, 2")
	if err != nil {
		t.Fatal(err)
	}
	seals, err := pgx.CollectRows(rows, pgx.RowToStructByPos[storedSeal])
	if err != nil {
		t.Fatal(err)
	}
	next := map[[16]byte]uint64{}
	leaves := 0
	for _, seal := range seals {
		if want := next[seal.SealerID]; seal.Number != want {
			t.Errorf("sealer %s: after seal %d comes %d", formatUUID(seal.SealerID), int(want)-1, seal.Number)
		}
		next[seal.SealerID] = seal.Number + 1
		leaves += seal.LeafCount
		verifySeal(t, pool, seal)
	}
	var total int
	err = pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM audit.records) + (SELECT count(*) FROM audit.conflicts) + (SELECT count(*) FROM audit.quarantine)`).Scan(&total)
	if err != nil {
		t.Fatal(err)
	}
	if total != leaves {
		t.Errorf("there are %d rows and %d leaves", total, leaves)
	}
}

func verifySeal(t *testing.T, pool *pgxpool.Pool, seal storedSeal) {
	t.Helper()
	rows, err := pool.Query(context.Background(), "SELECT leaf_index, recorded_at, leaf FROM audit.read_leaves($1, $2, $2)", seal.SealerID, seal.Number)
	if err != nil {
		t.Fatal(err)
	}
	var index int
	var recordedAt time.Time
	var leaf []byte
	var found []merkle.Hash
	_, err = pgx.ForEachRow(rows, []any{&index, &recordedAt, &leaf}, func() error {
		if index != len(found) {
			t.Errorf("seal %d: leaf %d comes after leaf %d", seal.Number, index, len(found)-1)
		}
		if !recordedAt.Equal(seal.RecordedAt) {
			t.Errorf("seal %d: leaf %d was recorded at %s, the seal at %s", seal.Number, index, recordedAt, seal.RecordedAt)
		}
		found = append(found, merkle.Hash(leaf))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if root := merkle.Root(found); len(found) != seal.LeafCount || !bytes.Equal(root[:], seal.Root) {
		t.Errorf("seal %d: %d rows with root %x, the seal has %d leaves and root %x", seal.Number, len(found), root, seal.LeafCount, seal.Root)
	}
	for i, each := range found {
		if !bytes.Equal(each[:], seal.Leaves[i*sha256.Size:(i+1)*sha256.Size]) {
			t.Errorf("seal %d: leaf %d is not the one that was sealed", seal.Number, i)
		}
	}
}
