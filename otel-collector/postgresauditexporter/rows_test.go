package postgresauditexporter

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

func TestEachAttributeFindsItsColumn(t *testing.T) {
	hash := bytes.Repeat([]byte{0xab}, 32)
	got := onlyRow(t, sample(sampleID,
		with("audit.target.type", "reward"), with("audit.target.id", "r-9"),
		with("audit.source.id", "192.0.2.1"), with("audit.source.type", "ipv4"),
		with("audit.request.id", "req-1"), with("user_agent.original", "curl/8"),
		with("audit.schema.version", "1"), with("audit.stream.id", "s-1"),
		with("audit.sequence.number", int64(7)), with("audit.sequence.prev_hash", hash),
		with("tenant_id", "tenant-1"),
		with("audit.details", map[string]any{"amount": "12.50"}),
		with("other", int64(1)),
		func(record plog.LogRecord) {
			record.SetTraceID(traceID())
			record.SetSpanID(pcommon.SpanID{1, 2, 3, 4, 5, 6, 7, 8})
		}))

	for _, column := range []struct{ name, got, want string }{
		{"event_name", got.eventName, "reward_claimed"},
		{"actor_id", got.actorID, "user-1"},
		{"actor_type", got.actorType, "user"},
		{"action", got.action, "CLAIM"},
		{"outcome", got.outcome, "success"},
		{"target_type", text(got.targetType), "reward"},
		{"target_id", text(got.targetID), "r-9"},
		{"source_id", text(got.sourceID), "192.0.2.1"},
		{"source_type", text(got.sourceType), "ipv4"},
		{"tenant_id", text(got.tenantID), "tenant-1"},
		{"request_id", text(got.requestID), "req-1"},
		{"user_agent", text(got.userAgent), "curl/8"},
		{"trace_id", text(got.traceID), "5b8efff798038103d269b633813fc60c"},
		{"span_id", text(got.spanID), "0102030405060708"},
		{"service_name", text(got.serviceName), "rewards-api"},
		{"schema_version", text(got.schemaVersion), "1"},
		{"stream_id", text(got.streamID), "s-1"},
		{"details", got.details, `{"amount":"12.50"}`},
		{"attributes", got.attributes, `{"other":1}`},
		{"resource", got.resource, `{"service.name":"rewards-api","tenant_id":"tenant-of-resource"}`},
		{"evidence_by", got.evidence.by, "collector"},
		{"evidence_format", got.evidence.format, "telltale/1"},
	} {
		if column.got != column.want {
			t.Errorf("%s is %q, want %q", column.name, column.got, column.want)
		}
	}
	if got.sequenceNumber == nil || *got.sequenceNumber != 7 {
		t.Errorf("sequence_number is %v, want 7", got.sequenceNumber)
	}
	if !bytes.Equal(got.prevHash, hash) {
		t.Errorf("prev_hash is %x, want %x", got.prevHash, hash)
	}
	if got.occurredUnixNano == nil || *got.occurredUnixNano != sampleNanos {
		t.Errorf("occurred_unix_nano is %v, want %d", got.occurredUnixNano, int64(sampleNanos))
	}
}

func TestARecordThatCannotBeARowGoesToQuarantineWithItsReason(t *testing.T) {
	for name, test := range map[string]struct {
		fill   func(plog.LogRecord)
		reason string
	}{
		"no id":          {sample(sampleID, without("audit.record.id")), "missing: audit.record.id"},
		"id is no UUID":  {sample("4711"), "audit.record.id is not a UUID"},
		"id not in form": {sample("019a9f0000007000800000000000000-0001"), "audit.record.id is not a UUID"},
		"nil UUID":       {sample("00000000-0000-0000-0000-000000000000"), "audit.record.id is the nil UUID"},
		"no actor":       {sample(sampleID, without("audit.actor.id")), "missing: audit.actor.id"},
		"empty actor":    {sample(sampleID, with("audit.actor.id", "")), "missing: audit.actor.id"},
		"actor is a map": {sample(sampleID, with("audit.actor.id", map[string]any{})), "missing: audit.actor.id"},
		"several missing": {
			sample(sampleID, without("audit.action"), without("audit.outcome"), func(r plog.LogRecord) { r.SetEventName("") }),
			"missing: event name, audit.action, audit.outcome",
		},
		"an ordinary log line": {func(r plog.LogRecord) { r.Body().SetStr("hello") }, "missing: audit.record.id"},
		"too deep":             {sample(sampleID, nested(129)), "nested deeper than 128 levels"},
	} {
		t.Run(name, func(t *testing.T) {
			by := "producer-1"
			made := itemsOf(logsOf(sample(newID()), test.fill, sample(newID())), &by)
			if len(made) != 3 || made[0].bad != nil || made[1].bad == nil || made[2].bad != nil {
				t.Fatalf("got %d items, want three with the second one for quarantine", len(made))
			}
			if got := made[1].bad.reason; got != test.reason {
				t.Errorf("reason is %q, want %q", got, test.reason)
			}
			if got := text(made[1].bad.ingestedBy); got != by {
				t.Errorf("ingested_by is %q, want %q", got, by)
			}
		})
	}
}

func TestQuarantineKeepsTheRecordWithResourceAndScope(t *testing.T) {
	sent := logsOf(func(record plog.LogRecord) { record.Body().SetStr("bad \x00 \xff") })
	raw := itemsOf(sent, nil)[0].bad.raw

	unmarshaler := plog.ProtoUnmarshaler{}
	back, err := unmarshaler.UnmarshalLogs(raw)
	if err != nil {
		t.Fatal(err)
	}
	marshaler := plog.ProtoMarshaler{}
	want, _ := marshaler.MarshalLogs(sent)
	got, _ := marshaler.MarshalLogs(back)
	if !bytes.Equal(got, want) {
		t.Errorf("got %q back, want %q", got, want)
	}
}

func TestTimesComeFromTheBestSource(t *testing.T) {
	const second = uint64(time.Second)
	at := func(stamp uint64) func(plog.LogRecord) {
		return func(record plog.LogRecord) { record.SetTimestamp(pcommon.Timestamp(stamp)) }
	}
	observed := func(record plog.LogRecord) { record.SetObservedTimestamp(pcommon.Timestamp(5 * second)) }
	for name, test := range map[string]struct {
		fill  func(plog.LogRecord)
		want  string
		exact bool
	}{
		"stated":                    {sample(sampleID), "2026-11-21T09:40:00.123456789Z", true},
		"observed":                  {sample(sampleID, at(0), observed), "1970-01-01T00:00:05Z", false},
		"in a UUIDv7":               {sample(sampleID, at(0)), "2025-11-20T02:02:48.704Z", false},
		"nowhere":                   {sample("019a9f00-0000-4000-8000-000000000001", at(0)), "", false},
		"1970":                      {sample(sampleID, at(1)), "1970-01-01T00:00:00.000000001Z", true},
		"the last of int64":         {sample(sampleID, at(math.MaxInt64)), "2262-04-11T23:47:16.854775807Z", true},
		"beyond int64":              {sample(sampleID, at(math.MaxInt64+1)), "2262-04-11T23:47:16.854775808Z", false},
		"the last that OTLP can do": {sample(sampleID, at(math.MaxUint64)), "2554-07-21T23:34:33.709551615Z", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := onlyRow(t, test.fill)
			moment := ""
			if got.occurredAt != nil {
				moment = got.occurredAt.Format(time.RFC3339Nano)
			}
			if moment != test.want {
				t.Errorf("occurred_at is %q, want %q", moment, test.want)
			}
			if (got.occurredUnixNano != nil) != test.exact {
				t.Errorf("occurred_unix_nano is %v", got.occurredUnixNano)
			}
		})
	}
}

func TestOtherNamesAreAccepted(t *testing.T) {
	got := onlyRow(t, sample(strings.ToUpper(sampleID),
		func(r plog.LogRecord) { r.SetEventName("") }, with("event.name", "by attribute"),
		with("request_id", "req-2"), with("audit.actor.id", int64(42)),
		with("audit.sequence.number", "8"), with("audit.sequence.prev_hash", strings.Repeat("ab", 32)),
		with("audit.details.amount", "1"), with("audit.details", map[string]any{"currency": "XLM"})))
	if got.eventName != "by attribute" || text(got.requestID) != "req-2" || got.actorID != "42" {
		t.Errorf("got event %q, request %q, actor %q", got.eventName, text(got.requestID), got.actorID)
	}
	if text(got.tenantID) != "tenant-of-resource" {
		t.Errorf("tenant_id is %q, want that of the resource", text(got.tenantID))
	}
	if got.sequenceNumber == nil || *got.sequenceNumber != 8 || len(got.prevHash) != 32 {
		t.Errorf("got sequence %v and previous hash %x", got.sequenceNumber, got.prevHash)
	}
	if want := `{"amount":"1","currency":"XLM"}`; got.details != want {
		t.Errorf("details are %s, want %s", got.details, want)
	}
}
