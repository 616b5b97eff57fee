package postgresauditexporter

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// schemaLock is the advisory lock that each migration file takes as well: "telltale" in ASCII.
const schemaLock int64 = 0x74656c6c74616c65

// migrationPatience is how long a migration waits for a lock on a table. Whoever stores waits behind it:
// a verification that reads for minutes would hold up all Collectors through it.
const migrationPatience = "2s"

// migration is one numbered file: sql/0001_audit_trail.sql has number 1.
type migration struct {
	number int
	text   string
}

// migrations answers with the embedded files in their order.
func migrations() ([]migration, error) {
	entries, err := fs.ReadDir(sqlFiles, "sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	all := make([]migration, 0, len(entries))
	for _, entry := range entries {
		digits, _, _ := strings.Cut(entry.Name(), "_")
		number, err := strconv.Atoi(digits)
		if err != nil {
			return nil, fmt.Errorf("migration %s does not start with a number: %w", entry.Name(), err)
		}
		text, err := fs.ReadFile(sqlFiles, "sql/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", entry.Name(), err)
		}
		all = append(all, migration{number: number, text: string(text)})
	}
	return all, nil
}

// migrate brings the database to the newest version, all files in one transaction. Runs at the same
// time wait for each other.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", schemaLock); err != nil {
			return fmt.Errorf("lock the audit schema: %w", err)
		}
		// Not before the lock of the schema, which another run may rightly hold for longer.
		if _, err := tx.Exec(ctx, "SELECT set_config('lock_timeout', $1, true)", migrationPatience); err != nil {
			return fmt.Errorf("limit the wait for locks: %w", err)
		}
		done, err := appliedMigrations(ctx, tx)
		if err != nil {
			return err
		}
		for _, each := range all {
			if done[each.number] {
				continue
			}
			// Without parameters pgx sends the text as it is, several statements at once.
			if _, err := tx.Exec(ctx, each.text, pgx.QueryExecModeSimpleProtocol); err != nil {
				return fmt.Errorf("apply migration %d: %w", each.number, err)
			}
		}
		return nil
	})
}

func appliedMigrations(ctx context.Context, tx pgx.Tx) (map[int]bool, error) {
	done := map[int]bool{}
	var exists bool
	if err := tx.QueryRow(ctx, "SELECT to_regclass('audit.schema_migrations') IS NOT NULL").Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for the audit schema: %w", err)
	}
	if !exists {
		return done, nil
	}
	rows, err := tx.Query(ctx, "SELECT version FROM audit.schema_migrations")
	if err != nil {
		return nil, fmt.Errorf("read applied migrations: %w", err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, fmt.Errorf("read applied migrations: %w", err)
	}
	for _, number := range numbers {
		done[number] = true
	}
	return done, nil
}

// neededSchema is the oldest schema that this exporter can write to.
const neededSchema = 6

// oldSchemaError says which version the database has.
type oldSchemaError struct{ version int }

func (e *oldSchemaError) Error() string {
	return fmt.Sprintf("the audit schema has version %d, this Collector needs %d: run telltale audit migrate", e.version, neededSchema)
}

// schemaOnce makes sure, until it has succeeded once, that the schema is not too old. With create it
// runs the migrations first; what cannot run now (a lock, an index over years) holds up no record that the
// schema as it is can take.
type schemaOnce struct {
	create bool
	logger *zap.Logger
	mutex  sync.Mutex
	done   bool
}

func (s *schemaOnce) ensure(ctx context.Context, pool *pgxpool.Pool) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.done {
		return nil
	}
	if s.create {
		// Asked before, because afterwards there may be no time left.
		tooOld := checkVersion(ctx, pool)
		if err := migrate(ctx, pool); err != nil {
			if tooOld != nil {
				return err
			}
			s.logger.Warn("The audit schema could not be brought to the newest version; records are stored into it as it is. Run telltale audit migrate.",
				zap.Error(err))
			s.done = true
			return nil
		}
	}
	if err := checkVersion(ctx, pool); err != nil {
		return err
	}
	s.done = true
	return nil
}

func checkVersion(ctx context.Context, pool *pgxpool.Pool) error {
	var version int
	if err := pool.QueryRow(ctx, "select audit.schema_version()").Scan(&version); err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if version < neededSchema {
		return &oldSchemaError{version}
	}
	return nil
}
