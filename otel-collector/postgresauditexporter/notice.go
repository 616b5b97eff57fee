package postgresauditexporter

import (
	"crypto/sha256"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

// mostReasons bounds the list of reasons in one notice.
const mostReasons = 10

// quarantineNotice is the audit record that says that records went to quarantine. It stands in the
// same transaction, so that nobody has to look there to know that he should.
func quarantineNotice(name string, quarantined []*quarantineRow) *row {
	text := func(key, value string) evidence.Field {
		return evidence.Field{Key: key, Value: evidence.Value{Kind: evidence.Text, Text: value}}
	}
	record := &evidence.Record{
		Attributes: []evidence.Field{
			text(recordIDKey, formatUUID(newUUID())),
			text("audit.actor.id", name),
			text("audit.actor.type", "system"),
			text("audit.action", "QUARANTINE"),
			text("audit.outcome", "success"),
			{Key: detailsKey, Value: evidence.Value{Kind: evidence.Map, Map: []evidence.Field{
				{Key: "count", Value: evidence.Value{Kind: evidence.Integer, Integer: int64(len(quarantined))}},
				{Key: "reasons", Value: evidence.Value{Kind: evidence.List, List: reasonsOf(quarantined)}},
			}}},
		},
		EventName:    "telltale.audit.records.quarantined",
		Resource:     []evidence.Field{text("service.name", name)},
		TimeUnixNano: uint64(time.Now().UnixNano()),
	}
	written := evidence.Encode(record)
	made, _ := toRow(record, evidenceColumns{written, sha256.Sum256(written), byCollector, evidence.Format})
	return made
}

// reasonsOf lists each reason once.
func reasonsOf(quarantined []*quarantineRow) []evidence.Value {
	var reasons []evidence.Value
	seen := map[string]bool{}
	for _, each := range quarantined {
		if seen[each.reason] || len(reasons) == mostReasons {
			continue
		}
		seen[each.reason] = true
		reasons = append(reasons, evidence.Value{Kind: evidence.Text, Text: each.reason})
	}
	return reasons
}
