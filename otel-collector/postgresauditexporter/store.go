package postgresauditexporter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"
)

// mostRounds bounds how often a transaction is planned anew because something in it was stored
// already. Each round knows more, so two do unless others store the same records at the same time.
const mostRounds = 10

// store is the database as the exporter sees it.
type store struct {
	pool             *pgxpool.Pool
	logger           *zap.Logger
	metrics          *metrics
	schema           *schemaOnce
	sealers          *sealers
	notice           func([]*quarantineRow) *row
	poison           knownPoison
	statementTimeout time.Duration
	lockTimeout      time.Duration
	// monthsAhead is for how many months after this one there are partitions; unknownMonths until a probe has said.
	monthsAhead atomic.Int64
}

const unknownMonths = -1

func openStore(config *Config, name string, logger *zap.Logger, instruments *metrics) (*store, error) {
	settings, err := pgxpool.ParseConfig(string(config.DSN))
	if err != nil {
		// The parser's error quotes the DSN.
		return nil, errors.New(`"dsn" cannot be read`)
	}
	// pgx connects in the background for up to two minutes. Against a host that swallows packets those
	// attempts would hold the whole pool long after the host is back.
	settings.ConnConfig.ConnectTimeout = min(settings.ConnConfig.ConnectTimeout, config.TimeoutConfig.Timeout)
	settings.MaxConns = config.Pool.MaxConnections
	settings.MaxConnLifetime = config.Pool.MaxConnectionLifetime
	settings.MaxConnLifetimeJitter = config.Pool.MaxConnectionLifetime / 10
	settings.MaxConnIdleTime = config.Pool.MaxConnectionIdleTime
	if settings.ConnConfig.RuntimeParams["application_name"] == "" {
		settings.ConnConfig.RuntimeParams["application_name"] = "otelcol postgres_audit"
	}
	settings.AfterConnect = takeArrayParameters
	pool, err := pgxpool.NewWithConfig(context.Background(), settings)
	if err != nil {
		return nil, errors.New("the connection pool refuses its settings")
	}
	made := &store{
		pool:             pool,
		logger:           logger,
		metrics:          instruments,
		schema:           &schemaOnce{create: config.CreateSchema, logger: logger},
		sealers:          newSealers(pool, name, logger),
		notice:           func(quarantined []*quarantineRow) *row { return quarantineNotice(name, quarantined) },
		statementTimeout: config.StatementTimeout,
		lockTimeout:      config.LockTimeout,
	}
	made.monthsAhead.Store(unknownMonths)
	if instruments != nil {
		made.sealers.replaced = func() { instruments.replaced.Add(context.Background(), 1, instruments.attributes) }
	}
	return made, nil
}

// close may be called on nil. It does not wait for long: pgx gives a connection that went silent 15 s
// to say good-bye, and a Collector that stops must not hang on that.
func (s *store) close(patience time.Duration) {
	if s == nil {
		return
	}
	closed := make(chan struct{})
	go func() {
		s.pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(patience):
	}
}

// append stores the items and reports them after their commit. What the database refuses for its
// content is looked for by halves and goes to quarantine; a half that was stored stays stored, which
// makes its records duplicates when the request is repeated.
func (s *store) append(ctx context.Context, items []*item, report func([]*item, appendCounts, error)) {
	s.poison.mark(items)
	s.appendParts(ctx, items, report)
}

func (s *store) appendParts(ctx context.Context, items []*item, report func([]*item, appendCounts, error)) {
	counts, err := s.appendAll(ctx, items)
	if err == nil || !isPoison(err) || len(items) == 1 && items[0].bad != nil {
		report(items, counts, err)
		return
	}
	if len(items) == 1 {
		reason := poisonReason(err)
		s.poison.add(items[0].row, reason)
		items[0].bad = items[0].row.toQuarantine(items[0].raw(), reason)
		s.appendParts(ctx, items, report)
		return
	}
	s.appendParts(ctx, items[:len(items)/2], report)
	s.appendParts(ctx, items[len(items)/2:], report)
}

// appendAll stores all items in one transaction, or none.
func (s *store) appendAll(ctx context.Context, items []*item) (appendCounts, error) {
	if err := s.schema.ensure(ctx, s.pool); err != nil {
		return appendCounts{}, err
	}
	// The first seal of a run says when its key is another one than before.
	if _, err := s.sealers.ensure(ctx); err != nil {
		return appendCounts{}, err
	}
	announcement := s.sealers.unannounced()
	if announcement != nil {
		items = append(slices.Clone(items), announcement)
	}
	stored := newKnown()
	for range mostRounds {
		begun := time.Now()
		p := makePlan(items, stored, s.notice)
		if len(p.leaves) == 0 {
			s.sealers.announced(announcement)
			return p.counts, nil
		}
		s.metrics.sealDuration.Record(ctx, time.Since(begun).Seconds(), s.metrics.attributes)
		done, err := s.attempt(ctx, &p, stored)
		if err != nil {
			return appendCounts{}, fmt.Errorf("append audit records: %w", err)
		}
		if done {
			s.sealers.announced(announcement)
			return p.counts, nil
		}
	}
	return appendCounts{}, errContended
}

// attempt sends a plan with its seal and the commit in one go. It answers false when something in the
// plan was stored already, which known then holds, or when the sealer had to be replaced.
func (s *store) attempt(ctx context.Context, p *plan, stored *known) (bool, error) {
	current, err := s.sealers.ensure(ctx)
	if err != nil {
		return false, err
	}
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer connection.Release()

	number := current.take()
	var recordedAt *time.Time
	batch := &pgx.Batch{}
	batch.Queue(beginSQL)
	batch.Queue(deadlinesSQL, milliseconds(s.statementTimeout), milliseconds(s.lockTimeout))
	p.queue(batch, current.id, number, stored, &recordedAt)
	batch.Queue(noDeadlineSQL)
	batch.Queue(commitSQL)
	begun := time.Now()
	err = connection.SendBatch(ctx, batch).Close()

	if err == nil && recordedAt != nil {
		s.metrics.transaction(ctx, time.Since(begun), len(p.leaves))
		return true, current.committed(number, len(p.leaves), *recordedAt, p.root)
	}
	if err == nil {
		current.failed(number)
		return false, nil
	}
	if !isCertainlyRolledBack(err) {
		current.lost(uncertainSeal{number, len(p.leaves), p.root})
		s.sealers.settleSoon()
		return false, err
	}
	rollBack(connection)
	if isPartlyStored(err) {
		current.failed(number)
		return false, nil
	}
	if isSealerClosed(err) || isSealTaken(err) {
		s.sealers.replace(current, err)
		return false, nil
	}
	current.failed(number)
	return false, err
}

// rollBack makes the connection usable again; one that does not answer is dropped by the pool.
func rollBack(connection *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := connection.Exec(ctx, "rollback"); err != nil {
		// The pool sees that the transaction is still open and closes the connection on release.
		return
	}
}

// isCertainlyRolledBack says whether an error leaves no doubt that nothing was committed: the server
// refused a statement and lives on. A server that shuts down may have committed before it said so.
func isCertainlyRolledBack(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.SeverityUnlocalized == "ERROR"
}

const probeSQL = `
SELECT NOT current_setting('transaction_read_only')::boolean, current_setting('server_encoding') = 'UTF8',
  count(*) FILTER (WHERE has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(n.oid, 'USAGE')) = 8,
  (SELECT count(*) FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class parent ON parent.oid = i.inhparent
   JOIN pg_catalog.pg_namespace s ON s.oid = parent.relnamespace JOIN pg_catalog.pg_class child ON child.oid = i.inhrelid
   WHERE s.nspname = 'audit' AND parent.relname = 'records' AND child.relname ~ '^records_[0-9]{4}_[0-9]{2}$'
     AND child.relname > 'records_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM'))
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'audit' AND p.proname IN ('append_records', 'append_annexes', 'append_conflicts', 'append_quarantine',
  'append_seal', 'open_sealer', 'touch_sealer', 'settle_seal')`

// probe asks whether records could be stored now, without storing any.
func (s *store) probe(ctx context.Context) error {
	if err := s.schema.ensure(ctx, s.pool); err != nil {
		return err
	}
	var writable, unicode, permitted bool
	var monthsAhead int64
	if err := s.pool.QueryRow(ctx, probeSQL).Scan(&writable, &unicode, &permitted, &monthsAhead); err != nil {
		return fmt.Errorf("probe the database: %w", err)
	}
	s.monthsAhead.Store(monthsAhead)
	if !writable {
		return errReadOnly
	}
	if !unicode {
		return errEncoding
	}
	if !permitted {
		return errSchemaMissing
	}
	return nil
}

// milliseconds rounds up, because PostgreSQL takes 0 for "no limit".
func milliseconds(limit time.Duration) string {
	return strconv.FormatInt((limit + time.Millisecond - 1).Milliseconds(), 10)
}
