package postgresauditexporter

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"telltale.dev/otelcol/postgresauditexporter/internal/checkpointer"
	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// sealerDatabase reads what the checkpointer asks about sealers that died.
type sealerDatabase struct{ *store }

var _ checkpointer.Database = sealerDatabase{}

// Sealers lists all sealers.
func (d sealerDatabase) Sealers(ctx context.Context) ([]checkpointer.Sealer, error) {
	if err := d.schema.ensure(ctx, d.pool); err != nil {
		return nil, err
	}
	read, err := d.sealers.readAll(ctx)
	if err != nil {
		return nil, err
	}
	sealers := make([]checkpointer.Sealer, len(read))
	for index, each := range read {
		sealers[index] = checkpointer.Sealer{ID: formatUUID(each.id), Name: each.name, Open: each.open, Silent: each.silent}
	}
	return sealers, nil
}

// Close closes a sealer that has been silent for so long.
func (d sealerDatabase) Close(ctx context.Context, sealer string, silent time.Duration) (closed bool, err error) {
	err = d.pool.QueryRow(ctx, "select audit.close_sealer($1, $2, $3)", sealer, d.sealers.get().id, silent).Scan(&closed)
	if err != nil {
		return false, fmt.Errorf("close sealer: %w", err)
	}
	return closed, nil
}

// Seals lists seals from a number on.
func (d sealerDatabase) Seals(ctx context.Context, sealer string, first uint64, atMost int) ([]checkpointer.Seal, error) {
	id, ok := parseUUID(sealer)
	if !ok {
		return nil, fmt.Errorf("%q is no sealer", sealer)
	}
	rows, err := d.pool.Query(ctx, "select seal_number, leaf_count, recorded_at, root, leaves from audit.read_seals($1, $2, $3)", id, first, atMost)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (checkpointer.Seal, error) {
		var seal checkpointer.Seal
		var count int
		var root, leaves []byte
		if err := row.Scan(&seal.Number, &count, &seal.RecordedAt, &root, &leaves); err != nil {
			return seal, err
		}
		if len(root) != sha256.Size || len(leaves) != count*sha256.Size {
			return seal, fmt.Errorf("seal %d of the sealer %s is damaged", seal.Number, sealer)
		}
		seal.Root = merkle.Hash(root)
		for at := 0; at < len(leaves); at += sha256.Size {
			seal.Leaves = append(seal.Leaves, merkle.Hash(leaves[at:]))
		}
		seal.Text = sealText(id, seal.Number, count, seal.RecordedAt, seal.Root)
		return seal, nil
	})
}

// Rows lists the leaves that the rows of these seals have now.
func (d sealerDatabase) Rows(ctx context.Context, sealer string, first, last uint64) ([]checkpointer.Row, error) {
	rows, err := d.pool.Query(ctx, "select seal_number, leaf_index, recorded_at, leaf from audit.read_leaves($1, $2, $3)", sealer, first, last)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (checkpointer.Row, error) {
		var read checkpointer.Row
		var leaf []byte
		if err := row.Scan(&read.Seal, &read.Place, &read.RecordedAt, &leaf); err != nil {
			return read, err
		}
		if len(leaf) != sha256.Size {
			return read, fmt.Errorf("a leaf of seal %d has %d bytes", read.Seal, len(leaf))
		}
		read.Leaf = merkle.Hash(leaf)
		return read, nil
	})
}

// enteredSealer is what others may know of a sealer.
type enteredSealer struct {
	id           [16]byte
	name         string
	key          *string
	open, silent bool
	// seals is how many it has written.
	seals int64
}

// readAll lists all sealers, the oldest first.
func (s *sealers) readAll(ctx context.Context) ([]enteredSealer, error) {
	rows, err := s.pool.Query(ctx, "select sealer_id, name, key, closed_at is null, silent, seal_count from audit.read_sealers()")
	if err != nil {
		return nil, fmt.Errorf("read sealers: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (enteredSealer, error) {
		var read enteredSealer
		return read, row.Scan(&read.id, &read.name, &read.key, &read.open, &read.silent, &read.seals)
	})
}
