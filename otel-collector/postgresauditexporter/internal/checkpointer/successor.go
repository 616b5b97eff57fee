package checkpointer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"go.uber.org/zap"

	"telltale.dev/otelcol/postgresauditexporter/internal/checkpoint"
	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// Database is what a successor asks about a sealer that died.
type Database interface {
	// Sealers lists all sealers.
	Sealers(ctx context.Context) ([]Sealer, error)

	// Close closes a sealer that has been silent for so long. It answers whether it is closed now.
	Close(ctx context.Context, sealer string, silent time.Duration) (bool, error)

	// Seals lists seals from a number on, in their order.
	Seals(ctx context.Context, sealer string, first uint64, atMost int) ([]Seal, error)

	// Rows lists the rows of these seals, by seal and place, as what they hold now says.
	Rows(ctx context.Context, sealer string, first, last uint64) ([]Row, error)
}

// Sealer is a row of audit.sealers.
type Sealer struct {
	ID, Name string
	// Open says that it may write seals.
	Open bool
	// Silent says that nothing was heard of it for a minute.
	Silent bool
}

// Seal is a row of audit.seals.
type Seal struct {
	Number     uint64
	RecordedAt time.Time
	Root       merkle.Hash
	Leaves     []merkle.Hash
	// Text is the seal's entry in the log.
	Text string
}

// Row is the leaf of a row of the trail.
type Row struct {
	Seal       uint64
	Place      int
	RecordedAt time.Time
	Leaf       merkle.Hash
}

const (
	// silenceOfStrangers is after how long another Collector counts as dead.
	silenceOfStrangers = time.Minute

	// silenceOfOurs is the least that the database asks for. An earlier run of this Collector is dead
	// once its file is not locked any more.
	silenceOfOurs = time.Second

	// sealsAtATime bounds what is held in memory.
	sealsAtATime = 200

	// patience bounds one look at one log; a long log is gone through in many.
	patience = 30 * time.Second
)

// succeed ends the logs whose file is here and whose sealer is dead. A log whose file is elsewhere is
// only closed in the database: whoever has its checkpoints can continue them.
func (c *Checkpointer) succeed(ctx context.Context) {
	files, err := checkpoint.Sealers(c.Directory)
	if err != nil {
		c.note("directory", fmt.Errorf("look for checkpoints: %w", err))
		return
	}
	c.note("directory", nil)
	c.forget(files)
	unended := slices.DeleteFunc(slices.Clone(files), func(sealer string) bool {
		return c.ended[sealer] || c.isOurs(sealer) || time.Now().Before(c.unfitUntil[sealer])
	})
	if len(unended) == 0 && time.Since(c.askedAt) < silenceOfStrangers {
		return
	}
	attempt, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sealers, err := c.Database.Sealers(attempt)
	if err != nil {
		c.later(ctx, "", err)
		return
	}
	c.askedAt = time.Now()
	for _, sealer := range unended {
		err := c.end(ctx, sealer, sealers)
		switch {
		case err == nil:
			c.note(sealer, nil)
		case errors.As(err, new(unfit)):
			c.unfitUntil[sealer] = time.Now().Add(patienceWithUnfit)
			c.note(sealer, err)
		default:
			c.later(ctx, sealer, err)
		}
	}
	for _, sealer := range sealers {
		if sealer.Open && sealer.Silent && !c.isOurs(sealer.ID) && !slices.Contains(files, sealer.ID) {
			if _, err := c.close(ctx, sealer); err != nil {
				c.later(ctx, sealer.ID, err)
			}
		}
	}
}

func (c *Checkpointer) isOurs(sealer string) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.log != nil && c.log.Sealer() == sealer
}

// later says that something is tried again. The database's absence is reported by those who need it
// more.
func (c *Checkpointer) later(ctx context.Context, sealer string, err error) {
	if ctx.Err() == nil {
		c.Logger.Debug("The log of a dead sealer could not be ended yet.", zap.String("sealer", sealer), zap.Error(err))
	}
}

// unfit is why a log cannot be ended before somebody has looked at it.
type unfit struct {
	sealer, what string
}

func (u unfit) Error() string {
	return fmt.Sprintf("the log of the sealer %s is left without an end: %s; \"telltale audit verify\" says more", u.sealer, u.what)
}

// forget drops what was wrong with logs whose file somebody has taken away.
func (c *Checkpointer) forget(present []string) {
	c.noting.Lock()
	gone := slices.DeleteFunc(slices.Collect(maps.Keys(c.problems)), func(subject string) bool {
		return !checkpoint.IsSealer(subject) || slices.Contains(present, subject)
	})
	c.noting.Unlock()
	for _, subject := range gone {
		c.note(subject, nil)
	}
}

func (c *Checkpointer) end(ctx context.Context, sealer string, sealers []Sealer) error {
	entry := indexOf(sealer, sealers)
	if entry < 0 && c.isBeingMade(sealer) {
		return nil
	}
	file, err := checkpoint.OpenFile(c.Directory, sealer)
	if errors.Is(err, checkpoint.ErrInUse) {
		return nil
	}
	if err != nil {
		return unfit{sealer, err.Error()}
	}
	defer file.Close()
	if file.IsClosed() {
		c.ended[sealer] = true
		return nil
	}
	// It may have entered itself since the list was read; nobody does so any more once its file is ours.
	if entry < 0 {
		attempt, cancel := context.WithTimeout(ctx, patience)
		sealers, err = c.Database.Sealers(attempt)
		cancel()
		if err != nil {
			return err
		}
		entry = indexOf(sealer, sealers)
	}
	// A sealer that the database does not know has never stored anything, or its row was taken away:
	// its checkpoints tell which.
	if entry >= 0 {
		if closed, err := c.close(ctx, sealers[entry]); err != nil || !closed {
			return err
		}
	}
	last, note := file.Last()
	if err := c.check(last, note); err != nil {
		return unfit{sealer, err.Error()}
	}
	tail := &tail{sealer: sealer}
	if last != nil {
		tail.covered, tail.root = last.Size, last.Root
	}
	if entry >= 0 {
		if err := tail.read(ctx, c.Database); err != nil {
			return err
		}
	}
	if tail.log.Size() < tail.covered {
		return unfit{sealer, fmt.Sprintf("%d seals were signed and the database has %d", tail.covered, tail.log.Size())}
	}
	err = file.Append(c.Key, checkpoint.Checkpoint{
		Size: tail.log.Size(), Root: tail.log.Root(), Time: time.Now(), Interval: c.Interval, Closed: true,
	})
	if err != nil {
		c.metrics.failed()
		return unfit{sealer, err.Error()}
	}
	c.ended[sealer] = true
	c.metrics.signedTotal.Add(ctx, 1, c.metrics.attributes)
	c.Logger.Info("The log of a sealer that ended without it was checked and closed.",
		zap.String("sealer", sealer), zap.Uint64("seals", tail.log.Size()), zap.Uint64("of_them_not_signed_before", tail.log.Size()-tail.covered))
	return nil
}

func indexOf(sealer string, sealers []Sealer) int {
	return slices.IndexFunc(sealers, func(s Sealer) bool { return s.ID == sealer })
}

// isBeingMade says whether a file may be a moment away from being locked by the sealer that makes it:
// whoever took it meanwhile would end a log that begins. Neither is there anything to end yet.
func (c *Checkpointer) isBeingMade(sealer string) bool {
	changed, empty, err := checkpoint.LastChange(c.Directory, sealer)
	return errors.Is(err, os.ErrNotExist) || err == nil && empty && time.Since(changed) < silenceOfStrangers
}

// close makes sure that nobody adds to the log any more.
func (c *Checkpointer) close(ctx context.Context, sealer Sealer) (bool, error) {
	attempt, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	silent := silenceOfStrangers
	if sealer.Name == c.Name {
		silent = silenceOfOurs
	}
	return c.Database.Close(attempt, sealer.ID, silent)
}

// check lets only a checkpoint be continued that a key beside it has signed.
func (c *Checkpointer) check(last *checkpoint.Checkpoint, note checkpoint.Note) error {
	if last == nil {
		return nil
	}
	verifiers, err := checkpoint.ReadVerifiers(c.Directory)
	if err != nil {
		return err
	}
	_, _, err = checkpoint.Open(note, verifiers)
	return err
}

// tail goes through a dead sealer's log: the seals that were signed must have the signed root, and
// what came after them must fit its rows.
type tail struct {
	sealer  string
	covered uint64
	root    merkle.Hash
	log     merkle.Log
}

func (t *tail) read(ctx context.Context, database Database) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, patience)
		seals, err := t.readSome(attempt, database)
		cancel()
		if err != nil || len(seals) < sealsAtATime {
			return err
		}
	}
}

func (t *tail) readSome(ctx context.Context, database Database) ([]Seal, error) {
	seals, err := database.Seals(ctx, t.sealer, t.log.Size(), sealsAtATime)
	if err != nil {
		return nil, fmt.Errorf("read seals: %w", err)
	}
	var uncovered []Seal
	for _, seal := range seals {
		if seal.Number != t.log.Size() {
			return nil, unfit{t.sealer, fmt.Sprintf("seal %d is missing", t.log.Size())}
		}
		if seal.Number >= t.covered {
			uncovered = append(uncovered, seal)
		}
		t.log.Append(merkle.LeafHash([]byte(seal.Text)))
		if t.log.Size() == t.covered && t.log.Root() != t.root {
			return nil, unfit{t.sealer, fmt.Sprintf("its first %d seals are not those that were signed", t.covered)}
		}
	}
	if len(uncovered) == 0 {
		return seals, nil
	}
	rows, err := database.Rows(ctx, t.sealer, uncovered[0].Number, uncovered[len(uncovered)-1].Number)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return seals, t.compare(uncovered, rows)
}

func (t *tail) compare(seals []Seal, rows []Row) error {
	for _, seal := range seals {
		if merkle.Root(seal.Leaves) != seal.Root {
			return unfit{t.sealer, fmt.Sprintf("seal %d has another root than its leaves", seal.Number)}
		}
		for place, leaf := range seal.Leaves {
			if len(rows) == 0 || rows[0].Seal != seal.Number || rows[0].Place != place {
				return unfit{t.sealer, fmt.Sprintf("the row at place %d of seal %d is missing", place, seal.Number)}
			}
			if rows[0].Leaf != leaf || !rows[0].RecordedAt.Equal(seal.RecordedAt) {
				return unfit{t.sealer, fmt.Sprintf("the row at place %d of seal %d is not what was sealed", place, seal.Number)}
			}
			rows = rows[1:]
		}
		if len(rows) > 0 && rows[0].Seal == seal.Number {
			return unfit{t.sealer, fmt.Sprintf("seal %d has a row too many", seal.Number)}
		}
	}
	return nil
}
