package postgresauditexporter

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

const (
	sampleID    = "019a9f00-0000-7000-8000-000000000001"
	sampleNanos = 1795254000123456789
)

var lastID atomic.Uint32

// newID makes a UUIDv7 of this moment, a different one each time.
func newID() string {
	stamp := fmt.Sprintf("%012x", time.Now().UnixMilli())
	return fmt.Sprintf("%s-%s-7000-9000-%012x", stamp[:8], stamp[8:], lastID.Add(1))
}

// logsOf makes one request of the records that the functions fill in.
func logsOf(fill ...func(plog.LogRecord)) plog.Logs {
	logs := plog.NewLogs()
	resourceLogs := logs.ResourceLogs().AppendEmpty()
	resourceLogs.Resource().Attributes().PutStr("service.name", "rewards-api")
	resourceLogs.Resource().Attributes().PutStr("tenant_id", "tenant-of-resource")
	scopeLogs := resourceLogs.ScopeLogs().AppendEmpty()
	scopeLogs.Scope().SetName("audit")
	for _, each := range fill {
		each(scopeLogs.LogRecords().AppendEmpty())
	}
	return logs
}

// sample fills in a valid record and then applies the changes.
func sample(id string, changes ...func(plog.LogRecord)) func(plog.LogRecord) {
	return func(record plog.LogRecord) {
		record.SetEventName("reward_claimed")
		record.SetTimestamp(sampleNanos)
		attributes := record.Attributes()
		attributes.PutStr("audit.record.id", id)
		attributes.PutStr("audit.actor.id", "user-1")
		attributes.PutStr("audit.actor.type", "user")
		attributes.PutStr("audit.action", "CLAIM")
		attributes.PutStr("audit.outcome", "success")
		for _, change := range changes {
			change(record)
		}
	}
}

// with sets one attribute from a plain Go value.
func with(key string, value any) func(plog.LogRecord) {
	return func(record plog.LogRecord) {
		if err := record.Attributes().PutEmpty(key).FromRaw(value); err != nil {
			panic(err)
		}
	}
}

func without(key string) func(plog.LogRecord) {
	return func(record plog.LogRecord) { record.Attributes().Remove(key) }
}

// nested makes a value that is so many levels deep.
func nested(depth int) func(plog.LogRecord) {
	return func(record plog.LogRecord) {
		value := record.Attributes().PutEmpty("audit.details")
		for range depth {
			value = value.SetEmptyMap().PutEmpty("in")
		}
	}
}

// onlyRow turns one record into its row, and fails if it would be quarantined.
func onlyRow(t *testing.T, fill func(plog.LogRecord)) *row {
	t.Helper()
	made := itemsOf(logsOf(fill), nil)
	if len(made) != 1 {
		t.Fatalf("got %d items, want one", len(made))
	}
	if made[0].bad != nil {
		t.Fatalf("it is quarantined: %s", made[0].bad.reason)
	}
	return made[0].row
}

// onlyBad turns one record into what goes to quarantine, and fails if it would be a row.
func onlyBad(t *testing.T, fill func(plog.LogRecord)) *quarantineRow {
	t.Helper()
	made := itemsOf(logsOf(fill), nil)
	if len(made) != 1 || made[0].bad == nil {
		t.Fatalf("got %d items, want one for quarantine", len(made))
	}
	return made[0].bad
}

func text(value *string) string {
	if value == nil {
		return "NULL"
	}
	return *value
}

func traceID() pcommon.TraceID {
	return pcommon.TraceID{0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0c}
}

func itemsOf(logs plog.Logs, ingestedBy *string) []*item {
	return slices.Collect(eachItem(logs, ingestedBy))
}
