//go:build integration

package postgresauditexporter

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// startInside runs the exporter without the helper around it, so that a test can look into it.
func startInside(t *testing.T, dsn string) *auditExporter {
	t.Helper()
	config := createDefaultConfig().(*Config)
	config.DSN = configopaque.String(dsn)
	made, err := newAuditExporter(config, exportertest.NewNopSettings(componentType))
	if err != nil {
		t.Fatal(err)
	}
	if err := made.start(t.Context(), &statusHost{Host: componenttest.NewNopHost()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return made
}

func pushInto(t *testing.T, e *auditExporter, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := e.push(t.Context(), logsOf(sample(id))); err != nil {
			t.Fatal(err)
		}
	}
}

// logInDatabase is the root of the log that the seals in the database make.
func logInDatabase(t *testing.T, d *database, sealerID [16]byte) (uint64, merkle.Hash) {
	t.Helper()
	rows, err := d.super.Query(t.Context(), "SELECT sealer_id, seal_number, leaf_count, recorded_at, root, leaves FROM audit.seals WHERE sealer_id = $1 ORDER BY 2", sealerID)
	if err != nil {
		t.Fatal(err)
	}
	seals, err := pgx.CollectRows(rows, pgx.RowToStructByPos[storedSeal])
	if err != nil {
		t.Fatal(err)
	}
	var log merkle.Log
	for _, seal := range seals {
		log.Append(merkle.LeafHash([]byte(sealText(sealerID, seal.Number, seal.LeafCount, seal.RecordedAt, merkle.Hash(seal.Root)))))
	}
	return log.Size(), log.Root()
}

func expectSameLog(t *testing.T, d *database, current *sealer) {
	t.Helper()
	size, root := current.log.Prefix()
	if wantSize, wantRoot := logInDatabase(t, d, current.id); size != wantSize || root != wantRoot || current.log.Waiting() != 0 {
		t.Errorf("the log in memory has %d seals and %d waiting, that in the database %d; same root: %v", size, current.log.Waiting(), wantSize, root == wantRoot)
	}
}

func TestTheLogInMemoryIsTheOneInTheDatabase(t *testing.T) {
	d := newTrail(t)
	e := startInside(t, d.writerURL)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				if err := e.push(t.Context(), logsOf(sample(newID()), sample("bad "+newID()))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	expectSameLog(t, d, e.store.sealers.get())
	if open := ask[bool](t, d.super, "SELECT closed_at IS NULL FROM audit.sealers"); !open {
		t.Error("the sealer is closed while it works")
	}
}

func TestASealerIsClosedAtTheShutdownAndTheNextRunIsAnotherOne(t *testing.T) {
	d := newTrail(t)
	for range 2 {
		e := startInside(t, d.writerURL)
		pushInto(t, e, newID())
		if err := e.shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask[int](t, d.super, "SELECT count(*) FROM audit.sealers WHERE closed_at IS NOT NULL AND closed_by = sealer_id"); got != 2 {
		t.Errorf("%d sealers closed themselves, want 2", got)
	}
}

func TestACollectorWhoseSealerWasClosedGoesOnAsAnother(t *testing.T) {
	d := newTrail(t)
	first, second := startInside(t, d.writerURL), startInside(t, d.writerURL)
	pushInto(t, first, newID())
	pushInto(t, second, newID())
	old := first.store.sealers.get()
	eventually(t, "it has been silent for a second", func() bool {
		return ask[bool](t, d.writer, "SELECT audit.close_sealer($1, $2, '1 second')", old.id, second.store.sealers.get().id)
	})
	pushInto(t, first, newID(), newID())
	if current := first.store.sealers.get(); current == old {
		t.Error("it goes on with a sealer that is closed")
	}
	expectSameLog(t, d, old)
	expectSameLog(t, d, first.store.sealers.get())
	if got := ask[int](t, d.super, countRecords); got != 4 {
		t.Errorf("%d records, want 4", got)
	}
}

func TestASealUnderItsNumberByAnybodyElseEndsASealer(t *testing.T) {
	d := newTrail(t)
	e := startInside(t, d.writerURL)
	pushInto(t, e, newID())
	old := e.store.sealers.get()
	ask[time.Time](t, d.writer, "SELECT audit.append_seal($1, 1, 0, sha256(''), '')", old.id)
	pushInto(t, e, newID())
	if e.store.sealers.get() == old {
		t.Error("it goes on although it does not know what stands in its log")
	}
	if size, _ := old.log.Prefix(); size != 1 {
		t.Errorf("the foreign seal came into its log, which has %d", size)
	}
}

func TestACommitWhoseReplyIsLostIsSettled(t *testing.T) {
	d := newTrail(t)
	between := startProxy(t, d.writerURL)
	e := startInside(t, between.url)
	pushInto(t, e, newID())
	between.loseReplyTo("whose reply gets lost")
	lost := logsOf(sample(newID(), with("audit.actor.id", "whose reply gets lost")))
	if err := e.push(t.Context(), lost); err == nil {
		t.Fatal("a record was acknowledged without a reply")
	}
	if err := e.push(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	pushInto(t, e, newID())
	eventually(t, "the number is settled", func() bool { return e.store.sealers.get().isComplete() })
	expectSameLog(t, d, e.store.sealers.get())
	if got := ask[int](t, d.super, countRecords); got != 3 {
		t.Errorf("%d records, want 3", got)
	}
}

func TestANumberWhoseTransactionNeverCameIsFilledWithAnEmptySeal(t *testing.T) {
	d := newTrail(t)
	between := startProxy(t, d.writerURL)
	e := startInside(t, between.url)
	pushInto(t, e, newID())
	current := e.store.sealers.get()
	number := current.take()
	pushInto(t, e, newID())
	current.lost(uncertainSeal{number: number, leaves: 1})
	e.store.sealers.settleSoon()
	eventually(t, "the hole is filled", func() bool { return current.isComplete() })
	expectSameLog(t, d, current)
	if got := ask[int](t, d.super, "SELECT leaf_count FROM audit.seals WHERE seal_number = $1", number); got != 0 {
		t.Errorf("the seal has %d leaves, want none", got)
	}
}

func TestTheHolesOfADeadSealerAreFilledWhenItIsClosed(t *testing.T) {
	d := newTrail(t)
	dead, successor := newUUID(), newUUID()
	ask[bool](t, d.writer, "SELECT audit.open_sealer($1, 'dead', NULL)", dead)
	for _, number := range []int{0, 3, 4, 7} {
		ask[time.Time](t, d.writer, "SELECT audit.append_seal($1, $2, 0, sha256(''), '')", dead, number)
	}
	if ask[bool](t, d.writer, "SELECT audit.close_sealer($1, $2)", dead, successor) {
		t.Error("a sealer was closed that had been seen just now")
	}
	eventually(t, "it has been silent for a second", func() bool {
		return ask[bool](t, d.writer, "SELECT audit.close_sealer($1, $2, '1 second')", dead, successor)
	})
	if got := ask[int](t, d.super, "SELECT count(*) FROM audit.seals"); got != 8 {
		t.Errorf("%d seals, want 0 to 7", got)
	}
	if _, err := d.writer.Exec(t.Context(), "SELECT audit.append_seal($1, 8, 0, sha256(''), '')", dead); sqlState(err) != stateSealerClosed {
		t.Errorf("a closed sealer's seal is answered with %v", err)
	}
	if _, err := d.super.Exec(t.Context(), "UPDATE audit.sealers SET closed_at = NULL, closed_by = NULL"); sqlState(err) != "42501" {
		t.Errorf("opening it again is answered with %v", err)
	}
}

func TestTheMonthsAheadAndTheSealersThatHadToGoAreCounted(t *testing.T) {
	d := newTrail(t)
	exporter, _, telemetry := start(t, d.writerURL, nil)
	ahead := func(months int64) func() bool {
		return func() bool {
			metric, err := telemetry.GetMetric("otelcol_postgres_audit.partitions.ahead")
			if err != nil {
				return false
			}
			points := metric.Data.(metricdata.Gauge[int64]).DataPoints
			return len(points) == 1 && points[0].Value == months
		}
	}
	eventually(t, "24 months are ahead", ahead(24))
	d.alter("DROP TABLE audit.records_" + ask[string](t, d.super, "SELECT to_char((now() AT TIME ZONE 'UTC') + interval '3 months', 'YYYY_MM')"))
	eventually(t, "one month less is ahead", ahead(23))

	deliver(t, exporter, logsOf(sample(newID())))
	run(t, d.super, "UPDATE audit.sealers SET closed_at = now(), closed_by = sealer_id")
	deliver(t, exporter, logsOf(sample(newID())))
	metric, err := telemetry.GetMetric("otelcol_postgres_audit.sealers.replaced")
	if err != nil {
		t.Fatal(err)
	}
	if got := metric.Data.(metricdata.Sum[int64]).DataPoints[0].Value; got != 1 {
		t.Errorf("%d sealers were replaced, want 1", got)
	}
}

func TestTheSignOfLifeWaitsForAConnection(t *testing.T) {
	d := newTrail(t)
	e := startInside(t, d.writerURL)
	pushInto(t, e, newID())
	var held []*pgxpool.Conn
	for range e.store.pool.Config().MaxConns {
		connection, err := e.store.pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, connection)
	}
	before := ask[time.Time](t, d.super, "SELECT seen_at FROM audit.sealers")
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.store.sealers.beat(context.Background())
	}()
	// Longer than a slow transaction, of which the pool may be full for as long as the database is slow.
	time.Sleep(settleInterval + settleInterval/2)
	for _, connection := range held {
		connection.Release()
	}
	<-done
	if after := ask[time.Time](t, d.super, "SELECT seen_at FROM audit.sealers"); !after.After(before) {
		t.Error("the sealer was not heard of")
	}
}
