package postgresauditexporter

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

// Who made the evidence.
const (
	byProducer  = "producer"
	byCollector = "collector"
)

// row is one row of audit.records. A nil pointer is NULL.
type row struct {
	recordID         [16]byte
	eventName        string
	occurredAt       *time.Time
	occurredUnixNano *int64
	actorID          string
	actorType        string
	action           string
	outcome          string
	targetType       *string
	targetID         *string
	sourceID         *string
	sourceType       *string
	tenantID         *string
	requestID        *string
	userAgent        *string
	traceID          *string
	spanID           *string
	serviceName      *string
	schemaVersion    *string
	streamID         *string
	sequenceNumber   *int64
	prevHash         []byte
	annexHash        []byte
	evidence         evidenceColumns
	ingestedBy       *string
	details          string
	attributes       string
	resource         string
	annex            *annexRow
}

// evidenceColumns is the record as it is hashed: what an auditor checks the other columns against.
type evidenceColumns struct {
	bytes  []byte
	hash   [sha256.Size]byte
	by     string
	format string
}

// annexRow is one row of audit.annexes.
type annexRow struct {
	salt, bytes []byte
	details     string
}

// quarantineRow is one row of audit.quarantine.
type quarantineRow struct {
	raw            []byte
	rawHash        [sha256.Size]byte
	reason         string
	ingestedBy     *string
	recordID       *[16]byte
	streamID       *string
	sequenceNumber *int64
	evidence       []byte
}

// toRow derives every column from the evidence and from nothing else. It answers with a row, or with
// the reason why the record cannot be one and what could be read of it.
func toRow(record *evidence.Record, from evidenceColumns) (*row, *quarantineRow) {
	read := readFields(record.Attributes)
	refuse := func(reason string) (*row, *quarantineRow) {
		bad := &quarantineRow{reason: reason, streamID: read.streamID, sequenceNumber: read.sequenceNumber}
		if id, problem := parseRecordID(read.recordID); problem == "" {
			bad.recordID = &id
		}
		return nil, bad
	}
	if record.EventName != "" {
		name := cutForIndex(printable(record.EventName))
		read.eventName = &name
	}
	recordID, reason := parseRecordID(read.recordID)
	if reason != "" {
		return refuse(reason)
	}
	if reason := read.missing(); reason != "" {
		return refuse(reason)
	}
	made := &row{
		recordID:       recordID,
		eventName:      *read.eventName,
		actorID:        *read.actorID,
		actorType:      *read.actorType,
		action:         *read.action,
		outcome:        *read.outcome,
		targetType:     read.targetType,
		targetID:       read.targetID,
		sourceID:       read.sourceID,
		sourceType:     read.sourceType,
		tenantID:       read.tenantID,
		requestID:      read.requestID,
		userAgent:      read.userAgent,
		schemaVersion:  read.schemaVersion,
		streamID:       read.streamID,
		sequenceNumber: read.sequenceNumber,
		prevHash:       read.prevHash,
		annexHash:      read.annexHash,
		evidence:       from,
		details:        read.detailsJSON(),
		attributes:     toJSON(read.other),
		resource:       toJSON(record.Resource),
	}
	if name, found := evidence.First(record.Resource, "service.name"); found {
		made.serviceName = toText(name)
	}
	if tenant, found := evidence.First(record.Resource, "tenant_id"); found && made.tenantID == nil {
		made.tenantID = toIndexedText(tenant)
	}
	made.occurredAt, made.occurredUnixNano = occurred(record, recordID)
	made.traceID = hexadecimal(record.TraceID[:])
	made.spanID = hexadecimal(record.SpanID[:])
	return made, nil
}

// toQuarantine is what is kept of a row that the database refused.
func (r *row) toQuarantine(raw []byte, reason string) *quarantineRow {
	bad := &quarantineRow{
		reason: reason, ingestedBy: r.ingestedBy, recordID: &r.recordID, streamID: r.streamID, sequenceNumber: r.sequenceNumber,
	}
	if r.evidence.by == byProducer {
		bad.evidence = r.evidence.bytes
	}
	bad.setRaw(raw)
	return bad
}

func (q *quarantineRow) setRaw(raw []byte) {
	q.raw, q.rawHash = raw, sha256.Sum256(raw)
}

// hexadecimal is nil for an id of zeros.
func hexadecimal(id []byte) *string {
	for _, b := range id {
		if b != 0 {
			text := hex.EncodeToString(id)
			return &text
		}
	}
	return nil
}
