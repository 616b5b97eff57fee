package checkpointer

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/checkpoint"
	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// newSuccessor is a checkpointer whose own goroutine does nothing for the time of a test.
func newSuccessor(t *testing.T) (*bench, *Checkpointer, *memoryLog) {
	t.Helper()
	b := newBench(t)
	b.settings.Interval = time.Hour
	b.database.sealers = []Sealer{{ID: secondSealer, Name: "another host/postgres_audit", Open: true, Silent: true}}
	return b, b.start(t), &memoryLog{sealer: secondSealer}
}

func TestTheLogOfADeadSealerIsCheckedAndClosed(t *testing.T) {
	b, c, dead := newSuccessor(t)
	writeLog(t, b, dead, 3)
	for range 2*sealsAtATime + 1 {
		b.database.add(dead, 1)
	}
	b.database.add(dead, 0)

	c.succeed(t.Context())

	last := b.newest(t, secondSealer)
	if size, root := dead.Prefix(); !last.Closed || last.Size != size || last.Root != root {
		t.Errorf("the last checkpoint is %+v, the log has %d seals", last, size)
	}
	if !slices.Equal(b.database.silence, []time.Duration{time.Minute}) || b.problem() != "" {
		t.Errorf("waited for %v, reported %q", b.database.silence, b.problem())
	}
	c.succeed(t.Context())
	if len(b.database.silence) != 1 {
		t.Error("a closed log was looked at again")
	}
}

func TestAnEarlierRunOfTheSameCollectorIsNotWaitedFor(t *testing.T) {
	b, c, dead := newSuccessor(t)
	b.database.sealers[0].Name = b.settings.Name
	writeLog(t, b, dead, 1)
	c.succeed(t.Context())
	if !b.newest(t, secondSealer).Closed || !slices.Equal(b.database.silence, []time.Duration{time.Second}) {
		t.Errorf("waited for %v", b.database.silence)
	}
}

func TestASealerThatNeverStoredAnythingIsClosedWithoutADatabaseRow(t *testing.T) {
	b, c, dead := newSuccessor(t)
	b.database.sealers = nil
	writeLog(t, b, dead, 0)
	c.succeed(t.Context())
	if last := b.newest(t, secondSealer); !last.Closed || last.Size != 0 {
		t.Errorf("the last checkpoint is %+v", last)
	}
}

func TestALivingSealerIsLeftAlone(t *testing.T) {
	b, c, log := newSuccessor(t)
	writeLog(t, b, log, 1)
	b.database.alive[secondSealer] = true
	c.succeed(t.Context())
	b.database.alive[secondSealer] = false

	held, err := checkpoint.OpenFile(b.directory, secondSealer)
	if err != nil {
		t.Fatal(err)
	}
	c.succeed(t.Context())
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if b.newest(t, secondSealer).Closed || b.problem() != "" {
		t.Errorf("the log was closed, or %q", b.problem())
	}
	c.succeed(t.Context())
	if !b.newest(t, secondSealer).Closed {
		t.Error("the log was not closed once nobody held its file")
	}
}

func TestADeadSealerWhoseFileIsElsewhereIsOnlyClosed(t *testing.T) {
	b, c, _ := newSuccessor(t)
	b.database.sealers = append(b.database.sealers,
		Sealer{ID: "018f3b5e-7a00-7000-8000-000000000003", Open: true}, Sealer{ID: "018f3b5e-7a00-7000-8000-000000000004", Silent: true})
	c.succeed(t.Context())
	if !slices.Equal(b.database.closed, []string{secondSealer}) || b.problem() != "" {
		t.Errorf("closed %v, reported %q", b.database.closed, b.problem())
	}
	if sealers, err := checkpoint.Sealers(b.directory); err != nil || !slices.Equal(sealers, []string{firstSealer}) {
		t.Errorf("files of %v, %v", sealers, err)
	}
}

func TestAnAbsentDatabaseIsWaitedFor(t *testing.T) {
	b, c, dead := newSuccessor(t)
	writeLog(t, b, dead, 1)
	b.database.err = errAway
	c.succeed(t.Context())
	if b.newest(t, secondSealer).Closed || b.problem() != "" {
		t.Errorf("closed, or reported %q", b.problem())
	}
	b.database.err = nil
	c.succeed(t.Context())
	if !b.newest(t, secondSealer).Closed {
		t.Error("not closed once the database was back")
	}
}

func TestALogThatDoesNotFitIsNotSigned(t *testing.T) {
	for _, test := range []struct {
		name, want string
		spoil      func(d *memoryDatabase)
	}{
		{"a signed seal was changed", "its first 3 seals are not those that were signed", func(d *memoryDatabase) { d.seals[secondSealer][1].Text += "x" }},
		{"a signed seal was removed", "seal 1 is missing", func(d *memoryDatabase) { d.seals[secondSealer] = slices.Delete(d.seals[secondSealer], 1, 2) }},
		{"signed seals were cut off", "3 seals were signed and the database has 2", func(d *memoryDatabase) { d.seals[secondSealer] = d.seals[secondSealer][:2] }},
		{"everything was removed", "3 seals were signed and the database has 0", func(d *memoryDatabase) { d.sealers = nil }},
		{"a later seal was removed", "seal 3 is missing", func(d *memoryDatabase) { d.seals[secondSealer] = slices.Delete(d.seals[secondSealer], 3, 4) }},
		{"a later row was changed", "the row at place 1 of seal 4 is not what was sealed", func(d *memoryDatabase) { d.rows[secondSealer][9].Leaf[0] ^= 1 }},
		{"a later row was moved in time", "the row at place 1 of seal 4 is not what was sealed", func(d *memoryDatabase) { d.rows[secondSealer][9].RecordedAt = time.UnixMicro(1) }},
		{"a later row was removed", "the row at place 0 of seal 4 is missing", func(d *memoryDatabase) { d.rows[secondSealer] = slices.Delete(d.rows[secondSealer], 8, 9) }},
		{"the last row was removed", "the row at place 1 of seal 4 is missing", func(d *memoryDatabase) { d.rows[secondSealer] = d.rows[secondSealer][:9] }},
		{"a row was added", "seal 4 has a row too many", func(d *memoryDatabase) {
			d.rows[secondSealer] = append(d.rows[secondSealer], Row{4, 2, d.rows[secondSealer][9].RecordedAt, merkle.Hash{}})
		}},
		{"a row and its leaf were changed", "seal 4 has another root than its leaves", func(d *memoryDatabase) {
			d.rows[secondSealer][9].Leaf[0] ^= 1
			d.seals[secondSealer][4].Leaves[1][0] ^= 1
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, c, dead := newSuccessor(t)
			writeLog(t, b, dead, 3)
			b.database.add(dead, 2)
			b.database.add(dead, 2)
			test.spoil(b.database)

			c.succeed(t.Context())

			if b.newest(t, secondSealer).Closed || !strings.Contains(b.problem(), test.want) || !strings.Contains(b.problem(), secondSealer) {
				t.Errorf("reported %q, want %s", b.problem(), test.want)
			}
			told := b.lines.FilterMessage("The audit trail is stored but cannot be signed.").Len()
			clear(c.unfitUntil)
			c.succeed(t.Context())
			if again := b.lines.FilterMessage("The audit trail is stored but cannot be signed.").Len(); told != 1 || again != 1 {
				t.Errorf("told %d times, then %d", told, again)
			}
			// Whoever has looked into it takes the file away.
			if err := os.Rename(filepath.Join(b.directory, secondSealer+".jsonl"), filepath.Join(t.TempDir(), "kept")); err != nil {
				t.Fatal(err)
			}
			c.succeed(context.Background())
			if b.problem() != "" {
				t.Errorf("still reported: %q", b.problem())
			}
		})
	}
}

func TestALogThatDoesNotFitIsNotReadAgainAtOnce(t *testing.T) {
	b, c, dead := newSuccessor(t)
	writeLog(t, b, dead, 1)
	kept := b.database.seals[secondSealer]
	b.database.seals[secondSealer] = nil
	c.succeed(t.Context())
	b.database.seals[secondSealer] = kept
	c.succeed(t.Context())
	if b.newest(t, secondSealer).Closed {
		t.Error("it was read again at once")
	}
	clear(c.unfitUntil)
	c.succeed(t.Context())
	if !b.newest(t, secondSealer).Closed || b.problem() != "" {
		t.Errorf("it was not read again later, or %q", b.problem())
	}
}

func TestACheckpointByAStrangeKeyIsNotContinued(t *testing.T) {
	b, c, dead := newSuccessor(t)
	b.key = newKey(t, "telltale-test")
	writeLog(t, b, dead, 1)
	c.succeed(t.Context())
	if !strings.Contains(b.problem(), "not signed by a known key") {
		t.Errorf("reported %q", b.problem())
	}
}

func TestALogOfAnEarlierKeyIsClosedWithTheNewOne(t *testing.T) {
	b := newBench(t)
	b.settings.Interval = time.Hour
	b.start(t).Stop(false)
	b.database.sealers = []Sealer{{ID: firstSealer, Name: b.settings.Name, Open: true}}
	b.settings.Key = newKey(t, "telltale-next")
	b.use(&memoryLog{sealer: secondSealer})
	b.start(t).succeed(t.Context())
	if !b.newest(t, firstSealer).Closed || b.problem() != "" {
		t.Errorf("not closed, or %q", b.problem())
	}
}

// lateDatabase answers at first as it was before the sealer entered itself.
type lateDatabase struct {
	*memoryDatabase
	asked int
}

func (d *lateDatabase) Sealers(ctx context.Context) ([]Sealer, error) {
	d.asked++
	if d.asked == 1 {
		return nil, nil
	}
	return d.memoryDatabase.Sealers(ctx)
}

func TestASealerThatEnteredItselfAndDiedWhileOthersWereEndedKeepsItsSeals(t *testing.T) {
	b := newBench(t)
	b.settings.Interval = time.Hour
	b.database.sealers = []Sealer{{ID: secondSealer, Open: true, Silent: true}}
	b.settings.Database = &lateDatabase{memoryDatabase: b.database}
	c, dead := b.start(t), &memoryLog{sealer: secondSealer}
	writeLog(t, b, dead, 0)
	b.database.add(dead, 2)

	c.succeed(t.Context())

	if last := b.newest(t, secondSealer); !last.Closed || last.Size != 1 {
		t.Errorf("the last checkpoint is %+v, want the log closed at its 1 seal", last)
	}
}

func TestAFileThatIsBeingMadeIsLeftToItsMaker(t *testing.T) {
	b, c, _ := newSuccessor(t)
	b.database.sealers = nil
	path := filepath.Join(b.directory, secondSealer+".jsonl")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.succeed(t.Context())
	if all := b.checkpoints(t, secondSealer); len(all) != 0 {
		t.Errorf("somebody else's file was closed before its maker had locked it: %+v", all)
	}

	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	c.succeed(t.Context())
	if !b.newest(t, secondSealer).Closed {
		t.Error("a file whose maker died before its first checkpoint was not closed")
	}
}
