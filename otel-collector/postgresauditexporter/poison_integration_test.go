//go:build integration

package postgresauditexporter

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
)

// refuse has the database refuse records of this actor with an error of this class.
func (d *database) refuse(actor, state string) {
	d.t.Helper()
	d.alter(fmt.Sprintf(`CREATE OR REPLACE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN IF NEW.actor_id = '%s' THEN RAISE EXCEPTION 'refused' USING ERRCODE = '%s'; END IF; RETURN NEW; END $$;
		CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON audit.records FOR EACH ROW EXECUTE FUNCTION public.refuse()`, actor, state))
}

func TestARecordThatTheDatabaseRefusesIsFoundAmongAThousand(t *testing.T) {
	d := newTrail(t)
	d.refuse("poison", "22P02")
	exporter, _, telemetry := start(t, d.writerURL, nil)
	fill := make([]func(plog.LogRecord), 1000)
	for i := range fill {
		fill[i] = sample(newID())
	}
	bad := []string{newID(), newID()}
	fill[17] = sample(bad[0], with("audit.actor.id", "poison"))
	fill[802] = sample(bad[1], with("audit.actor.id", "poison"), with("audit.stream.id", "s-1"), with("audit.sequence.number", int64(9)))
	for range 2 {
		deliver(t, exporter, logsOf(fill...))
	}
	if got := ask[int](t, d.super, countRecords); got != 998 {
		t.Errorf("%d records, want 998", got)
	}
	if got := ask[[]string](t, d.super, "SELECT array_agg(record_id::text ORDER BY record_id) FROM audit.quarantine WHERE reason = 'the database refused it: SQLSTATE 22P02'"); fmt.Sprint(got) != fmt.Sprint(bad) {
		t.Errorf("in quarantine are %v, want %v", got, bad)
	}
	if got := ask[int64](t, d.super, "SELECT sequence_number FROM audit.quarantine WHERE stream_id = 's-1'"); got != 9 {
		t.Errorf("the number in its stream is %d, want 9", got)
	}
	if got := ask[int](t, d.super, "SELECT sum((details ->> 'count')::integer) FROM audit.records WHERE event_name = 'telltale.audit.records.quarantined'"); got != 2 {
		t.Errorf("the trail speaks of %d records in quarantine, want 2", got)
	}
	if got := counted(t, telemetry, "stored"); got != 1000 {
		t.Errorf("stored counts %d, want 998 and two notices", got)
	}
}

func TestPoisonOfOneRequestDoesNotHoldUpTheOthers(t *testing.T) {
	d := newTrail(t)
	d.refuse("poison", "22003")
	exporter, _, _ := start(t, d.writerURL, func(c *Config) { c.Pool.MaxConnections = 2; c.BackOffConfig.Enabled = false })
	answers := make(chan error, 20)
	for i := range cap(answers) {
		actor := "user-1"
		if i%7 == 3 {
			actor = "poison"
		}
		go func() {
			answers <- exporter.ConsumeLogs(t.Context(), logsOf(sample(newID()), sample(newID(), with("audit.actor.id", actor)), sample(newID())))
		}()
	}
	for range cap(answers) {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if records, quarantined := ask[int](t, d.super, countRecords), ask[int](t, d.super, "SELECT count(*) FROM audit.quarantine"); records != 57 || quarantined != 3 {
		t.Errorf("%d records and %d in quarantine, want 57 and 3", records, quarantined)
	}
}

func TestOnlyWhatARecordSaysCanSendItToQuarantine(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, func(c *Config) { c.BackOffConfig.Enabled = false })
	stored := func(id string) int {
		return ask[int](t, d.super, "SELECT count(*) FROM audit.records WHERE record_id = $1", id)
	}
	for state, poison := range map[string]bool{
		"22021": true, "22P05": true, "22001": true,
		"23505": false, "23503": false, "23514": false, "40001": false, "40P01": false, "42P01": false, "42501": false,
		"53100": false, "53300": false, "54000": false, "55P03": false, "57014": false, "58030": false, "XX000": false,
	} {
		t.Run(state, func(t *testing.T) {
			d.refuse("refused", state)
			id := newID()
			err := exporter.ConsumeLogs(t.Context(), logsOf(sample(id, with("audit.actor.id", "refused"))))
			quarantined := ask[int](t, d.super, "SELECT count(*) FROM audit.quarantine WHERE record_id = $1", id)
			if poison && (err != nil || quarantined != 1) {
				t.Errorf("answered %v with %d in quarantine, want it quarantined", err, quarantined)
			}
			if !poison && (err == nil || quarantined != 0) {
				t.Errorf("answered %v with %d in quarantine, want it refused", err, quarantined)
			}
			if poison {
				return
			}
			d.refuse("nobody", state)
			eventually(t, "it is stored once the cause is gone", func() bool {
				return exporter.ConsumeLogs(t.Context(), logsOf(sample(id, with("audit.actor.id", "refused")))) == nil
			})
			if got := stored(id); got != 1 {
				t.Errorf("it is there %d times", got)
			}
		})
	}
}

// incompressible is text that no index entry holds, neither as it is nor compressed.
func incompressible(bytes int) string {
	raw := make([]byte, bytes/2)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

func TestNoTextIsTooLongForTheIndexesOfTheTrail(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, func(c *Config) { c.BackOffConfig.Enabled = false })
	names := []string{"reward_claimed", "telltale.audit.record.erased", "telltale.audit.record.parked", "telltale.audit.trail.stopped", "telltale.audit.partition.retained"}
	var fill []func(plog.LogRecord)
	for _, name := range names {
		long := incompressible(20_000)
		fill = append(fill, func(record plog.LogRecord) {
			sample(newID(), with("audit.details", map[string]any{"recordId": long, "stream": long, "partition": long}))(record)
			record.SetEventName(name)
			for _, key := range []string{"audit.actor.id", "audit.actor.type", "audit.action", "audit.outcome", "audit.target.type", "audit.target.id",
				"audit.source.id", "tenant_id", "audit.request.id", "audit.stream.id", "audit.schema.version"} {
				record.Attributes().PutStr(key, long)
			}
		})
	}
	deliver(t, exporter, logsOf(fill...))
	if records, quarantined := ask[int](t, d.super, "SELECT count(*) FROM audit.records"), ask[int](t, d.super, "SELECT count(*) FROM audit.quarantine"); records != len(names) || quarantined != 0 {
		t.Errorf("%d records and %d in quarantine, want %d and none", records, quarantined, len(names))
	}
}

func TestARecordThatAnIndexOfSomebodyElseRefusesDoesNotHoldUpTheOthers(t *testing.T) {
	for _, length := range []int{6_000, 40_000} {
		d := newTrail(t)
		d.alter("CREATE INDEX mine ON audit.records ((details ->> 'note'))")
		exporter, _, _ := start(t, d.writerURL, func(c *Config) { c.BackOffConfig.Enabled = false })
		deliver(t, exporter, logsOf(sample(newID()), sample(newID(), with("audit.details", map[string]any{"note": incompressible(length)})), sample(newID())))
		// Two records and the notice of the third.
		if records, quarantined := ask[int](t, d.super, "SELECT count(*) FROM audit.records"), ask[int](t, d.super, "SELECT count(*) FROM audit.quarantine"); records != 3 || quarantined != 1 {
			t.Errorf("%d bytes: %d records and %d in quarantine, want 3 and 1", length, records, quarantined)
		}
	}
}

func TestARequestFullOfPoisonComesToItsEnd(t *testing.T) {
	d := newTrail(t)
	d.refuse("poison", "22003")
	// Each attempt has time for a part of the request only.
	exporter, _, _ := start(t, d.writerURL, func(c *Config) {
		c.TimeoutConfig.Timeout, c.BackOffConfig.Enabled = 250*time.Millisecond, false
	})
	fill := make([]func(plog.LogRecord), 600)
	for i := range fill {
		fill[i] = sample(newID(), with("audit.actor.id", "poison"))
	}
	logs := logsOf(fill...)
	eventually(t, "the request is answered for", func() bool { return exporter.ConsumeLogs(t.Context(), logs) == nil })
	if got := ask[int](t, d.super, "SELECT count(*) FROM audit.quarantine"); got != len(fill) {
		t.Errorf("%d in quarantine, want %d", got, len(fill))
	}
}
