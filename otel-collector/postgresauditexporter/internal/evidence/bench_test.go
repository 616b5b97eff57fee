package evidence

import "testing"

// BenchmarkDecode reads the first 2 kB record of the vectors' kind: what the exporter does with each
// record that a producer sends.
func BenchmarkDecode(b *testing.B) {
	written := Encode(usualRecord())
	b.SetBytes(int64(len(written)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(written); err != nil {
			b.Fatal(err)
		}
	}
}

func usualRecord() *Record {
	text := func(key, value string) Field { return Field{Key: key, Value: Value{Kind: Text, Text: value}} }
	return &Record{
		Attributes: []Field{
			text("audit.action", "claim_reward"), text("audit.actor.id", "user-000042"), text("audit.actor.type", "user"),
			{Key: "audit.details", Value: Value{Kind: Map, Map: []Field{
				text("amount", "12.5000000"), text("asset", "XLM"), {Key: "passed", Value: Value{Kind: Truth, Truth: true}},
				{Key: "quiz", Value: Value{Kind: Integer, Integer: 42}},
			}}},
			text("audit.outcome", "success"), text("audit.record.id", "01a1feb2-d337-7001-8278-cdcb27d3888c"),
			text("audit.request.id", "f7e79d2b47f666309ce301f0b8829f5c"), text("audit.schema.version", "1"),
			{Key: "audit.sequence.number", Value: Value{Kind: Integer, Integer: 4711}},
			text("audit.sequence.prev_hash", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
			text("audit.source.id", "203.0.113.1"), text("audit.source.type", "ipv4"),
			text("audit.stream.id", "0193b1c0-0000-7000-8000-000000000001"), text("audit.target.id", "submission-0981050"),
			text("audit.target.type", "quiz_submission"), text("tenant_id", "globex"),
			text("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0"),
		},
		EventName: "quiz_submitted",
		Resource: []Field{
			text("deployment.environment.name", "production"), text("host.name", "rewards-api-0"),
			text("service.instance.id", "0193b1c0-0000-7000-8000-000000000001"), text("service.name", "rewards-api"),
			text("service.version", "1.4.2"),
		},
		SpanID:       [8]byte{0x12, 0x39},
		TimeUnixNano: 1795274494775000000,
		TraceID:      [16]byte{0x16, 0xd0},
	}
}
