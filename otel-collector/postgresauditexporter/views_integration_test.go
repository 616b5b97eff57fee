//go:build integration

package postgresauditexporter

import (
	"bytes"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// The analysts' queries, as they wrote them.
const (
	claimsPerHour = `
SELECT date_trunc('hour', created_at) AS hour, COUNT(*), SUM(amount)
FROM audit_events WHERE event = 'reward_claimed'
AND created_at > NOW() - INTERVAL '24 hours'
GROUP BY hour ORDER BY hour;`
	activeUsersPerDay = `
SELECT date_trunc('day', created_at) AS day, COUNT(DISTINCT user_id)
FROM audit_events WHERE event IN ('reward_claimed', 'quiz_submitted')
GROUP BY day ORDER BY day DESC;`
)

func TestTheAnalystsQueriesRunAsWritten(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	now := func(record plog.LogRecord) { record.SetTimestamp(pcommon.NewTimestampFromTime(time.Now())) }
	earlier := func(record plog.LogRecord) {
		record.SetTimestamp(pcommon.NewTimestampFromTime(time.Now().Add(-48 * time.Hour)))
	}
	amount := func(value any) func(plog.LogRecord) {
		return with("audit.details", map[string]any{"amount": value})
	}
	deliver(t, exporter, logsOf(
		sample(newID(), now, amount("12.5000001")), sample(newID(), now, amount(int64(2))), sample(newID(), now, amount(0.5)),
		sample(newID(), now, amount("abc")), sample(newID(), now, amount("1e999999")), sample(newID(), now, amount("NaN")),
		sample(newID(), now, amount("١٢")), sample(newID(), now, amount("")), sample(newID(), now, amount(map[string]any{})),
		sample(newID(), now, amount(string(make([]byte, 200)))), sample(newID(), now),
		sample(newID(), earlier, amount("100"), with("audit.actor.id", "user-2")),
		sample(newID(), now, with("audit.actor.id", "user-3"), func(r plog.LogRecord) { r.SetEventName("quiz_submitted") }),
		sample(newID(), now, with("audit.actor.id", "user-4"), func(r plog.LogRecord) { r.SetEventName("login") }),
	))

	type perHour struct {
		Hour   time.Time
		Count  int
		Amount string
	}
	rows, err := d.auditor.Query(t.Context(), claimsPerHour, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	hours, err := pgx.CollectRows(rows, pgx.RowToStructByPos[perHour])
	if err != nil {
		t.Fatal(err)
	}
	if len(hours) != 1 || hours[0].Count != 11 || hours[0].Amount != "15.0000001" {
		t.Errorf("claims per hour: %+v", hours)
	}

	type perDay struct {
		Day   time.Time
		Users int
	}
	rows, err = d.auditor.Query(t.Context(), activeUsersPerDay, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	days, err := pgx.CollectRows(rows, pgx.RowToStructByPos[perDay])
	if err != nil {
		t.Fatal(err)
	}
	if len(days) != 2 || days[0].Users != 2 || days[1].Users != 1 {
		t.Errorf("active users per day: %+v", days)
	}
}

func TestErasableDetailsAreInTheViewsUntilTheyAreErased(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	salt, annex := bytes.Repeat([]byte{7}, 32), []byte(`{"values":[{"key":"amount","value":{"stringValue":"3"}},{"key":"email","value":{"stringValue":"a@b"}}]}`)
	id := newID()
	fill := produced(id, annexHash(salt, annex))
	// With a record that goes to quarantine: what the trail says about itself is no event.
	deliver(t, exporter, logsOf(func(r plog.LogRecord) { fill(r); withAnnex(r, salt, annex) }, sample("bad")))
	if got := ask[string](t, d.auditor, "SELECT string_agg(concat_ws('|', event, amount, metadata ->> 'email'), ',') FROM audit_events"); got != "reward_claimed|3|a@b" {
		t.Errorf("the view says %s", got)
	}
	if got := ask[bool](t, d.auditor, `SELECT r.annex_hash = sha256(a.salt || a.annex) AND position('a@b'::bytea IN r.evidence) = 0 AND r.details = '{}'
		FROM audit.records r JOIN audit.annexes a USING (record_id) WHERE record_id = $1`, id); !got {
		t.Error("the annex does not fit its record, or the record holds what is erasable")
	}
	d.alter("ALTER TABLE audit.annexes DISABLE TRIGGER ALL; DELETE FROM audit.annexes; ALTER TABLE audit.annexes ENABLE ALWAYS TRIGGER no_delete")
	if got := ask[string](t, d.auditor, "SELECT concat_ws('|', event, amount, metadata::text) FROM audit_events"); got != "reward_claimed|{}" {
		t.Errorf("after the erasure the view says %s", got)
	}
}

func TestTheViewSaysWhatTheRecordSaid(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	deliver(t, exporter, logsOf(sample(newID(),
		with("audit.target.type", "reward"), with("audit.target.id", "r-9"), with("audit.source.id", "192.0.2.1"),
		with("user_agent.original", "curl/8"), with("audit.details", map[string]any{"amount": "1", "currency": "XLM"}))))
	got := ask[string](t, d.auditor, `SELECT concat_ws('|', event, created_at AT TIME ZONE 'UTC', user_id, resource, resource_id,
		action, result, amount, ip, user_agent, metadata ->> 'currency') FROM audit_events`)
	want := "reward_claimed|2026-11-21 09:40:00.123456|user-1|reward|r-9|CLAIM|success|1|192.0.2.1|curl/8|XLM"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := ask[int64](t, d.auditor, "SELECT occurred_unix_nano FROM audit.records"); got != sampleNanos {
		t.Errorf("occurred_unix_nano is %d, want %d", got, int64(sampleNanos))
	}
}
