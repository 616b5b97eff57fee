//go:build integration

package postgresauditexporter

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/plog"
)

const (
	serverVariable = "TELLTALE_TEST_POSTGRES_URL"
	serverMissing  = serverVariable + " must be set to the superuser URL of a PostgreSQL server, for example postgres://postgres@127.0.0.1:5432/postgres"
)

// database is an empty one of the test's own, with users as an installation has them.
type database struct {
	t *testing.T
	// super, writer and auditor are connections with the rights of the superuser, of a member of
	// audit_writer and of a member of audit_auditor.
	super, writer, auditor *pgxpool.Pool
	superURL, writerURL    string
}

// newDatabase makes the database without the audit schema.
func newDatabase(t *testing.T) *database {
	t.Helper()
	return databaseFrom(t, "template1")
}

// trailTemplate makes a database with the audit schema once: copying it takes a fraction of the time
// that the migrations do.
var trailTemplate = sync.OnceValues(func() (string, error) {
	ctx := context.Background()
	server := os.Getenv(serverVariable)
	name := fmt.Sprintf("telltale_test_%d_template", os.Getpid())
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer func() { _ = admin.Close(ctx) }()
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	afterTests = append(afterTests, func() {
		admin, err := pgx.Connect(ctx, server)
		if err == nil {
			_, err = admin.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
			_ = admin.Close(ctx)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s stays behind: %v\n", name, err)
		}
	})
	parsed, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	parsed.Path = "/" + name
	pool, err := pgxpool.New(ctx, parsed.String())
	if err != nil {
		return "", err
	}
	defer pool.Close()
	return name, migrate(ctx, pool)
})

// databaseFrom makes a database that is a copy of another one.
func databaseFrom(t *testing.T, template string) *database {
	t.Helper()
	server := os.Getenv(serverVariable)
	if server == "" {
		t.Fatal(serverMissing)
	}
	name := fmt.Sprintf("telltale_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	admin := open(t, server)
	run(t, admin, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { run(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })

	d := &database{t: t, superURL: toDatabase(t, server, name, "")}
	d.super = open(t, d.superURL)
	return d
}

// newTrail makes the database with the audit schema and its users. When the test ends, what it has
// stored is verified.
func newTrail(t *testing.T) *database {
	t.Helper()
	if os.Getenv(serverVariable) == "" {
		t.Fatal(serverMissing)
	}
	template, err := trailTemplate()
	if err != nil {
		t.Fatal(err)
	}
	d := databaseFrom(t, template)
	d.addUsers()
	t.Cleanup(func() {
		if !t.Failed() {
			verify(t, d.super)
		}
	})
	return d
}

func (d *database) addUsers() {
	d.t.Helper()
	suffix := fmt.Sprintf("_%d_%d", os.Getpid(), time.Now().UnixNano())
	for _, user := range []string{"writer", "auditor"} {
		run(d.t, d.super, fmt.Sprintf("CREATE ROLE telltale_test_%[1]s%[2]s LOGIN PASSWORD 'geheim' IN ROLE audit_%[1]s", user, suffix))
	}
	d.writerURL = toDatabase(d.t, d.superURL, "", "telltale_test_writer"+suffix)
	d.writer = open(d.t, d.writerURL)
	d.auditor = open(d.t, toDatabase(d.t, d.superURL, "", "telltale_test_auditor"+suffix))
	d.t.Cleanup(func() {
		d.writer.Close()
		d.auditor.Close()
		run(d.t, d.super, fmt.Sprintf("DROP ROLE telltale_test_writer%[1]s; DROP ROLE telltale_test_auditor%[1]s", suffix))
	})
}

func toDatabase(t *testing.T, address, name, user string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatalf("%s is no URL", serverVariable)
	}
	if name != "" {
		parsed.Path = "/" + name
	}
	if user != "" {
		parsed.User = url.UserPassword(user, "geheim")
	}
	return parsed.String()
}

func open(t *testing.T, address string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// run sends several statements at once, also while the test is ending.
func run(t *testing.T, pool *pgxpool.Pool, statements string) {
	t.Helper()
	if _, err := pool.Exec(context.Background(), statements, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// ask answers with the first column of the first row.
func ask[T any](t *testing.T, pool *pgxpool.Pool, query string, arguments ...any) T {
	t.Helper()
	var answer T
	if err := pool.QueryRow(t.Context(), query, arguments...).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

// start runs the exporter as the Collector does, with short deadlines.
func start(t *testing.T, dsn string, change func(*Config)) (exporter.Logs, *statusHost, *componenttest.Telemetry) {
	t.Helper()
	config := createDefaultConfig().(*Config)
	config.DSN = configopaque.String(dsn)
	config.BackOffConfig.InitialInterval = 10 * time.Millisecond
	config.BackOffConfig.MaxElapsedTime = 200 * time.Millisecond
	config.ProbeInterval = 50 * time.Millisecond
	if change != nil {
		change(config)
	}
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	telemetry := componenttest.NewTelemetry()
	settings := exportertest.NewNopSettings(componentType)
	settings.TelemetrySettings = telemetry.NewTelemetrySettings()
	made, err := NewFactory().CreateLogs(t.Context(), settings, config)
	if err != nil {
		t.Fatal(err)
	}
	host := &statusHost{Host: componenttest.NewNopHost()}
	if err := made.Start(t.Context(), component.Host(host)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		_ = telemetry.Shutdown(context.Background())
	})
	return made, host, telemetry
}

func deliver(t *testing.T, to exporter.Logs, logs plog.Logs) {
	t.Helper()
	if err := to.ConsumeLogs(t.Context(), logs); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for what happens in the background.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within 60 s: %s", what)
}

func last(reports []string) string {
	if len(reports) == 0 {
		return ""
	}
	return reports[len(reports)-1]
}

func isRecoverable(report, cause string) bool {
	return strings.HasPrefix(report, "StatusRecoverableError") && strings.Contains(report, cause)
}

// alter runs statements in which %d stands for this database and audit.this_month for the partition
// of this month.
func (d *database) alter(statements string) {
	d.t.Helper()
	month := ask[string](d.t, d.super, "SELECT 'audit.records_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")
	name := ask[string](d.t, d.super, "SELECT quote_ident(current_database())")
	run(d.t, d.super, "SELECT set_config('telltale.audit_maintenance', 'on', true);"+
		strings.NewReplacer("%d", name, "audit.this_month", month).Replace(statements))
}
