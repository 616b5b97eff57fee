//go:build integration

package postgresauditexporter

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// countRecords leaves out what the Collector says about quarantines.
const countRecords = "SELECT count(*) FROM audit.records WHERE event_name NOT LIKE 'telltale.audit.%'"

func counted(t *testing.T, telemetry *componenttest.Telemetry, name string) int64 {
	t.Helper()
	metric, err := telemetry.GetMetric("otelcol_postgres_audit.records." + name)
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, point := range metric.Data.(metricdata.Sum[int64]).DataPoints {
		sum += point.Value
	}
	return sum
}

func TestARecordSentAgainIsStoredOnce(t *testing.T) {
	d := newTrail(t)
	exporter, _, telemetry := start(t, d.writerURL, nil)
	logs := logsOf(sample(newID()), sample(newID()))
	for range 3 {
		deliver(t, exporter, logs)
	}
	if got := ask[int](t, d.super, countRecords); got != 2 {
		t.Errorf("%d records, want 2", got)
	}
	for name, want := range map[string]int64{"received": 6, "stored": 2, "duplicate": 4, "conflict": 0, "quarantined": 0} {
		if got := counted(t, telemetry, name); got != want {
			t.Errorf("%s counts %d, want %d", name, got, want)
		}
	}
}

func TestARequestMayHoldARecordTwice(t *testing.T) {
	d := newTrail(t)
	exporter, _, telemetry := start(t, d.writerURL, nil)
	id := newID()
	deliver(t, exporter, logsOf(sample(id), sample(newID()), sample(id), sample(id, with("x", "other"))))
	if got := ask[int](t, d.super, countRecords); got != 2 {
		t.Errorf("%d records, want 2", got)
	}
	if stored, duplicate, conflict := counted(t, telemetry, "stored"), counted(t, telemetry, "duplicate"), counted(t, telemetry, "conflict"); stored != 2 || duplicate != 1 || conflict != 1 {
		t.Errorf("stored %d, duplicate %d, conflict %d; want 2, 1, 1", stored, duplicate, conflict)
	}
}

func TestAnIdWithOtherContentIsKeptAsAConflict(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	id := newID()
	deliver(t, exporter, logsOf(sample(id)))
	for range 2 {
		deliver(t, exporter, logsOf(sample(id, with("audit.actor.id", "mallory")), sample(newID())))
	}
	if got := ask[string](t, d.super, "SELECT actor_id FROM audit.records WHERE record_id = $1", id); got != "user-1" {
		t.Errorf("the record now says %q", got)
	}
	if got := ask[int](t, d.super, `SELECT count(*) FROM audit.conflicts c JOIN audit.records r USING (record_id)
		WHERE c.stored_hash = r.hash AND c.hash <> r.hash AND sha256(c.evidence) = c.hash AND position('mallory'::bytea IN c.evidence) > 0`); got != 1 {
		t.Errorf("%d conflicts, want 1", got)
	}
	if got := ask[int](t, d.super, countRecords); got != 3 {
		t.Errorf("%d records, want 3: a conflict must not keep out what came with it", got)
	}
}

func TestOneBadRecordAmongAThousandIsQuarantinedAlone(t *testing.T) {
	d := newTrail(t)
	exporter, _, telemetry := start(t, d.writerURL, nil)
	fill := make([]func(plog.LogRecord), 1000)
	for i := range fill {
		fill[i] = sample(newID())
	}
	fill[500] = sample("not a uuid", with("x", "\x00\xff"))
	logs := logsOf(fill...)
	for range 2 {
		deliver(t, exporter, logs)
	}
	if got := ask[int](t, d.super, countRecords); got != 999 {
		t.Errorf("%d records, want 999", got)
	}
	if got := ask[string](t, d.super, "SELECT reason FROM audit.quarantine"); got != "audit.record.id is not a UUID" {
		t.Errorf("reason is %q", got)
	}
	if got := ask[int](t, d.super, "SELECT count(*) FROM audit.quarantine WHERE sha256(raw) = raw_hash AND position('not a uuid'::bytea IN raw) > 0"); got != 1 {
		t.Errorf("%d in quarantine, want 1: sent again it is the same", got)
	}
	if got := counted(t, telemetry, "quarantined"); got != 2 {
		t.Errorf("quarantined counts %d, want 2", got)
	}
}

func TestNoContentKeepsARecordOut(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	bad := "a\x00b\xff\xed\xa0\x80"
	huge := strings.Repeat("x", 5<<20)
	wide := map[string]any{}
	for i := range 10_000 {
		wide[fmt.Sprintf("key %d", i)] = int64(i)
	}
	at := func(stamp uint64) func(plog.LogRecord) {
		return func(record plog.LogRecord) { record.SetTimestamp(pcommon.Timestamp(stamp)) }
	}
	changes := map[string][]func(plog.LogRecord){
		"NUL and no UTF-8 everywhere": {
			func(r plog.LogRecord) { r.SetEventName(bad); r.Body().SetStr(bad); r.SetSeverityText(bad) },
			with("audit.actor.id", bad), with("audit.action", bad), with("audit.target.id", bad), with("user_agent.original", bad),
			with("audit.details", map[string]any{bad: []any{bad, map[string]any{bad: bad}}}), with(bad, bad), with("tenant_id", bad),
		},
		"5 MiB in one value":         {with("audit.details", map[string]any{"blob": huge})},
		"5 MiB in indexed columns":   {with("audit.actor.id", huge[:1<<20]), with("audit.target.id", huge[:1<<20]), with("audit.target.type", huge[:1<<20])},
		"10 000 keys":                {with("audit.details", wide)},
		"128 levels":                 {nested(126)},
		"numbers that JSON lacks":    {with("audit.details", map[string]any{"a": math.NaN(), "b": math.Inf(1), "c": int64(-1 << 63)})},
		"1970":                       {at(1)},
		"2554":                       {at(1<<64 - 1)},
		"no time at all":             {at(0)},
		"prototype and empty keys":   {with("__proto__", "x"), with("", "y"), with("audit.details", map[string]any{"": "z", "constructor": "q"})},
		"details that are no object": {with("audit.details", []any{"a", int64(1)})},
	}
	fill := make([]func(plog.LogRecord), 0, len(changes))
	for _, change := range changes {
		fill = append(fill, sample(newID(), change...))
	}
	fill = append(fill, sample("ffffffff-ffff-4fff-bfff-ffffffffffff"), sample("00000000-0000-7000-8000-000000000001"))
	deliver(t, exporter, logsOf(fill...))
	if got := ask[int](t, d.super, countRecords); got != len(fill) {
		t.Errorf("%d records, want %d; quarantine: %v", got, len(fill), ask[*string](t, d.super, "SELECT string_agg(reason, '; ') FROM audit.quarantine"))
	}
	if got := ask[int](t, d.super, "SELECT count(*) FROM audit.records WHERE sha256(evidence) = hash"); got != len(fill) {
		t.Errorf("%d records have the hash of their evidence, want %d", got, len(fill))
	}
	if got := ask[string](t, d.super, "SELECT actor_id FROM audit.records WHERE details::text LIKE '%u0000%'"); got != `a\u0000b\xff\xed\xa0\x80` {
		t.Errorf("actor_id is %q", got)
	}
	if got := ask[int](t, d.super, "SELECT count(*) FROM audit.records_default"); got != 2 {
		t.Errorf("%d records in the default partition, want the two with ids of no month", got)
	}
}

func TestManyExportersWithTheSameRecordsNeitherDeadlockNorDouble(t *testing.T) {
	d := newTrail(t)
	// Without retries, which would hide a deadlock or a transaction that was rolled back.
	exporter, _, telemetry := start(t, d.writerURL, func(c *Config) { c.BackOffConfig.Enabled = false })
	const number = 300
	ids := make([]string, number)
	for i := range ids {
		ids[i] = newID()
	}
	var all sync.WaitGroup
	for sender := range 8 {
		all.Go(func() {
			fill := make([]func(plog.LogRecord), number)
			for i := range fill {
				at := i
				if sender%2 == 1 {
					at = number - 1 - i
				}
				fill[i] = sample(ids[at])
			}
			for range 3 {
				if err := exporter.ConsumeLogs(t.Context(), logsOf(fill...)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := ask[int](t, d.super, countRecords); got != number {
		t.Errorf("%d records, want %d", got, number)
	}
	if stored, duplicate := counted(t, telemetry, "stored"), counted(t, telemetry, "duplicate"); stored != number || duplicate != 23*number {
		t.Errorf("stored %d and duplicate %d, want %d and %d", stored, duplicate, number, 23*number)
	}
}

func TestADatabaseThatCommitsInTheBackgroundIsMadeToWait(t *testing.T) {
	d := newTrail(t)
	run(t, d.super, "CREATE TABLE public.seen (setting text); GRANT INSERT ON public.seen TO audit_owner")
	d.alter(`CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
		CREATE TRIGGER note AFTER INSERT ON audit.records FOR EACH STATEMENT EXECUTE FUNCTION public.note()`)
	for setting, want := range map[string]string{"off": "on", "local": "on", "on": "on", "remote_apply": "remote_apply"} {
		exporter, _, _ := start(t, d.writerURL+"?synchronous_commit="+setting, nil)
		run(t, d.super, "DELETE FROM public.seen")
		deliver(t, exporter, logsOf(sample(newID())))
		if got := ask[string](t, d.super, "SELECT setting FROM public.seen"); got != want {
			t.Errorf("with synchronous_commit %s it committed under %s, want %s", setting, got, want)
		}
	}
}

func TestTheTimeOfStoringIsTheDatabases(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	deliver(t, exporter, logsOf(sample("019a9f00-0000-4000-8000-000000000001", func(r plog.LogRecord) { r.SetTimestamp(0) })))
	if got := ask[time.Duration](t, d.super, "SELECT clock_timestamp() - least(occurred_at, recorded_at) FROM audit.records"); got > time.Minute {
		t.Errorf("a record without any time is %s old", got)
	}
}
