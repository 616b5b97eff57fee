package postgresauditexporter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// connectFailure makes pgx's own error, which names user, database and host.
func connectFailure(t *testing.T) error {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = pgconn.Connect(context.Background(), "postgres://writer:geheim@"+address+"/trail")
	if err == nil || !strings.Contains(err.Error(), "writer") {
		t.Fatalf("pgx says %v; this test is about an error that names the user", err)
	}
	return err
}

func TestEveryFailureIsRetryableAndSilentAboutSecrets(t *testing.T) {
	refused := func(code string) error {
		return fmt.Errorf("append: %w", &pgconn.PgError{Code: code, Message: `invalid "geheim"`, Detail: "Key (actor)=(geheim)"})
	}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"database away":       {connectFailure(t), "the database cannot be reached: connection refused"},
		"host unknown":        {&net.DNSError{Name: "geheim", Err: "no such host"}, "the database's host name cannot be resolved"},
		"too slow":            {fmt.Errorf("geheim: %w", context.DeadlineExceeded), "the database did not answer in time"},
		"cancelled":           {context.Canceled, "the request was cancelled"},
		"no table":            {refused("42P01"), "the audit schema is missing, older or not permitted: run the migrations and grant audit_writer (SQLSTATE 42P01)"},
		"no right":            {refused("42501"), "the audit schema is missing, older or not permitted: run the migrations and grant audit_writer (SQLSTATE 42501)"},
		"no schema":           {refused("3F000"), "the audit schema is missing: run the migrations (SQLSTATE 3F000)"},
		"no partition":        {refused("23514"), "a constraint or a missing partition refused it (SQLSTATE 23514)"},
		"read-only":           {refused("25006"), "the database is read-only (SQLSTATE 25006)"},
		"wrong password":      {refused("28P01"), "the database refused the login (SQLSTATE 28P01)"},
		"disk full":           {refused("53100"), "the database is out of connections, memory or disk (SQLSTATE 53100)"},
		"lock timeout":        {refused("55P03"), "a lock could not be had in time (SQLSTATE 55P03)"},
		"shutting down":       {refused("57P01"), "the database is starting, stopping or gave the statement up (SQLSTATE 57P01)"},
		"anything else":       {refused("XX000"), "the database refused it (SQLSTATE XX000)"},
		"schema not there":    {errSchemaMissing, errSchemaMissing.Error()},
		"schema too old":      {fmt.Errorf("ensure: %w", &oldSchemaError{3}), "the audit schema has version 3, this Collector needs 6: run telltale audit migrate"},
		"too much waits":      {errTooMuchWaits, errTooMuchWaits.Error()},
		"an error of no kind": {errors.New("geheim"), "the connection to the database failed"},
	} {
		t.Run(name, func(t *testing.T) {
			err := toRetryable(test.err)
			if consumererror.IsPermanent(err) {
				t.Error("it is permanent, so the records would be dropped")
			}
			// The receiver wraps nothing, but the retry sender does.
			state, ok := status.FromError(fmt.Errorf("no more retries left: %w", err))
			if !ok || state.Code() != codes.Unavailable {
				t.Fatalf("got status %v", state)
			}
			var delay time.Duration
			for _, detail := range state.Details() {
				if info, ok := detail.(*errdetails.RetryInfo); ok {
					delay = info.GetRetryDelay().AsDuration()
				}
			}
			if delay != retryDelay {
				t.Errorf("the retry delay is %s", delay)
			}
			if got, want := status.Convert(err).Message(), "audit records not stored: "+test.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
