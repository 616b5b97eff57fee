package postgresauditexporter

import (
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	beginSQL  = "begin isolation level read committed"
	commitSQL = "commit"
	// Deadlines per transaction, not per connection, so that a pooler in between keeps working. The
	// commit itself has none: giving it up would not take it back.
	deadlinesSQL     = "select set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)"
	noDeadlineSQL    = "select set_config('statement_timeout', '0', true)"
	appendRecordsSQL = `select * from audit.append_records($1, $2,
  $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
  $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)`
	appendAnnexesSQL    = `select audit.append_annexes($1, $2, $3, $4, $5, $6)`
	appendConflictsSQL  = `select * from audit.append_conflicts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	appendQuarantineSQL = `select * from audit.append_quarantine($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	appendSealSQL       = `select audit.append_seal($1, $2, $3, $4, $5)`
)

// queue puts the statements of a plan into one batch, which pays for one round trip. Of what is known
// already the answers go to k; recordedAt stays nil when the database found something known.
func (p *plan) queue(batch *pgx.Batch, sealerID [16]byte, number uint64, k *known, recordedAt **time.Time) {
	if len(p.records) > 0 {
		batch.Queue(appendRecordsSQL, append([]any{sealerID, number}, recordColumns(p.records)...)...).Query(k.readRecords)
	}
	if annexed := annexedOf(p.records); len(annexed) > 0 {
		batch.Queue(appendAnnexesSQL, append([]any{sealerID, number}, annexColumns(annexed)...)...)
	}
	if len(p.conflicts) > 0 {
		batch.Queue(appendConflictsSQL, append([]any{sealerID, number, len(p.records)}, conflictColumns(p.conflicts)...)...).Query(k.readConflicts)
	}
	if len(p.quarantined) > 0 {
		batch.Queue(appendQuarantineSQL, append([]any{sealerID, number, len(p.records) + len(p.conflicts)}, quarantineColumns(p.quarantined)...)...).Query(k.readQuarantined)
	}
	batch.Queue(appendSealSQL, sealerID, number, len(p.leaves), p.root[:], p.joinedLeaves()).QueryRow(func(answer pgx.Row) error {
		return answer.Scan(recordedAt)
	})
}

// recordColumns turns rows into one array for each parameter of audit.append_records, in its order.
func recordColumns(rows []*row) []any {
	return withRoom([]any{
		uuids(rows, func(r *row) [16]byte { return r.recordID }),
		times(rows, func(r *row) *time.Time { return r.occurredAt }),
		integers(rows, func(r *row) *int64 { return r.occurredUnixNano }),
		integers(rows, func(r *row) *int64 { return r.sequenceNumber }),
		texts(rows, func(r *row) string { return r.eventName }),
		texts(rows, func(r *row) string { return r.actorID }),
		texts(rows, func(r *row) string { return r.actorType }),
		texts(rows, func(r *row) string { return r.action }),
		texts(rows, func(r *row) string { return r.outcome }),
		optionalTexts(rows, func(r *row) *string { return r.targetType }),
		optionalTexts(rows, func(r *row) *string { return r.targetID }),
		optionalTexts(rows, func(r *row) *string { return r.sourceID }),
		optionalTexts(rows, func(r *row) *string { return r.sourceType }),
		optionalTexts(rows, func(r *row) *string { return r.tenantID }),
		optionalTexts(rows, func(r *row) *string { return r.requestID }),
		optionalTexts(rows, func(r *row) *string { return r.userAgent }),
		optionalTexts(rows, func(r *row) *string { return r.traceID }),
		optionalTexts(rows, func(r *row) *string { return r.spanID }),
		optionalTexts(rows, func(r *row) *string { return r.serviceName }),
		optionalTexts(rows, func(r *row) *string { return r.schemaVersion }),
		optionalTexts(rows, func(r *row) *string { return r.streamID }),
		byteStrings(rows, func(r *row) []byte { return r.prevHash }),
		byteStrings(rows, func(r *row) []byte { return r.annexHash }),
		byteStrings(rows, func(r *row) []byte { return r.evidence.hash[:] }),
		byteStrings(rows, func(r *row) []byte { return r.evidence.bytes }),
		texts(rows, func(r *row) string { return r.evidence.by }),
		texts(rows, func(r *row) string { return r.evidence.format }),
		optionalTexts(rows, func(r *row) *string { return r.ingestedBy }),
		jsons(rows, func(r *row) string { return r.details }),
		jsons(rows, func(r *row) string { return r.attributes }),
		jsons(rows, func(r *row) string { return r.resource }),
	})
}

func annexedOf(rows []*row) []*row {
	var annexed []*row
	for _, r := range rows {
		if r.annex != nil {
			annexed = append(annexed, r)
		}
	}
	return annexed
}

func annexColumns(rows []*row) []any {
	return []any{
		column(rows, func(r *row) [16]byte { return r.recordID }),
		column(rows, func(r *row) []byte { return r.annex.salt }),
		column(rows, func(r *row) []byte { return r.annex.bytes }),
		column(rows, func(r *row) string { return r.annex.details }),
	}
}

func conflictColumns(rows []conflict) []any {
	return []any{
		column(rows, func(c conflict) [16]byte { return c.row.recordID }),
		column(rows, func(c conflict) []byte { return c.row.evidence.hash[:] }),
		column(rows, func(c conflict) []byte { return c.storedHash[:] }),
		column(rows, func(c conflict) []byte { return c.row.evidence.bytes }),
		column(rows, func(c conflict) string { return c.row.evidence.by }),
		column(rows, func(c conflict) string { return c.row.evidence.format }),
		column(rows, func(c conflict) *string { return c.row.ingestedBy }),
	}
}

func quarantineColumns(rows []*quarantineRow) []any {
	return []any{
		column(rows, func(q *quarantineRow) []byte { return q.raw }),
		column(rows, func(q *quarantineRow) string { return q.reason }),
		column(rows, func(q *quarantineRow) *string { return q.ingestedBy }),
		column(rows, func(q *quarantineRow) *[16]byte { return q.recordID }),
		column(rows, func(q *quarantineRow) *string { return q.streamID }),
		column(rows, func(q *quarantineRow) *int64 { return q.sequenceNumber }),
		column(rows, func(q *quarantineRow) []byte { return q.evidence }),
	}
}

func column[R, V any](rows []R, get func(R) V) []V {
	values := make([]V, len(rows))
	for i, each := range rows {
		values[i] = get(each)
	}
	return values
}

func (k *known) readRecords(rows pgx.Rows) error {
	var id [16]byte
	var hash []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &hash}, func() error {
		k.records[id] = [32]byte(hash)
		return nil
	})
	return err
}

func (k *known) readConflicts(rows pgx.Rows) error {
	var id [16]byte
	var hash []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &hash}, func() error {
		k.conflicts[conflictKey{id, [32]byte(hash)}] = true
		return nil
	})
	return err
}

func (k *known) readQuarantined(rows pgx.Rows) error {
	var hash []byte
	_, err := pgx.ForEachRow(rows, []any{&hash}, func() error {
		k.quarantined[[32]byte(hash)] = true
		return nil
	})
	return err
}
