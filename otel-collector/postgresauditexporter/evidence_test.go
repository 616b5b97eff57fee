package postgresauditexporter

import (
	"bytes"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

func TestEvidenceOfAPlainRecordIsTheWholeRecordWithItsResource(t *testing.T) {
	got := onlyRow(t, sample(sampleID, func(record plog.LogRecord) {
		record.SetTraceID(traceID())
		record.SetSpanID(pcommon.SpanID{1, 2, 3, 4, 5, 6, 7, 8})
		record.SetObservedTimestamp(99)
		record.Body().SetStr("line\n\u2028<&>")
	})).evidence
	want := `{"attributes":[` +
		`{"key":"audit.action","value":{"stringValue":"CLAIM"}},` +
		`{"key":"audit.actor.id","value":{"stringValue":"user-1"}},` +
		`{"key":"audit.actor.type","value":{"stringValue":"user"}},` +
		`{"key":"audit.outcome","value":{"stringValue":"success"}},` +
		`{"key":"audit.record.id","value":{"stringValue":"019a9f00-0000-7000-8000-000000000001"}}],` +
		`"body":{"stringValue":"line\n` + "\u2028" + `<&>"},"eventName":"reward_claimed","format":"telltale/1",` +
		`"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"rewards-api"}},` +
		`{"key":"tenant_id","value":{"stringValue":"tenant-of-resource"}}]},` +
		`"scope":{"name":"audit"},"spanId":"0102030405060708",` +
		`"timeUnixNano":"1795254000123456789","traceId":"5b8efff798038103d269b633813fc60c"}`
	if string(got.bytes) != want {
		t.Errorf("got\n%s\nwant\n%s", got.bytes, want)
	}
}

func TestEvidenceDoesNotDependOnTheWayOfTheRecord(t *testing.T) {
	evidenceFor := func(changes ...func(plog.LogRecord)) string {
		return string(onlyRow(t, sample(sampleID, changes...)).evidence.bytes)
	}
	plain := evidenceFor(with("a", "1"), with("b", "2"))
	if got := evidenceFor(with("b", "2"), with("a", "1")); got != plain {
		t.Errorf("the order of attributes changed it: %s", got)
	}
	received := func(record plog.LogRecord) { record.SetObservedTimestamp(42) }
	if got := evidenceFor(with("a", "1"), with("b", "2"), received); got != plain {
		t.Errorf("the time of receipt changed it: %s", got)
	}
	marshaler, unmarshaler := plog.ProtoMarshaler{}, plog.ProtoUnmarshaler{}
	raw, err := marshaler.MarshalLogs(logsOf(sample(sampleID, with("a", "1"), with("b", "2"))))
	if err != nil {
		t.Fatal(err)
	}
	again, err := unmarshaler.UnmarshalLogs(raw)
	if err != nil {
		t.Fatal(err)
	}
	if second := itemsOf(again, nil)[0].row.evidence; string(second.bytes) != plain {
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
	made := itemsOf(logs, nil)[0].row
	if made.actorID != "first" {
		t.Errorf("actor_id is %q, want the first", made.actorID)
	}
	if !bytes.Contains(made.evidence.bytes, []byte(`"first"`)) || !bytes.Contains(made.evidence.bytes, []byte(`"second"`)) {
		t.Errorf("the evidence lacks one: %s", made.evidence.bytes)
	}
}
