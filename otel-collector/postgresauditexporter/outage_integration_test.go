//go:build integration

package postgresauditexporter

import (
	"context"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refuses checks that a record is answered so that its producer keeps it.
func refuses(t *testing.T, by exporter.Logs, id string) {
	t.Helper()
	err := by.ConsumeLogs(t.Context(), logsOf(sample(id)))
	if err == nil {
		t.Fatal("a record was acknowledged that is not stored")
	}
	if consumererror.IsPermanent(err) {
		t.Errorf("the error is permanent: %v", err)
	}
	if state, _ := status.FromError(err); state.Code() != codes.Unavailable {
		t.Errorf("the status is %s, want Unavailable", state.Code())
	}
}

func TestADatabaseThatStopsIsWaitedForAndUsedAgain(t *testing.T) {
	d := newTrail(t)
	between := startProxy(t, d.writerURL)
	exporter, host, _ := start(t, between.url, nil)
	id, next := newID(), newID()
	deliver(t, exporter, logsOf(sample(id)))

	between.down()
	refuses(t, exporter, next)
	eventually(t, "the outage is reported", func() bool { return isRecoverable(last(host.reports()), "cannot be reached") })

	between.up()
	eventually(t, "the end of the outage is reported without a record being sent", func() bool { return last(host.reports()) == "StatusOK" })
	deliver(t, exporter, logsOf(sample(id), sample(next)))
	if got := ask[int](t, d.super, countRecords); got != 2 {
		t.Errorf("%d records, want 2", got)
	}
}

func TestItStartsBeforeTheDatabaseIsThere(t *testing.T) {
	d := newTrail(t)
	between := startProxy(t, d.writerURL)
	between.down()
	exporter, host, _ := start(t, between.url, nil)
	refuses(t, exporter, newID())
	between.up()
	eventually(t, "the database is found", func() bool { return last(host.reports()) == "StatusOK" })
	deliver(t, exporter, logsOf(sample(newID())))
}

func TestAReplyLostAfterTheCommitMakesNoSecondRow(t *testing.T) {
	d := newTrail(t)
	between := startProxy(t, d.writerURL)
	exporter, _, telemetry := start(t, between.url, func(c *Config) { c.ProbeInterval = time.Hour })
	deliver(t, exporter, logsOf(sample(newID())))

	// Everything up to the commit is sent in one go, so this loses the reply to the commit as well.
	between.loseReplyTo("whose reply gets lost")
	deliver(t, exporter, logsOf(sample(newID(), with("audit.actor.id", "whose reply gets lost")), sample("not a uuid")))
	if got := ask[int](t, d.super, countRecords); got != 2 {
		t.Errorf("%d records, want 2", got)
	}
	if got := ask[int](t, d.super, "SELECT count(*) FROM audit.quarantine"); got != 1 {
		t.Errorf("%d in quarantine, want 1", got)
	}
	if got := counted(t, telemetry, "duplicate"); got != 1 {
		t.Errorf("duplicate counts %d, want 1: the first commit had gone through", got)
	}
}

func TestASilentDatabaseHoldsUpNeitherAnswersNorTheEnd(t *testing.T) {
	d := newTrail(t)
	between := startProxy(t, d.writerURL)
	config := createDefaultConfig().(*Config)
	config.DSN = configopaque.String(between.url)
	config.TimeoutConfig.Timeout = 300 * time.Millisecond
	config.BackOffConfig.Enabled = false
	config.ProbeInterval = 300 * time.Millisecond
	made, err := NewFactory().CreateLogs(t.Context(), exportertest.NewNopSettings(componentType), config)
	if err != nil {
		t.Fatal(err)
	}
	host := &statusHost{Host: componenttest.NewNopHost()}
	if err := made.Start(t.Context(), host); err != nil {
		t.Fatal(err)
	}
	deliver(t, made, logsOf(sample(newID())))

	between.goSilent()
	begun := time.Now()
	refuses(t, made, newID())
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("the answer took %s", took)
	}
	eventually(t, "the silence is reported", func() bool { return isRecoverable(last(host.reports()), "did not answer in time") })

	begun = time.Now()
	if err := made.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 3*shutdownPatience+5*time.Second {
		t.Errorf("the end took %s", took)
	}
}

func TestWhatAnOperatorCanRepairIsRetryable(t *testing.T) {
	for name, test := range map[string]struct{ breaks, repairs, cause string }{
		"table missing": {
			"ALTER TABLE audit.records RENAME TO gone", "ALTER TABLE audit.gone RENAME TO records", "",
		},
		"function missing": {
			"ALTER FUNCTION audit.append_records RENAME TO gone", "ALTER FUNCTION audit.gone RENAME TO append_records", "run the migrations",
		},
		"right missing": {
			"REVOKE EXECUTE ON FUNCTION audit.append_records FROM audit_writer", "GRANT EXECUTE ON FUNCTION audit.append_records TO audit_writer", "grant audit_writer",
		},
		"partition missing": {
			"ALTER TABLE audit.records DETACH PARTITION audit.records_default; ALTER TABLE audit.records DETACH PARTITION audit.this_month",
			"ALTER TABLE audit.records ATTACH PARTITION audit.records_default DEFAULT", "",
		},
		"read-only": {
			"ALTER DATABASE %d SET default_transaction_read_only = on", "ALTER DATABASE %d RESET default_transaction_read_only", "read-only",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTrail(t)
			exporter, host, _ := start(t, d.writerURL, func(c *Config) {
				c.Pool.MaxConnectionLifetime = 20 * time.Millisecond
			})
			d.alter(test.breaks)
			// Settings of a database hold for new connections only.
			run(t, d.super, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'telltale_test_writer%' AND datname = current_database()")
			id := newID()
			refuses(t, exporter, id)
			if test.cause != "" {
				eventually(t, "the cause is reported", func() bool { return isRecoverable(last(host.reports()), test.cause) })
			}

			d.alter(test.repairs)
			run(t, d.super, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'telltale_test_writer%' AND datname = current_database()")
			eventually(t, "it works again", func() bool { return exporter.ConsumeLogs(t.Context(), logsOf(sample(id))) == nil })
			if got := ask[int](t, d.super, countRecords); got != 1 {
				t.Errorf("%d records, want 1", got)
			}
			if got := ask[int](t, d.super, "SELECT count(*) FROM audit.quarantine"); got != 0 {
				t.Errorf("%d in quarantine: an outage is no reason for that", got)
			}
		})
	}
}

func TestALockHeldByOthersIsGivenUpAndNothingStaysBehind(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, func(c *Config) { c.LockTimeout = 50 * time.Millisecond })
	blocker, err := d.super.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocker.Exec(t.Context(), "LOCK TABLE audit.records IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	refuses(t, exporter, newID())
	if err := blocker.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	deliver(t, exporter, logsOf(sample(newID())))
	if got := ask[int](t, d.super, countRecords); got != 1 {
		t.Errorf("%d records, want 1", got)
	}
}

func TestASenderThatHangsUpIsNoOutage(t *testing.T) {
	d := newTrail(t)
	// The interval is also the probe's deadline, and a busy machine is no outage either. The lock is given
	// up after the test's end, or that would be one.
	exporter, host, _ := start(t, d.writerURL, func(c *Config) {
		c.ProbeInterval, c.LockTimeout, c.StatementTimeout, c.TimeoutConfig.Timeout = 20*time.Second, 20*time.Second, 20*time.Second, 20*time.Second
	})
	blocker, err := d.super.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocker.Exec(t.Context(), "LOCK TABLE audit.records IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	go func() { answer <- exporter.ConsumeLogs(ctx, logsOf(sample(newID()))) }()
	eventually(t, "the record waits for the lock", func() bool {
		return ask[bool](t, d.super, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'audit.records'::regclass)")
	})
	cancel()
	if err := <-answer; err == nil {
		t.Error("a cancelled request was acknowledged")
	}
	if err := blocker.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := host.reports(); !slices.Equal(got, []string{"StatusOK"}) {
		t.Errorf("reported %q", got)
	}
}

func TestLimitsOfTheServerAreWaitedFor(t *testing.T) {
	d := newTrail(t)
	role := ask[string](t, d.writer, "SELECT current_user::text")
	kick := "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + role + "'"
	for name, test := range map[string]struct{ breaks, repairs, cause string }{
		"no connection left": {"ALTER ROLE " + role + " CONNECTION LIMIT 0", "ALTER ROLE " + role + " CONNECTION LIMIT -1", "out of connections"},
		"no login":           {"ALTER ROLE " + role + " NOLOGIN", "ALTER ROLE " + role + " LOGIN", "refused the login"},
	} {
		t.Run(name, func(t *testing.T) {
			exporter, host, _ := start(t, d.writerURL, nil)
			id := newID()
			d.alter(test.breaks)
			// Only when the change holds, or a connection slips in between.
			run(t, d.super, kick)
			refuses(t, exporter, id)
			eventually(t, "the cause is reported", func() bool { return isRecoverable(last(host.reports()), test.cause) })
			d.alter(test.repairs)
			eventually(t, "it works again", func() bool { return exporter.ConsumeLogs(t.Context(), logsOf(sample(id))) == nil })
			if got := ask[int](t, d.super, "SELECT count(*) FROM audit.records WHERE record_id = $1", id); got != 1 {
				t.Errorf("it is there %d times", got)
			}
		})
	}
}

func TestAStatementThatTakesTooLongIsGivenUpByTheServer(t *testing.T) {
	d := newTrail(t)
	exporter, host, _ := start(t, d.writerURL, func(c *Config) {
		c.StatementTimeout, c.LockTimeout = 50*time.Millisecond, time.Minute
		c.TimeoutConfig.Timeout = 10 * time.Second
	})
	blocker, err := d.super.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocker.Exec(t.Context(), "LOCK TABLE audit.records IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	refuses(t, exporter, newID())
	if !slices.ContainsFunc(host.reports(), func(report string) bool { return isRecoverable(report, "57014") }) {
		t.Errorf("reported %q", host.reports())
	}
	if err := blocker.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it works again", func() bool { return exporter.ConsumeLogs(t.Context(), logsOf(sample(newID()))) == nil })
}

func TestADeadlockIsResolvedAndNothingIsLost(t *testing.T) {
	d := newTrail(t)
	d.alter("ALTER DATABASE %d SET deadlock_timeout = '50ms'")
	exporter, _, _ := start(t, d.writerURL, func(c *Config) {
		c.StatementTimeout, c.LockTimeout, c.TimeoutConfig.Timeout = 10*time.Second, 10*time.Second, 12*time.Second
		// The victim comes again until the other one has gone.
		c.BackOffConfig.MaxElapsedTime = 12 * time.Second
	})
	first, second := newID(), newID()
	other, err := d.super.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Release()
	insert := `INSERT INTO audit.records (record_id, occurred_at, seal_number, sealer_id, leaf_index, event_name, actor_id, actor_type, action, outcome, hash, evidence, evidence_by, evidence_format)
		VALUES ($1, now(), 0, $1, 0, 'e', 'a', 'user', 'A', 'success', sha256(''), '', 'collector', 'x')`
	// Long enough that the exporter's own detector comes first and makes it the victim.
	for _, statement := range []string{"SET deadlock_timeout = '1h'", "BEGIN"} {
		if _, err := other.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := other.Exec(t.Context(), insert, second); err != nil {
		t.Fatal(err)
	}
	answer := make(chan error, 1)
	go func() { answer <- exporter.ConsumeLogs(t.Context(), logsOf(sample(first), sample(second))) }()
	eventually(t, "the exporter waits for the other transaction", func() bool {
		return ask[bool](t, d.super, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')")
	})
	if _, err := other.Exec(t.Context(), insert, first); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Fatal(err)
	}
	if got := ask[int](t, d.super, countRecords); got != 2 {
		t.Errorf("%d records, want 2", got)
	}
}
