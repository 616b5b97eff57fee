package postgresauditexporter

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestArrayParametersAreTheBytesOfTheDriver(t *testing.T) {
	text, number := "Zoë \"quotes\", {braces}", int64(-42)
	moment := time.Date(1987, 6, 5, 4, 3, 2, 987_654_999, time.UTC)
	rows := []*row{
		{recordID: [16]byte{1, 15: 2}, eventName: "reward_claimed", targetID: &text, sequenceNumber: &number, occurredAt: &moment,
			prevHash: []byte{0, 255}, details: `{"amount":"1.5"}`},
		{recordID: [16]byte{3}, prevHash: []byte{}, details: `{}`},
	}
	driver := pgtype.NewMap()
	for _, each := range []struct {
		name  string
		oid   uint32
		made  *arrayParameter
		given any
	}{
		{"uuid", pgtype.UUIDArrayOID, uuids(rows, func(r *row) [16]byte { return r.recordID }), [][16]byte{rows[0].recordID, rows[1].recordID}},
		{"text", pgtype.TextArrayOID, texts(rows, func(r *row) string { return r.eventName }), []string{"reward_claimed", ""}},
		{"text with NULL", pgtype.TextArrayOID, optionalTexts(rows, func(r *row) *string { return r.targetID }), []*string{&text, nil}},
		{"bytea", pgtype.ByteaArrayOID, byteStrings(rows, func(r *row) []byte { return r.prevHash }), [][]byte{{0, 255}, {}}},
		{"bytea with NULL", pgtype.ByteaArrayOID, byteStrings(rows, func(r *row) []byte { return r.annexHash }), [][]byte{nil, nil}},
		{"bigint", pgtype.Int8ArrayOID, integers(rows, func(r *row) *int64 { return r.sequenceNumber }), []*int64{&number, nil}},
		{"timestamptz", pgtype.TimestamptzArrayOID, times(rows, func(r *row) *time.Time { return r.occurredAt }), []*time.Time{&moment, nil}},
		{"jsonb", pgtype.JSONBArrayOID, jsons(rows, func(r *row) string { return r.details }), []string{`{"amount":"1.5"}`, `{}`}},
	} {
		t.Run(each.name, func(t *testing.T) {
			wanted, err := driver.Encode(each.oid, pgtype.BinaryFormatCode, each.given, nil)
			require.NoError(t, err)
			assert.Equal(t, wanted, each.made.appendTo(nil))
		})
	}
}

// BenchmarkRecordParameters makes the parameters of a full request.
func BenchmarkRecordParameters(b *testing.B) {
	types := pgtype.NewMap()
	registerMadeArrays(types)
	text, number, moment := "submission-0981050", int64(4711), time.Now()
	rows := make([]*row, 512)
	for i := range rows {
		rows[i] = &row{recordID: [16]byte{byte(i)}, eventName: text, actorID: text, actorType: text, action: text, outcome: text,
			targetType: &text, targetID: &text, sourceID: &text, sourceType: &text, tenantID: &text, requestID: &text,
			userAgent: &text, traceID: &text, spanID: &text, serviceName: &text, schemaVersion: &text, streamID: &text,
			sequenceNumber: &number, occurredUnixNano: &number, occurredAt: &moment, prevHash: make([]byte, 32),
			evidence: evidenceColumns{bytes: make([]byte, 2000), by: byProducer, format: text},
			details:  `{"amount":"12.5000000"}`, attributes: `{}`, resource: `{"service.name":"rewards-api"}`}
	}
	oids := []uint32{pgtype.UUIDArrayOID, pgtype.TimestamptzArrayOID, pgtype.Int8ArrayOID, pgtype.Int8ArrayOID}
	for range 17 {
		oids = append(oids, pgtype.TextArrayOID)
	}
	oids = append(oids, pgtype.ByteaArrayOID, pgtype.ByteaArrayOID, pgtype.ByteaArrayOID, pgtype.ByteaArrayOID,
		pgtype.TextArrayOID, pgtype.TextArrayOID, pgtype.TextArrayOID, pgtype.JSONBArrayOID, pgtype.JSONBArrayOID, pgtype.JSONBArrayOID)
	b.ReportAllocs()
	for b.Loop() {
		columns := recordColumns(rows)
		var builder pgx.ExtendedQueryBuilder
		if err := builder.Build(types, &pgconn.StatementDescription{ParamOIDs: oids}, columns); err != nil {
			b.Fatal(err)
		}
	}
}
