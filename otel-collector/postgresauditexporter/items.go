package postgresauditexporter

import (
	"bytes"
	"crypto/sha256"
	"iter"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

// What stands beside the evidence on the wire.
const (
	formatKey    = "audit.evidence.format"
	annexKey     = "audit.annex"
	annexSaltKey = "audit.annex.salt"
)

// item is one log record of a request: a row, or what goes to quarantine instead of one.
type item struct {
	row *row
	bad *quarantineRow
	// raw makes the bytes for quarantine should the database refuse the row.
	raw func() []byte
	// size is about how much memory the item takes in the statement.
	size int
	// owner is the request that waits for it.
	owner *request
}

// eachItem turns log records into items, one at a time. It depends on nothing but its arguments, so that a
// record sent again gives the same row, and it never fails: what cannot be a row is quarantined.
func eachItem(logs plog.Logs, ingestedBy *string) iter.Seq[*item] {
	return func(yield func(*item) bool) {
		for _, resourceLogs := range logs.ResourceLogs().All() {
			for _, scopeLogs := range resourceLogs.ScopeLogs().All() {
				for _, record := range scopeLogs.LogRecords().All() {
					raw := func() []byte { return toRaw(resourceLogs, scopeLogs, record) }
					if !yield(toItem(resourceLogs.Resource(), scopeLogs.Scope(), record, ingestedBy, raw)) {
						return
					}
				}
			}
		}
	}
}

// inParts gathers items up to a size. A request holds its resource once and each item holds it again, so
// that a few megabytes on the wire may come to gigabytes: they must not be in memory at the same time.
func inParts(items iter.Seq[*item], most int) iter.Seq[[]*item] {
	return func(yield func([]*item) bool) {
		var part []*item
		size := 0
		for each := range items {
			if len(part) > 0 && size+each.size > most {
				if !yield(part) {
					return
				}
				part, size = nil, 0
			}
			part = append(part, each)
			size += each.size
		}
		if len(part) > 0 {
			yield(part)
		}
	}
}

func toItem(resource pcommon.Resource, scope pcommon.InstrumentationScope, record plog.LogRecord, ingestedBy *string, raw func() []byte) *item {
	var built *row
	var bad *quarantineRow
	if format, sent := record.Attributes().Get(formatKey); sent {
		built, bad = fromProducer(format, record)
	} else {
		built, bad = fromPlain(resource, scope, record)
	}
	if bad != nil {
		bad.ingestedBy = ingestedBy
		bad.setRaw(raw())
		return &item{bad: bad, size: 512 + len(bad.raw) + len(bad.evidence)}
	}
	built.ingestedBy = ingestedBy
	size := 512 + len(built.evidence.bytes) + len(built.details) + len(built.attributes) + len(built.resource)
	return &item{row: built, raw: raw, size: size}
}

// fromPlain makes the evidence of a record that any OpenTelemetry SDK may have sent.
func fromPlain(resource pcommon.Resource, scope pcommon.InstrumentationScope, record plog.LogRecord) (*row, *quarantineRow) {
	read, fits := evidence.FromLogs(resource, scope, record)
	if !fits {
		return nil, besideEvidence(record, "nested deeper than 128 levels")
	}
	written := evidence.Encode(read)
	return toRow(read, evidenceColumns{written, sha256.Sum256(written), byCollector, evidence.Format})
}

// fromProducer takes the evidence that a producer sends in the body, byte for byte.
func fromProducer(format pcommon.Value, record plog.LogRecord) (*row, *quarantineRow) {
	if format.AsString() != evidence.Format {
		return nil, besideEvidence(record, "audit.evidence.format is not "+evidence.Format)
	}
	if record.Body().Type() != pcommon.ValueTypeBytes {
		return nil, besideEvidence(record, "the body is no bytes, so it is no evidence")
	}
	sent := record.Body().Bytes().AsRaw()
	read, err := evidence.Decode(sent)
	if err != nil {
		return nil, besideEvidence(record, "the evidence is not as "+evidence.Format+" writes it: "+err.Error())
	}
	built, bad := toRow(read, evidenceColumns{sent, sha256.Sum256(sent), byProducer, evidence.Format})
	if bad == nil {
		bad = disagreement(built, record)
	}
	if bad == nil {
		bad = built.takeAnnex(record)
	}
	if bad != nil {
		bad.evidence = sent
		return nil, bad
	}
	return built, nil
}

// disagreement says when the id beside the evidence is another one than the id in it: the record would
// be stored under an id by which it was not sent.
func disagreement(built *row, record plog.LogRecord) *quarantineRow {
	beside, sent := record.Attributes().Get(recordIDKey)
	if !sent {
		return nil
	}
	if id, ok := parseUUID(beside.AsString()); ok && id == built.recordID {
		return nil
	}
	return built.toQuarantine(nil, "audit.record.id beside the evidence differs from the one in it")
}

// takeAnnex checks the erasable details against the hash in the evidence.
func (r *row) takeAnnex(record plog.LogRecord) *quarantineRow {
	annex, salt := bytesOf(record, annexKey), bytesOf(record, annexSaltKey)
	if r.annexHash == nil && annex == nil && salt == nil {
		return nil
	}
	if r.annexHash == nil {
		return r.toQuarantine(nil, "audit.annex came without audit.annex.hash")
	}
	if annex == nil || len(salt) != sha256.Size {
		return r.toQuarantine(nil, "audit.annex.hash came without audit.annex and a salt of 32 bytes")
	}
	hash := sha256.Sum256(append(bytes.Clone(salt), annex...))
	if !bytes.Equal(hash[:], r.annexHash) {
		return r.toQuarantine(nil, "audit.annex does not fit audit.annex.hash")
	}
	details, err := evidence.DecodeValues(annex)
	if err != nil {
		return r.toQuarantine(nil, "audit.annex is not as "+evidence.Format+" writes it: "+err.Error())
	}
	r.annex = &annexRow{salt: salt, bytes: annex, details: toJSON(details)}
	return nil
}

// bytesOf is nil when the record has no such bytes.
func bytesOf(record plog.LogRecord, key string) []byte {
	value, sent := record.Attributes().Get(key)
	if !sent || value.Type() != pcommon.ValueTypeBytes {
		return nil
	}
	raw := value.Bytes().AsRaw()
	if raw == nil {
		raw = []byte{}
	}
	return raw
}

// besideEvidence keeps what can be read of a record whose evidence cannot.
func besideEvidence(record plog.LogRecord, reason string) *quarantineRow {
	bad := &quarantineRow{reason: reason}
	if value, sent := record.Attributes().Get(recordIDKey); sent {
		if id, ok := parseUUID(value.AsString()); ok {
			bad.recordID = &id
		}
	}
	if record.Body().Type() == pcommon.ValueTypeBytes {
		bad.evidence = record.Body().Bytes().AsRaw()
	}
	return bad
}

// toRaw keeps a record whole, in the one encoding that holds whatever OTLP can say.
func toRaw(resourceLogs plog.ResourceLogs, scopeLogs plog.ScopeLogs, record plog.LogRecord) []byte {
	single := plog.NewLogs()
	toResource := single.ResourceLogs().AppendEmpty()
	resourceLogs.Resource().CopyTo(toResource.Resource())
	toResource.SetSchemaUrl(resourceLogs.SchemaUrl())
	toScope := toResource.ScopeLogs().AppendEmpty()
	scopeLogs.Scope().CopyTo(toScope.Scope())
	toScope.SetSchemaUrl(scopeLogs.SchemaUrl())
	record.CopyTo(toScope.LogRecords().AppendEmpty())

	marshaler := plog.ProtoMarshaler{}
	raw, err := marshaler.MarshalLogs(single)
	if err != nil {
		// Marshalling to memory has no error of its own; the interface merely allows for one.
		return []byte{}
	}
	return raw
}
