//go:build integration

package postgresauditexporter

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"

	"telltale.dev/otelcol/postgresauditexporter/internal/checkpoint"
	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

func TestCheckpointsSignWhatIsStored(t *testing.T) {
	d, directory := newTrail(t), t.TempDir()
	keyFile := writeCheckpointKey(t, "first")
	run, _ := startRun(t, d, keyFile, directory)
	if signed := newestCheckpoint(t, directory, run.sealerID()); signed.Size != 0 || signed.Closed {
		t.Errorf("before the first record: %+v", signed)
	}
	for range 3 {
		run.deliver(t)
	}
	eventually(t, "three seals are signed", func() bool { return newestCheckpoint(t, directory, run.sealerID()).Size == 3 })
	if err := run.shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}

	signed := newestCheckpoint(t, directory, run.id)
	if root := rootInDatabase(t, d, run.id); !signed.Closed || signed.Size != 3 || signed.Root != root {
		t.Errorf("the last checkpoint is %+v, the database has the root %x", signed, root)
	}
	key, err := checkpoint.ReadKey(keyFile, "")
	if err != nil {
		t.Fatal(err)
	}
	if stored := ask[string](t, d.super, "SELECT key FROM audit.sealers WHERE sealer_id = $1 AND closed_by = sealer_id", run.id); stored != key.Verifier().String() {
		t.Errorf("audit.sealers has the key %s", stored)
	}
}

func TestTheNextRunEndsTheLogOfOneThatDied(t *testing.T) {
	d, directory := newTrail(t), t.TempDir()
	keyFile := writeCheckpointKey(t, "first")
	dead := dieWithTail(t, d, keyFile, directory)

	next, host := startRun(t, d, keyFile, directory)
	next.deliver(t)
	eventually(t, "the log of the dead run is closed", func() bool { return newestCheckpoint(t, directory, dead).Closed })

	signed := newestCheckpoint(t, directory, dead)
	if root := rootInDatabase(t, d, dead); signed.Size != 3 || signed.Root != root {
		t.Errorf("it ends with %+v, the database has the root %x", signed, root)
	}
	if by := ask[string](t, d.super, "SELECT closed_by::text FROM audit.sealers WHERE sealer_id = $1", dead); by != next.sealerID() {
		t.Errorf("it was closed by %s", by)
	}
	if reports := host.reports(); slices.ContainsFunc(reports, func(said string) bool { return strings.Contains(said, dead) }) {
		t.Errorf("reported %q", reports)
	}
}

func TestATailThatWasChangedIsNotSigned(t *testing.T) {
	directory := t.TempDir()
	d := newDatabase(t)
	if err := migrate(t.Context(), d.super); err != nil {
		t.Fatal(err)
	}
	d.addUsers()
	keyFile := writeCheckpointKey(t, "first")
	dead := dieWithTail(t, d, keyFile, directory)
	d.alter(`ALTER TABLE audit.records DISABLE TRIGGER USER;
		UPDATE audit.records SET ingested_by = 'somebody else' WHERE seal_number = 1`)

	next, host := startRun(t, d, keyFile, directory)
	next.deliver(t)
	eventually(t, "it is reported", func() bool {
		return isRecoverable(last(host.reports()), "the row at place 0 of seal 1 is not what was sealed")
	})
	if newestCheckpoint(t, directory, dead).Closed {
		t.Error("the log was signed all the same")
	}
	// Records are stored and signed all the same.
	next.deliver(t)
	eventually(t, "the new log is signed", func() bool { return newestCheckpoint(t, directory, next.sealerID()).Size == 2 })
}

func TestAnotherKeyIsAnnouncedInTheTrailOnce(t *testing.T) {
	d, directory := newTrail(t), t.TempDir()
	first, second := writeCheckpointKey(t, "first"), writeCheckpointKey(t, "second")
	announced := func() int {
		return ask[int](t, d.super, "SELECT count(*)::int FROM audit.records WHERE event_name = 'telltale.audit.checkpoint_key.changed'")
	}
	for _, step := range []struct {
		key  string
		want int
	}{{first, 0}, {first, 0}, {second, 1}, {second, 1}, {first, 2}} {
		run, _ := startRun(t, d, step.key, directory)
		run.deliver(t)
		run.deliver(t)
		if err := run.shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := announced(); got != step.want {
			t.Errorf("with %s the change was announced %d times, want %d", filepath.Base(step.key), got, step.want)
		}
	}
	details := ask[string](t, d.super, `SELECT details->>'previous' || ' ' || (details->>'current') FROM audit.records
		WHERE event_name = 'telltale.audit.checkpoint_key.changed' ORDER BY recorded_at LIMIT 1`)
	if !strings.HasPrefix(details, "first+") || !strings.Contains(details, " second+") || len(details) != len("first+12345678 second+12345678") {
		t.Errorf("the details are %s", details)
	}
}

// ownSettings are those of a Collector that has the same name in every run.
func ownSettings() exporter.Settings {
	settings := exportertest.NewNopSettings(componentType)
	settings.ID = component.NewID(componentType)
	return settings
}

// testRun is one run of the exporter whose inside the test can see.
type testRun struct {
	*auditExporter
	id string
}

func startRun(t *testing.T, d *database, keyFile, directory string) (*testRun, *statusHost) {
	t.Helper()
	config := createDefaultConfig().(*Config)
	config.DSN = configopaque.String(d.writerURL)
	// A machine under load is no outage.
	config.TimeoutConfig.Timeout, config.StatementTimeout, config.LockTimeout = 15*time.Second, 15*time.Second, 15*time.Second
	config.Checkpoint.KeyFile, config.Checkpoint.Directory, config.Checkpoint.Interval = keyFile, directory, 100*time.Millisecond
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	made, err := newAuditExporter(config, ownSettings())
	if err != nil {
		t.Fatal(err)
	}
	host := &statusHost{Host: componenttest.NewNopHost()}
	if err := made.start(t.Context(), component.Host(host)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	run := &testRun{auditExporter: made}
	run.id = run.sealerID()
	return run, host
}

func (r *testRun) sealerID() string { return formatUUID(r.store.sealers.get().id) }

// deliver stores one record, which makes one seal.
func (r *testRun) deliver(t *testing.T) {
	t.Helper()
	if err := r.push(t.Context(), logsOf(sample(newID()))); err != nil {
		t.Fatal(err)
	}
}

// dieWithTail is a run that stores three records and ends as a killed one does: its sealer stays open,
// and its file has the first checkpoint only.
func dieWithTail(t *testing.T, d *database, keyFile, directory string) string {
	t.Helper()
	run, _ := startRun(t, d, keyFile, directory)
	for range 3 {
		run.deliver(t)
	}
	id := run.sealerID()
	run.store.sealers.cancel()
	<-run.store.sealers.done
	run.group.stop(time.Second)
	run.health.stop()
	run.checkpoints.Stop(false)
	run.metrics.unwatch()
	run.store.close(time.Second)
	run.store = nil

	path := filepath.Join(directory, id+".jsonl")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(strings.IndexByte(string(content), '\n')+1)); err != nil {
		t.Fatal(err)
	}
	return id
}

func newestCheckpoint(t *testing.T, directory, sealer string) checkpoint.Checkpoint {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(directory, sealer+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	whole := content[:strings.LastIndexByte(string(content), '\n')]
	var newest struct {
		Checkpoint checkpoint.Note `json:"checkpoint"`
	}
	if err := json.Unmarshal(whole[strings.LastIndexByte(string(whole), '\n')+1:], &newest); err != nil {
		t.Fatal(err)
	}
	verifiers, err := checkpoint.ReadVerifiers(directory)
	if err != nil {
		t.Fatal(err)
	}
	read, _, err := checkpoint.Open(newest.Checkpoint, verifiers)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// rootInDatabase is the root of a sealer's log as audit.seals has it.
func rootInDatabase(t *testing.T, d *database, sealer string) merkle.Hash {
	t.Helper()
	seals, err := sealerDatabase{&store{pool: d.super}}.Seals(t.Context(), sealer, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var log merkle.Log
	for _, seal := range seals {
		log.Append(merkle.LeafHash([]byte(seal.Text)))
	}
	return log.Root()
}
