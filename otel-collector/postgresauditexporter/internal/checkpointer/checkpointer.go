// Package checkpointer signs the log of the sealer that lives in this process, and ends the logs of
// sealers that died before they could.
package checkpointer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"telltale.dev/otelcol/postgresauditexporter/internal/checkpoint"
	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// Log is the log of a sealer in this process.
type Log interface {
	// Sealer is its id.
	Sealer() string

	// Prefix is size and root of the log as far as it has no hole, from memory.
	Prefix() (size uint64, root merkle.Hash)
}

// Settings are what a Checkpointer works with.
type Settings struct {
	Key       *checkpoint.Key
	Directory string
	Interval  time.Duration

	// Name is the Collector's, as audit.sealers has it.
	Name string

	// Current is the log that is being written now. It is another one once its sealer cannot go on.
	Current func() Log

	// Database is asked about sealers that died.
	Database Database

	// Report takes what keeps the trail from being signed, and nil when nothing does.
	Report func(error)

	Logger *zap.Logger
	Meter  metric.Meter
	// Exporter is the attribute that tells several exporters of one Collector apart.
	Exporter metric.MeasurementOption
}

// Checkpointer signs in the background, and ends the logs of dead sealers in a goroutine of its own: a long
// log takes minutes to read, and what is stored meanwhile must be signed.
type Checkpointer struct {
	Settings
	metrics *instruments
	cancel  context.CancelFunc
	running sync.WaitGroup
	stop    sync.Once

	// mutex guards what signing works with, because a log may begin at any time.
	mutex   sync.Mutex
	stopped bool
	// file is that of the log that is being written; nil until it could be opened.
	file *checkpoint.File
	// log is whose file it is.
	log Log
	// behindSince is when signing began to fail; zero while it works.
	behindSince time.Time

	// What follows is the business of succeed alone.
	// askedAt is when the database was asked last who lives.
	askedAt time.Time
	// ended are the sealers in whose files nothing is left to do.
	ended map[string]bool
	// unfitUntil says from when on a log is looked at again that did not fit.
	unfitUntil map[string]time.Time

	// noting guards problems, which are told once each: what was last wrong with signing, and with each
	// dead sealer's log.
	noting   sync.Mutex
	problems map[string]error
}

// succession is how often dead sealers are looked for, patienceWithUnfit how long one is left alone
// whose log does not fit: it may be long, and somebody has to look at it first.
const (
	succession        = 2 * time.Second
	patienceWithUnfit = time.Minute
)

// Start makes the first, empty checkpoint before a record can be stored. It fails on what somebody
// has to set right: a directory that cannot be used.
func Start(settings Settings) (*Checkpointer, error) {
	made, err := newInstruments(settings.Meter, settings.Exporter)
	if err != nil {
		return nil, err
	}
	c := &Checkpointer{Settings: settings, metrics: made, ended: map[string]bool{}, unfitUntil: map[string]time.Time{}, problems: map[string]error{}}
	if err := checkpoint.PrepareDirectory(c.Directory, c.Key.Verifier()); err != nil {
		return nil, err
	}
	if err := c.sign(false); err != nil {
		return nil, fmt.Errorf("sign the first checkpoint: %w", err)
	}
	c.Logger.Info("The audit trail is signed.", zap.String("key", c.Key.Verifier().String()), zap.String("checkpoints", c.Directory))

	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.running.Go(func() { every(ctx, c.Interval, func() { c.note("sign", c.sign(false)) }) })
	c.running.Go(func() { every(ctx, min(succession, c.Interval*10), func() { c.succeed(ctx) }) })
	return c, nil
}

func every(ctx context.Context, interval time.Duration, do func()) {
	timer := time.NewTicker(interval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			do()
		}
	}
}

// Begin makes the first checkpoint of the log that is written now, unless it has one. It may be called
// by any goroutine. A failure is reported by the next interval, which tries again.
func (c *Checkpointer) Begin() { _ = c.sign(false) }

// Stop makes the last checkpoint. With closed it ends the log: no seal can follow and none is
// missing. It may be called on nil, and twice.
func (c *Checkpointer) Stop(closed bool) {
	if c == nil {
		return
	}
	c.stop.Do(func() {
		c.cancel()
		c.running.Wait()
		if err := c.sign(closed); err != nil {
			c.Logger.Error("The last checkpoint could not be written; the next run on this directory will end the log.", zap.Error(err))
		}
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.stopped = true
		c.release()
		c.metrics.stop()
	})
}

// sign writes a checkpoint when the log has grown, when it is new, and when it ends.
func (c *Checkpointer) sign(closed bool) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.stopped {
		return nil
	}
	err := c.follow()
	if err == nil {
		err = c.append(closed)
	}
	if err != nil {
		if c.behindSince.IsZero() {
			c.behindSince = time.Now()
		}
		c.metrics.failed()
		c.metrics.behind(c.behindSince)
		return err
	}
	c.behindSince = time.Time{}
	return nil
}

// follow opens the file of the log that is written now. The file of one that cannot go on is left to
// whoever looks for dead sealers next.
func (c *Checkpointer) follow() error {
	current := c.Current()
	if c.file != nil && c.log.Sealer() == current.Sealer() {
		return nil
	}
	c.release()
	file, err := checkpoint.OpenFile(c.Directory, current.Sealer())
	if err != nil {
		return fmt.Errorf("open the file of checkpoints: %w", err)
	}
	c.file, c.log = file, current
	return nil
}

func (c *Checkpointer) append(closed bool) error {
	size, root := c.log.Prefix()
	last, _ := c.file.Last()
	if last != nil && !closed && last.Size == size {
		c.metrics.covered(size)
		return nil
	}
	next := checkpoint.Checkpoint{Size: size, Root: root, Time: time.Now(), Interval: c.Interval, Closed: closed}
	if err := c.file.Append(c.Key, next); err != nil {
		return fmt.Errorf("write a checkpoint: %w", err)
	}
	c.metrics.signed(size)
	return nil
}

func (c *Checkpointer) release() {
	if c.file == nil {
		return
	}
	if err := c.file.Close(); err != nil {
		c.Logger.Warn("A file of checkpoints was not closed.", zap.Error(err))
	}
	c.file, c.log = nil, nil
}

// note tells each state of affairs once, and reports all that is wrong together.
func (c *Checkpointer) note(subject string, err error) {
	c.noting.Lock()
	defer c.noting.Unlock()
	before := c.problems[subject]
	if err == nil {
		delete(c.problems, subject)
	} else {
		c.problems[subject] = err
	}
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		c.Logger.Error("The audit trail is stored but cannot be signed.", zap.Error(err))
	case err == nil && before != nil:
		c.Logger.Info("A trouble with signing the audit trail is over.", zap.String("trouble", before.Error()))
	case err == nil:
		return
	}
	var all []error
	for _, problem := range c.problems {
		all = append(all, problem)
	}
	c.Report(errors.Join(all...))
}
