package postgresauditexporter

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/plog"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

// field makes an attribute that holds a text.
func field(key, value string) evidence.Field {
	return evidence.Field{Key: key, Value: evidence.Value{Kind: evidence.Text, Text: value}}
}

// produced is a record as the SDK makes it: the evidence in the body, and beside it what the format
// asks for.
func produced(id string, changes ...func(*evidence.Record)) func(plog.LogRecord) {
	made := &evidence.Record{
		Attributes: []evidence.Field{
			field("audit.record.id", id), field("audit.actor.id", "user-1"), field("audit.actor.type", "user"),
			field("audit.action", "CLAIM"), field("audit.outcome", "success"), field("audit.stream.id", "stream-1"),
			{Key: "audit.sequence.number", Value: evidence.Value{Kind: evidence.Integer, Integer: 3}},
		},
		EventName:    "reward_claimed",
		Resource:     []evidence.Field{field("service.name", "rewards-api")},
		TimeUnixNano: sampleNanos,
	}
	for _, change := range changes {
		change(made)
	}
	return asSent(id, evidence.Encode(made))
}

func asSent(id string, body []byte) func(plog.LogRecord) {
	return func(record plog.LogRecord) {
		record.SetEventName("beside the evidence")
		record.SetTimestamp(1)
		record.Attributes().PutStr("audit.record.id", id)
		record.Attributes().PutStr(formatKey, evidence.Format)
		record.Attributes().PutStr("audit.actor.id", "forged")
		record.Body().SetEmptyBytes().FromRaw(body)
	}
}

// withAnnex adds erasable details and their hash.
func withAnnex(record plog.LogRecord, salt, annex []byte) {
	record.Attributes().PutEmptyBytes(annexKey).FromRaw(annex)
	record.Attributes().PutEmptyBytes(annexSaltKey).FromRaw(salt)
}

func annexHash(salt, annex []byte) func(*evidence.Record) {
	hash := sha256.Sum256(append(bytes.Clone(salt), annex...))
	return func(record *evidence.Record) {
		record.Attributes = append(record.Attributes, evidence.Field{Key: "audit.annex.hash", Value: evidence.Value{Kind: evidence.Bytes, Text: string(hash[:])}})
	}
}

func TestColumnsComeFromTheEvidenceAndNotFromBesideIt(t *testing.T) {
	got := onlyRow(t, produced(sampleID))
	if got.eventName != "reward_claimed" || got.actorID != "user-1" || text(got.serviceName) != "rewards-api" || *got.occurredUnixNano != sampleNanos {
		t.Errorf("got event %q, actor %q, service %q at %d", got.eventName, got.actorID, text(got.serviceName), *got.occurredUnixNano)
	}
	if got.evidence.by != byProducer || got.evidence.hash != sha256.Sum256(got.evidence.bytes) || text(got.streamID) != "stream-1" || *got.sequenceNumber != 3 {
		t.Errorf("got evidence by %s, stream %q", got.evidence.by, text(got.streamID))
	}
}

func TestEvidenceThatCannotBeTakenIsKeptWithWhatCouldBeRead(t *testing.T) {
	good := onlyRow(t, produced(sampleID)).evidence.bytes
	salt, annex := bytes.Repeat([]byte{1}, 32), []byte(`{"values":[{"key":"email","value":{"stringValue":"a@b"}}]}`)
	changed := func(fill func(plog.LogRecord), change func(plog.LogRecord)) func(plog.LogRecord) {
		return func(record plog.LogRecord) { fill(record); change(record) }
	}
	for name, test := range map[string]struct {
		fill     func(plog.LogRecord)
		reason   string
		readable bool
	}{
		"another format": {changed(produced(sampleID), with(formatKey, "telltale/2")), "audit.evidence.format is not telltale/1", false},
		"a text":         {changed(produced(sampleID), func(r plog.LogRecord) { r.Body().SetStr(string(good)) }), "the body is no bytes, so it is no evidence", false},
		"a space more":   {asSent(sampleID, append(bytes.Clone(good), ' ')), "the evidence is not as telltale/1 writes it", false},
		"another order":  {asSent(sampleID, []byte(`{"format":"telltale/1","attributes":[],"resource":{"attributes":[]}}`)), "the evidence is not as telltale/1 writes it", false},
		"another id":     {changed(produced(sampleID), with("audit.record.id", newID())), "audit.record.id beside the evidence differs from the one in it", true},
		"no actor": {
			produced(sampleID, func(r *evidence.Record) { r.Attributes = append(r.Attributes[:1], r.Attributes[2:]...) }), "missing: audit.actor.id", true,
		},
		"an annex nobody announced": {changed(produced(sampleID), func(r plog.LogRecord) { withAnnex(r, salt, annex) }), "audit.annex came without audit.annex.hash", true},
		"an annex that is missing":  {produced(sampleID, annexHash(salt, annex)), "audit.annex.hash came without audit.annex and a salt of 32 bytes", true},
		"another annex": {
			changed(produced(sampleID, annexHash(salt, annex)), func(r plog.LogRecord) { withAnnex(r, salt, []byte(`{"values":[]}`)) }),
			"audit.annex does not fit audit.annex.hash", true,
		},
		"an annex of another form": {
			changed(produced(sampleID, annexHash(salt, []byte("{}"))), func(r plog.LogRecord) { withAnnex(r, salt, []byte("{}")) }),
			"audit.annex is not as telltale/1 writes it", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := onlyBad(t, test.fill)
			if !strings.HasPrefix(got.reason, test.reason) {
				t.Errorf("the reason is %q, want %q", got.reason, test.reason)
			}
			if got.recordID == nil || len(got.raw) == 0 {
				t.Error("the record's id or its bytes are not kept")
			}
			if test.readable && (text(got.streamID) != "stream-1" || got.sequenceNumber == nil || got.evidence == nil) {
				t.Errorf("got stream %q, number %v, evidence of %d bytes", text(got.streamID), got.sequenceNumber, len(got.evidence))
			}
		})
	}
}

func TestAnAnnexIsStoredBesideItsRecord(t *testing.T) {
	salt, annex := bytes.Repeat([]byte{1}, 32), []byte(`{"values":[{"key":"email","value":{"stringValue":"a@b"}}]}`)
	fill := produced(sampleID, annexHash(salt, annex))
	got := onlyRow(t, func(record plog.LogRecord) { fill(record); withAnnex(record, salt, annex) })
	if got.annex == nil || !bytes.Equal(got.annex.bytes, annex) || !bytes.Equal(got.annex.salt, salt) || got.annex.details != `{"email":"a@b"}` {
		t.Errorf("the annex is %+v", got.annex)
	}
	if strings.Contains(string(got.evidence.bytes)+got.details+got.attributes, "a@b") {
		t.Error("what is erasable stands beside the annex, too")
	}
}

func TestAPushAfterTheShutdownIsToldToRetry(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.DSN = secretDSN
	made, err := newAuditExporter(config, exportertest.NewNopSettings(componentType))
	if err != nil {
		t.Fatal(err)
	}
	if err := made.push(t.Context(), logsOf(sample(newID()))); err == nil || consumererror.IsPermanent(err) {
		t.Errorf("answered %v, want an error that is worth a retry", err)
	}
}
