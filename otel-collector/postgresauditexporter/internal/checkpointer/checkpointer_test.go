package checkpointer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/checkpoint"
)

func TestTheLogIsSignedFromItsStartToItsEnd(t *testing.T) {
	b := newBench(t)
	log := b.current
	started := b.start(t)
	if all := b.checkpoints(t, firstSealer); len(all) != 1 || all[0].Size != 0 {
		t.Errorf("before the first record: %+v", all)
	}
	b.database.add(log, 2)
	eventually(t, "the first seal is signed", func() bool { return b.newest(t, firstSealer).Size == 1 })
	b.database.add(log, 1)
	b.database.add(log, 0)
	eventually(t, "the next seals are signed", func() bool { return b.newest(t, firstSealer).Size == 3 })
	started.Stop(true)
	started.Stop(true)

	all := b.checkpoints(t, firstSealer)
	last := all[len(all)-1]
	if size, root := log.Prefix(); !last.Closed || last.Size != size || last.Root != root {
		t.Errorf("the last checkpoint is %+v", last)
	}
	for _, earlier := range all[:len(all)-1] {
		if earlier.Closed {
			t.Errorf("closed too early: %+v", earlier)
		}
	}
	if b.problem() != "" {
		t.Errorf("reported %q", b.problem())
	}
}

func TestNothingIsSignedWhileNothingHappens(t *testing.T) {
	b := newBench(t)
	b.start(t)
	b.database.add(b.current, 1)
	eventually(t, "the seal is signed", func() bool { return b.newest(t, firstSealer).Size == 1 })
	// Another log's checkpoint shows that intervals have passed.
	dead := &memoryLog{sealer: secondSealer}
	writeLog(t, b, dead, 0)
	eventually(t, "the intervals of a succession have passed", func() bool { return b.newest(t, secondSealer).Closed })
	if all := b.checkpoints(t, firstSealer); len(all) != 2 {
		t.Errorf("signed %+v", all)
	}
}

func TestALogThatIsNotClosedIsLeftOpen(t *testing.T) {
	b := newBench(t)
	started := b.start(t)
	b.database.add(b.current, 1)
	started.Stop(false)
	if last := b.newest(t, firstSealer); last.Closed || last.Size != 1 {
		t.Errorf("the last checkpoint is %+v", last)
	}
}

func TestAnotherSealerGetsAFileAndTheOldOneItsEnd(t *testing.T) {
	b := newBench(t)
	b.start(t)
	old := b.current
	b.database.sealers = []Sealer{{ID: firstSealer, Name: "host/postgres_audit", Open: true}}
	b.database.add(old, 1)
	b.use(&memoryLog{sealer: secondSealer})
	eventually(t, "both have what they need", func() bool {
		_, err := os.Stat(filepath.Join(b.directory, secondSealer+".jsonl"))
		return err == nil && b.newest(t, firstSealer).Closed
	})
	if last := b.newest(t, firstSealer); last.Size != 1 {
		t.Errorf("the old log ended at %d", last.Size)
	}
	if b.newest(t, secondSealer).Closed {
		t.Error("the new log is closed")
	}
}

func TestALogHasItsFirstCheckpointWhenItBegins(t *testing.T) {
	b := newBench(t)
	b.settings.Interval = time.Hour
	started := b.start(t)
	b.use(&memoryLog{sealer: secondSealer})
	started.Begin()
	started.Begin()
	if all := b.checkpoints(t, secondSealer); len(all) != 1 || all[0].Size != 0 {
		t.Errorf("it has %+v", all)
	}
	started.Stop(false)
	b.use(&memoryLog{sealer: "018f3b5e-7a00-7000-8000-000000000003"})
	started.Begin()
	if sealers, err := checkpoint.Sealers(b.directory); err != nil || len(sealers) != 2 {
		t.Errorf("after the end there are files of %v, %v", sealers, err)
	}
}

func TestAFailureIsReportedCountedAndRepaired(t *testing.T) {
	b := newBench(t)
	b.start(t)
	// A folder in the place of the next sealer's file is what even root cannot write to.
	obstacle := filepath.Join(b.directory, secondSealer+".jsonl")
	if err := os.Mkdir(obstacle, 0o700); err != nil {
		t.Fatal(err)
	}
	next := &memoryLog{sealer: secondSealer}
	b.use(next)
	b.database.add(next, 1)
	eventually(t, "the failure is reported", func() bool { return strings.Contains(b.problem(), "is a directory") })
	if failed := b.gauges(t)["otelcol_postgres_audit.checkpoints.failed"]; failed < 1 {
		t.Errorf("%v failures are counted", failed)
	}
	if age := b.gauges(t)["otelcol_postgres_audit.checkpoint.age"]; age <= 0 {
		t.Errorf("the failure is %v s old", age)
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	eventually(t, "signing goes on", func() bool { return b.problem() == "" && b.newest(t, secondSealer).Size == 1 })
	if told := b.lines.FilterMessage("The audit trail is stored but cannot be signed.").Len(); told > 2 {
		t.Errorf("the failure was told %d times", told)
	}
}

func TestMetricsSayHowFarSigningHasCome(t *testing.T) {
	b := newBench(t)
	b.start(t)
	b.database.add(b.current, 1)
	eventually(t, "the seal is signed", func() bool { return b.gauges(t)["otelcol_postgres_audit.checkpoint.size"] == 1 })
	values := b.gauges(t)
	if values["otelcol_postgres_audit.checkpoint.age"] != 0 || values["otelcol_postgres_audit.checkpoints.failed"] != 0 || values["otelcol_postgres_audit.checkpoints.signed"] < 2 {
		t.Errorf("got %v", values)
	}
}

func TestStartFailsOnADirectoryThatCannotBeUsed(t *testing.T) {
	b := newBench(t)
	b.settings.Directory = filepath.Join(b.directory, "file")
	if err := os.WriteFile(b.settings.Directory, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if started, err := Start(b.settings); err == nil {
		started.Stop(false)
		t.Error("it started")
	}
}

// writeLog makes what a sealer leaves that died: a file whose newest checkpoint covers what its log
// has now.
func writeLog(t *testing.T, b *bench, log *memoryLog, seals int) {
	t.Helper()
	for range seals {
		b.database.add(log, 2)
	}
	file, err := checkpoint.OpenFile(b.directory, log.sealer)
	if err != nil {
		t.Fatal(err)
	}
	size, root := log.Prefix()
	if err := file.Append(b.key, checkpoint.Checkpoint{Size: size, Root: root, Interval: b.settings.Interval}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// slowDatabase takes its time to list seals.
type slowDatabase struct {
	*memoryDatabase
	asked, answer chan struct{}
}

func (d *slowDatabase) Seals(ctx context.Context, sealer string, first uint64, atMost int) ([]Seal, error) {
	close(d.asked)
	select {
	case <-d.answer:
	case <-ctx.Done():
	}
	return d.memoryDatabase.Seals(ctx, sealer, first, atMost)
}

func TestTheOwnLogIsSignedWhileALongLogOfADeadSealerIsRead(t *testing.T) {
	b := newBench(t)
	slow := &slowDatabase{b.database, make(chan struct{}), make(chan struct{})}
	b.settings.Database = slow
	b.database.sealers = []Sealer{{ID: secondSealer, Open: true, Silent: true}}
	dead := &memoryLog{sealer: secondSealer}
	writeLog(t, b, dead, 3)
	b.start(t)
	<-slow.asked

	b.database.add(b.current, 1)

	eventually(t, "the own log has a checkpoint", func() bool { return b.newest(t, firstSealer).Size == 1 })
	if b.newest(t, secondSealer).Closed {
		t.Error("the other log was closed before it was read")
	}
	close(slow.answer)
	eventually(t, "the other log is closed", func() bool { return b.newest(t, secondSealer).Closed })
}
