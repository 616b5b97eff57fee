package postgresauditexporter

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// store is the database as the exporter sees it.
type store struct {
	pool             *pgxpool.Pool
	schema           *schemaOnce
	statementTimeout time.Duration
	lockTimeout      time.Duration
}

// appendCounts says what became of the records of one transaction.
type appendCounts struct {
	inserted, duplicate, conflict int
}

func openStore(config *Config) (*store, error) {
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
	pool, err := pgxpool.NewWithConfig(context.Background(), settings)
	if err != nil {
		return nil, errors.New("the connection pool refuses its settings")
	}
	opened := &store{pool: pool, statementTimeout: config.StatementTimeout, lockTimeout: config.LockTimeout}
	if config.CreateSchema {
		opened.schema = &schemaOnce{}
	}
	return opened, nil
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

// append stores everything in one transaction and returns after its commit.
func (s *store) append(ctx context.Context, what content) (appendCounts, error) {
	var counts appendCounts
	if len(what.rows) == 0 && len(what.quarantined) == 0 {
		return counts, nil
	}
	if err := s.schema.ensure(ctx, s.pool); err != nil {
		return counts, err
	}
	// audit.append_records compares with rows that others commit meanwhile, so it must see them.
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted}
	err := pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error {
		var err error
		counts, err = s.appendIn(ctx, tx, what)
		return err
	})
	if err != nil {
		return appendCounts{}, fmt.Errorf("append audit records: %w", err)
	}
	return counts, nil
}

// appendIn sends the statements in one go, to pay for one round trip.
func (s *store) appendIn(ctx context.Context, tx pgx.Tx, what content) (appendCounts, error) {
	var counts appendCounts
	batch := &pgx.Batch{}
	// Deadlines per transaction, not per connection, so that a pooler in between keeps working.
	batch.Queue("SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)",
		milliseconds(s.statementTimeout), milliseconds(s.lockTimeout))
	if len(what.rows) > 0 {
		batch.Queue(appendRecordsSQL, toColumns(what.rows)...).Query(func(rows pgx.Rows) error {
			var err error
			counts, err = readCounts(rows)
			return err
		})
	}
	if len(what.quarantined) > 0 {
		batch.Queue(appendQuarantineSQL, toQuarantineColumns(what.quarantined)...)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return counts, err
	}
	if counts.inserted+counts.duplicate+counts.conflict != len(what.rows) {
		return counts, errUnanswered
	}
	return counts, nil
}

func readCounts(rows pgx.Rows) (appendCounts, error) {
	var counts appendCounts
	var result *string
	var number int
	_, err := pgx.ForEachRow(rows, []any{&result, &number}, func() error {
		if result == nil {
			return errUnanswered
		}
		switch *result {
		case "inserted":
			counts.inserted = number
		case "duplicate":
			counts.duplicate = number
		case "conflict":
			counts.conflict = number
		}
		return nil
	})
	return counts, err
}

const probeSQL = `
SELECT NOT current_setting('transaction_read_only')::boolean, current_setting('server_encoding') = 'UTF8',
  count(*) FILTER (WHERE has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(n.oid, 'USAGE')) = 2
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'audit' AND p.proname IN ('append_records', 'append_quarantine')`

// probe asks whether records could be stored now, without storing any.
func (s *store) probe(ctx context.Context) error {
	if err := s.schema.ensure(ctx, s.pool); err != nil {
		return err
	}
	var writable, unicode, permitted bool
	if err := s.pool.QueryRow(ctx, probeSQL).Scan(&writable, &unicode, &permitted); err != nil {
		return fmt.Errorf("probe the database: %w", err)
	}
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
