package postgresauditexporter

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"math"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

func evidenceFor(t *testing.T, changes ...func(plog.LogRecord)) string {
	t.Helper()
	made := onlyRow(t, sample(sampleID, changes...)).evidence
	if made.hash != sha256.Sum256(made.bytes) {
		t.Errorf("the hash is not that of the evidence")
	}
	if !json.Valid(made.bytes) {
		t.Errorf("the evidence is no JSON: %s", made.bytes)
	}
	return string(made.bytes)
}

func TestEvidenceIsTheWholeRecordWithItsResource(t *testing.T) {
	got := evidenceFor(t, func(record plog.LogRecord) {
		record.SetTraceID(traceID())
		record.SetSpanID(pcommon.SpanID{1, 2, 3, 4, 5, 6, 7, 8})
		record.SetObservedTimestamp(99)
		record.Body().SetStr("line\n\u2028<&>")
	})
	want := `{"attributes":[` +
		`{"key":"audit.action","value":{"stringValue":"CLAIM"}},` +
		`{"key":"audit.actor.id","value":{"stringValue":"user-1"}},` +
		`{"key":"audit.actor.type","value":{"stringValue":"user"}},` +
		`{"key":"audit.outcome","value":{"stringValue":"success"}},` +
		`{"key":"audit.record.id","value":{"stringValue":"019a9f00-0000-7000-8000-000000000001"}}],` +
		`"body":{"stringValue":"line\n` + "\u2028" + `<&>"},"eventName":"reward_claimed",` +
		`"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"rewards-api"}},` +
		`{"key":"tenant_id","value":{"stringValue":"tenant-of-resource"}}]},` +
		`"scope":{"attributes":[],"name":"audit"},"spanId":"0102030405060708",` +
		`"timeUnixNano":"1795254000123456789","traceId":"5b8efff798038103d269b633813fc60c"}`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEvidenceDiffersWhereRecordsDiffer(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(plog.LogRecord){
		"integer":              with("x", int64(123)),
		"text of an integer":   with("x", "123"),
		"double":               with("x", 123.0),
		"integer beyond 2^53":  with("x", int64(9007199254740993)),
		"its neighbour":        with("x", int64(9007199254740992)),
		"NaN":                  with("x", math.NaN()),
		"text NaN":             with("x", "NaN"),
		"infinity":             with("x", math.Inf(1)),
		"negative infinity":    with("x", math.Inf(-1)),
		"true":                 with("x", true),
		"text true":            with("x", "true"),
		"empty text":           with("x", ""),
		"nothing":              func(r plog.LogRecord) { r.Attributes().PutEmpty("x") },
		"empty map":            with("x", map[string]any{}),
		"empty list":           with("x", []any{}),
		"bytes":                with("x", []byte("123")),
		"NUL":                  with("x", "\x00"),
		"NUL written out":      with("x", `\u0000`),
		"no UTF-8":             with("x", "\xff"),
		"no UTF-8 written out": with("x", `\xff`),
		"replacement":          with("x", "\ufffd"),
		"other no UTF-8":       with("x", "\xfe"),
		"key of no UTF-8":      with("\xff", ""),
		"key of replacement":   with("\ufffd", ""),
		"one nanosecond":       func(r plog.LogRecord) { r.SetTimestamp(r.Timestamp() + 1) },
		"other event name":     func(r plog.LogRecord) { r.SetEventName("x") },
		"event name, no UTF-8": func(r plog.LogRecord) { r.SetEventName("\xff") },
		"body is text":         func(r plog.LogRecord) { r.Body().SetStr("1") },
		"body is an integer":   func(r plog.LogRecord) { r.Body().SetInt(1) },
		"flags":                func(r plog.LogRecord) { r.SetFlags(1) },
		"severity":             func(r plog.LogRecord) { r.SetSeverityNumber(9) },
		"dropped attributes":   func(r plog.LogRecord) { r.SetDroppedAttributesCount(1) },
	} {
		made := evidenceFor(t, change)
		if other, found := seen[made]; found {
			t.Errorf("%q and %q have the same evidence: %s", name, other, made)
		}
		seen[made] = name
	}
}

func TestEvidenceDoesNotDependOnTheWayOfTheRecord(t *testing.T) {
	plain := evidenceFor(t, with("a", "1"), with("b", "2"))
	if got := evidenceFor(t, with("b", "2"), with("a", "1")); got != plain {
		t.Errorf("the order of attributes changed it: %s", got)
	}
	received := func(record plog.LogRecord) { record.SetObservedTimestamp(42) }
	if got := evidenceFor(t, with("a", "1"), with("b", "2"), received); got != plain {
		t.Errorf("the time of receipt changed it: %s", got)
	}
	first := onlyRow(t, sample(sampleID)).evidence
	marshaler, unmarshaler := plog.ProtoMarshaler{}, plog.ProtoUnmarshaler{}
	raw, err := marshaler.MarshalLogs(logsOf(sample(sampleID)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := unmarshaler.UnmarshalLogs(raw)
	if err != nil {
		t.Fatal(err)
	}
	if second := toRows(again, nil).rows[0].evidence; !bytes.Equal(first.bytes, second.bytes) {
		t.Errorf("a trip over the wire changed it: %s", second.bytes)
	}
}

func TestEvidenceKeepsKeysThatCameTwice(t *testing.T) {
	// A map made in Go cannot hold a key twice, but one that came over the wire can.
	raw := []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"e","attributes":[
		{"key":"audit.actor.id","value":{"stringValue":"first"}},{"key":"audit.actor.id","value":{"stringValue":"second"}},
		{"key":"audit.actor.type","value":{"stringValue":"user"}},{"key":"audit.action","value":{"stringValue":"A"}},
		{"key":"audit.outcome","value":{"stringValue":"success"}},{"key":"audit.record.id","value":{"stringValue":"` + sampleID + `"}}]}]}]}]}`)
	unmarshaler := plog.JSONUnmarshaler{}
	logs, err := unmarshaler.UnmarshalLogs(raw)
	if err != nil {
		t.Fatal(err)
	}
	made := toRows(logs, nil).rows[0]
	if made.actorID != "first" {
		t.Errorf("actor_id is %q, want the first", made.actorID)
	}
	if !bytes.Contains(made.evidence.bytes, []byte(`"first"`)) || !bytes.Contains(made.evidence.bytes, []byte(`"second"`)) {
		t.Errorf("the evidence lacks one: %s", made.evidence.bytes)
	}
}
