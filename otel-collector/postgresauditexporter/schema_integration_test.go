//go:build integration

package postgresauditexporter

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/collector/pdata/plog"
)

func sqlState(err error) string {
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

func TestMigrationsCanRunTwiceAndAtTheSameTime(t *testing.T) {
	d := newDatabase(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := migrate(t.Context(), d.super); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	before := ask[string](t, d.super, "SELECT string_agg(version || name || applied_at, ',' ORDER BY version) FROM audit.schema_migrations")
	if err := migrate(t.Context(), d.super); err != nil {
		t.Fatal(err)
	}
	after := ask[string](t, d.super, "SELECT string_agg(version || name || applied_at, ',' ORDER BY version) FROM audit.schema_migrations")
	files, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	if before != after || strings.Count(after, ",") != len(files)-1 {
		t.Errorf("migrations went from %q to %q", before, after)
	}
}

func TestAMigrationDoesNotWaitForAReaderWhileOthersStore(t *testing.T) {
	d := newDatabase(t)
	all, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range all {
		if each.number != 9 {
			run(t, d.super, each.text)
		}
	}
	reader, err := d.super.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Rollback(t.Context()) }()
	if _, err := reader.Exec(t.Context(), "SELECT FROM audit.records"); err != nil {
		t.Fatal(err)
	}

	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if got := sqlState(migrate(patient, d.super)); got != "55P03" {
		t.Errorf("the migration ended with %q, want lock_not_available", got)
	}
	if err := reader.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), d.super); err != nil {
		t.Error(err)
	}
}

func TestWhatCanBeStoredIsStoredThoughAMigrationCannotRunNow(t *testing.T) {
	d := newDatabase(t)
	all, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range all {
		if each.number != 9 {
			run(t, d.super, each.text)
		}
	}
	reader, err := d.super.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Rollback(t.Context()) }()
	if _, err := reader.Exec(t.Context(), "SELECT FROM audit.records"); err != nil {
		t.Fatal(err)
	}

	exporter, _, _ := start(t, d.superURL, func(c *Config) { c.CreateSchema, c.TimeoutConfig.Timeout = true, 24*time.Second })
	deliver(t, exporter, logsOf(sample(newID())))
	if got := ask[int](t, d.super, countRecords); got != 1 {
		t.Errorf("%d records, want 1", got)
	}
}

func TestTheFilesThemselvesCanRunTwice(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	deliver(t, exporter, logsOf(sample(newID())))
	all, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range all {
		run(t, d.super, each.text)
	}
	deliver(t, exporter, logsOf(sample(newID())))
	if got := ask[int](t, d.super, countRecords); got != 2 {
		t.Errorf("%d records, want 2", got)
	}
}

func TestTheExporterMakesTheSchemaOnlyWhenAsked(t *testing.T) {
	d := newDatabase(t)
	// All of it happens within one attempt, which on a busy machine takes longer than the default.
	asked, _, _ := start(t, d.superURL, func(c *Config) { c.CreateSchema, c.TimeoutConfig.Timeout = true, 24*time.Second })
	deliver(t, asked, logsOf(sample(newID())))
	if got := ask[int](t, d.super, countRecords); got != 1 {
		t.Errorf("%d records, want 1", got)
	}

	other := newDatabase(t)
	unasked, host, _ := start(t, other.superURL, nil)
	if err := unasked.ConsumeLogs(t.Context(), logsOf(sample(newID()))); err == nil {
		t.Error("a record was taken without a table to put it in")
	}
	eventually(t, "the missing schema is reported", func() bool { return isRecoverable(last(host.reports()), "run the migrations") })
}

func TestAnOlderSchemaIsNamedAndNothingIsStored(t *testing.T) {
	d := newTrail(t)
	run(t, d.super, "DELETE FROM audit.schema_migrations WHERE version > 3")
	exporter, host, _ := start(t, d.writerURL, nil)
	const want = "the audit schema has version 3, this Collector needs 6: run telltale audit migrate"
	if err := exporter.ConsumeLogs(t.Context(), logsOf(sample(newID()))); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	eventually(t, "the status says it", func() bool { return isRecoverable(last(host.reports()), want) })
	if got := ask[int](t, d.super, countRecords); got != 0 {
		t.Errorf("%d records in a schema that is too old", got)
	}
}

func TestOnlyItsFunctionsAreOpenToTheWriter(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	deliver(t, exporter, logsOf(sample(newID()), func(plog.LogRecord) {}))
	partition := "records_" + ask[string](t, d.super, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")
	for _, statement := range []string{
		"SELECT count(*) FROM audit.records", "SELECT count(*) FROM audit." + partition, "SELECT count(*) FROM audit_events",
		"SELECT count(*) FROM audit.trail", "SELECT count(*) FROM audit.quarantine", "SELECT count(*) FROM audit.conflicts",
		"INSERT INTO audit.seals DEFAULT VALUES",
		"UPDATE audit.records SET actor_id = 'x'", "DELETE FROM audit.records", "TRUNCATE audit.records", "DELETE FROM audit." + partition,
		"DROP TABLE audit.records", "CREATE TABLE audit.x ()", "ALTER TABLE audit.records DISABLE TRIGGER ALL",
		"SELECT audit.ensure_partitions()", "SELECT audit.require_durable_commit()", "SET ROLE audit_owner",
	} {
		if _, err := d.writer.Exec(t.Context(), statement); sqlState(err) != "42501" {
			t.Errorf("%s: %v, want permission denied", statement, err)
		}
	}
}

func TestTheAuditorReadsAndNothingElse(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	deliver(t, exporter, logsOf(sample(newID()), func(plog.LogRecord) {}))
	for _, view := range []string{"audit.records", "audit.quarantine", "audit.seals", "audit.sealers", "audit.trail", "audit_events"} {
		if got := ask[int](t, d.auditor, "SELECT count(*) FROM "+view); got == 0 {
			t.Errorf("the auditor sees nothing in %s", view)
		}
	}
	for _, statement := range []string{
		"INSERT INTO audit.seals DEFAULT VALUES", "UPDATE audit.records SET actor_id = 'x'",
		"DELETE FROM audit.annexes", "TRUNCATE audit.records", "SELECT audit.append_seal(gen_random_uuid(), 0, 0, '', '')",
		"SELECT audit.touch_sealer(gen_random_uuid())", "SELECT audit.close_sealer(gen_random_uuid(), gen_random_uuid())",
	} {
		if _, err := d.auditor.Exec(t.Context(), statement); sqlState(err) != "42501" {
			t.Errorf("%s: %v, want permission denied", statement, err)
		}
	}
}

func TestEvenTheSuperuserIsRefusedAChange(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	deliver(t, exporter, logsOf(sample(newID()), sample("ffffffff-ffff-4fff-bfff-ffffffffffff"), func(plog.LogRecord) {}))
	id := newID()
	deliver(t, exporter, logsOf(sample(id)))
	deliver(t, exporter, logsOf(sample(id, with("x", "other"))))
	partitions := ask[[]string](t, d.super, "SELECT array_agg(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'audit.records'::regclass")
	if len(partitions) != 27 {
		t.Errorf("%d partitions, want last month, this one, 24 more and the default one", len(partitions))
	}
	tables := append(partitions, "audit.records", "audit.annexes", "audit.quarantine", "audit.conflicts", "audit.seals", "audit.sealers")

	for _, mode := range []string{"origin", "replica"} {
		err := pgx.BeginFunc(t.Context(), d.super, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "SET LOCAL session_replication_role = "+mode); err != nil {
				return err
			}
			for _, table := range tables {
				var empty bool
				if err := tx.QueryRow(t.Context(), "SELECT NOT EXISTS (SELECT FROM "+table+")").Scan(&empty); err != nil {
					return err
				}
				change := "recorded_at = now()"
				switch table {
				case "audit.sealers":
					change = "name = 'x'"
				case "audit.annexes":
					change = "annex = ''"
				}
				for _, statement := range []string{"UPDATE " + table + " SET " + change, "DELETE FROM " + table, "TRUNCATE " + table} {
					err := pgx.BeginFunc(t.Context(), tx, func(inner pgx.Tx) error {
						_, err := inner.Exec(t.Context(), statement)
						return err
					})
					// Row triggers have nothing to refuse in an empty table.
					if sqlState(err) != "42501" && (!empty || strings.HasPrefix(statement, "TRUNCATE")) {
						t.Errorf("as %s, %s: %v, want refused", mode, statement, err)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestPartitionsAreMadeAheadAndABlockedMonthStopsNothing(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	farID := "0fffffff-ffff-7fff-bfff-ffffffffffff"
	deliver(t, exporter, logsOf(sample(newID()), sample(farID)))

	if got := ask[string](t, d.super, "SELECT tableoid::regclass::text FROM audit.records WHERE record_id <> $1", farID); got !=
		"audit.records_"+ask[string](t, d.super, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')") {
		t.Errorf("a record of now is in %s", got)
	}
	if got := ask[string](t, d.super, "SELECT string_agg(DISTINCT state, ',') FROM audit.ensure_partitions()"); got != "exists" {
		t.Errorf("run again it says %s, want exists", got)
	}
	if got := ask[int](t, d.super, "SELECT count(*) FROM audit.ensure_partitions(30) WHERE state = 'created'"); got != 6 {
		t.Errorf("six months more make %d partitions", got)
	}

	// An id of a month without a partition goes to the default one and blocks that month for good.
	blocked := ask[string](t, d.super, "SELECT audit.first_id_at(date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '31 months 3 days')")
	deliver(t, exporter, logsOf(sample(blocked[:14]+"7"+blocked[15:])))
	if got := ask[string](t, d.super, "SELECT string_agg(state, ',' ORDER BY partition_name) FROM audit.ensure_partitions(32) WHERE state <> 'exists'"); got != "blocked,created" {
		t.Errorf("it says %s, want blocked,created", got)
	}
	deliver(t, exporter, logsOf(sample(newID())))
	if got := ask[int](t, d.super, countRecords); got != 4 {
		t.Errorf("%d records, want 4", got)
	}
}

func TestEveryTableAndColumnIsExplained(t *testing.T) {
	d := newTrail(t)
	missing := ask[[]string](t, d.super, `
		SELECT coalesce(array_agg(c.oid::regclass || coalesce('.' || a.attname, '')), '{}')
		FROM pg_class c
		LEFT JOIN LATERAL (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 UNION ALL SELECT NULL, 0) a ON true
		WHERE (c.relnamespace = 'audit'::regnamespace OR c.oid = 'public.audit_events'::regclass)
		  AND c.relkind IN ('r', 'p', 'v') AND NOT (c.relispartition AND a.attnum > 0)
		  AND col_description(c.oid, a.attnum) IS NULL AND (a.attnum > 0 OR obj_description(c.oid, 'pg_class') IS NULL)`)
	if len(missing) != 0 {
		t.Errorf("without comment: %v", missing)
	}
	if got := ask[int](t, d.super, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'audit'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL"); got != 0 {
		t.Errorf("%d functions without comment", got)
	}
	if got := ask[int](t, d.super, "SELECT count(*) FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relowner <> 'audit_owner'::regrole"); got != 0 {
		t.Errorf("%d relations belong to somebody else than audit_owner", got)
	}
}

// The embedded servers have no lz4, distributions' have: both ways are right, a mixture is not.
func TestLongColumnsAreCompressedByTheFastestMethodThatTheServerHas(t *testing.T) {
	d := newTrail(t)
	want := "pglz"
	if _, err := d.super.Exec(t.Context(), "CREATE TEMPORARY TABLE probe (x text COMPRESSION lz4)"); err == nil {
		want = "lz4"
	}
	run(t, d.super, "SELECT audit.ensure_partitions(30)")
	exporter, _, _ := start(t, d.writerURL, nil)
	deliver(t, exporter, logsOf(sample(newID(), func(r plog.LogRecord) {
		r.Attributes().PutStr("long", strings.Repeat("what is long and repeats itself, ", 1000))
	})))
	if got := ask[string](t, d.super, "SELECT pg_column_compression(evidence) FROM audit.records"); got != want {
		t.Errorf("evidence is compressed by %s, want %s", got, want)
	}
	const settings = `SELECT string_agg(DISTINCT CASE a.attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END, ',')
FROM pg_attribute a WHERE a.attname IN ('evidence', 'details', 'attributes', 'resource') AND (a.attrelid = 'audit.records'::regclass
  OR a.attrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit.records'::regclass))`
	if got := ask[string](t, d.super, settings); got != want {
		t.Errorf("the table and its partitions are set to %s, want %s", got, want)
	}
}
