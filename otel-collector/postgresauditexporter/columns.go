package postgresauditexporter

import "time"

// Counted in the database: the answer stays small however large the request is.
const appendRecordsSQL = `
SELECT result, count(*) FROM audit.append_records(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
  $21, $22, $23, $24, $25, $26, $27, $28, $29, $30) GROUP BY result`

const appendQuarantineSQL = `SELECT audit.append_quarantine($1, $2, $3)`

// toColumns turns rows into one array for each parameter of audit.append_records, in its order.
func toColumns(rows []row) []any {
	return []any{
		column(rows, func(r *row) [16]byte { return r.recordID }),
		column(rows, func(r *row) string { return r.eventName }),
		column(rows, func(r *row) *time.Time { return r.occurredAt }),
		column(rows, func(r *row) *int64 { return r.occurredUnixNano }),
		column(rows, func(r *row) string { return r.actorID }),
		column(rows, func(r *row) string { return r.actorType }),
		column(rows, func(r *row) string { return r.action }),
		column(rows, func(r *row) string { return r.outcome }),
		column(rows, func(r *row) *string { return r.targetType }),
		column(rows, func(r *row) *string { return r.targetID }),
		column(rows, func(r *row) *string { return r.sourceID }),
		column(rows, func(r *row) *string { return r.sourceType }),
		column(rows, func(r *row) *string { return r.tenantID }),
		column(rows, func(r *row) *string { return r.requestID }),
		column(rows, func(r *row) *string { return r.userAgent }),
		column(rows, func(r *row) *string { return r.traceID }),
		column(rows, func(r *row) *string { return r.spanID }),
		column(rows, func(r *row) *string { return r.serviceName }),
		column(rows, func(r *row) *string { return r.schemaVersion }),
		column(rows, func(r *row) *string { return r.streamID }),
		column(rows, func(r *row) *int64 { return r.sequenceNumber }),
		column(rows, func(r *row) []byte { return r.prevHash }),
		column(rows, func(r *row) []byte { return r.evidence.hash[:] }),
		column(rows, func(r *row) []byte { return r.evidence.bytes }),
		column(rows, func(r *row) string { return r.evidence.by }),
		column(rows, func(r *row) string { return r.evidence.format }),
		column(rows, func(r *row) *string { return r.ingestedBy }),
		column(rows, func(r *row) string { return r.details }),
		column(rows, func(r *row) string { return r.attributes }),
		column(rows, func(r *row) string { return r.resource }),
	}
}

func toQuarantineColumns(rows []quarantineRow) []any {
	return []any{
		column(rows, func(r *quarantineRow) []byte { return r.raw }),
		column(rows, func(r *quarantineRow) string { return r.reason }),
		column(rows, func(r *quarantineRow) *string { return r.ingestedBy }),
	}
}

func column[R, V any](rows []R, get func(*R) V) []V {
	values := make([]V, len(rows))
	for i := range rows {
		values[i] = get(&rows[i])
	}
	return values
}
