package postgresauditexporter

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// retryDelay is what the OTLP receiver passes on as Retry-After.
const retryDelay = time.Second

var (
	errSchemaMissing = errors.New("the audit schema is missing or this user may not write to it: run the migrations and grant audit_writer")
	errReadOnly      = errors.New("the database is read-only")
	errEncoding      = errors.New("the database's encoding is not UTF8, so it cannot hold every record")
	errContended     = errors.New("others store the same records at the same time")
	errSealerClosed  = errors.New("the sealer was closed by another Collector")
	errForeignSeal   = errors.New("another seal stands under a number of this sealer")
	errTooMuchWaits  = errors.New("too many records wait for the database")
	errStopping      = errors.New("the Collector is stopping")
)

// ownErrors are those whose text may be shown as it is.
var ownErrors = []error{
	errSchemaMissing, errReadOnly, errEncoding, errContended, errSealerClosed, errForeignSeal, errTooMuchWaits, errStopping,
}

// toRetryable makes an error that the receiver answers with 503 and Retry-After. Its text holds
// nothing of the DSN and nothing of a record, because senders and logs get to see it.
func toRetryable(err error) error {
	unavailable := status.New(codes.Unavailable, "audit records not stored: "+describe(err))
	detailed, detailErr := unavailable.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(retryDelay)})
	if detailErr != nil {
		return unavailable.Err()
	}
	return detailed.Err()
}

// describe says what went wrong without quoting pgx, whose errors name host, user and database, or
// PostgreSQL, whose errors quote values.
func describe(err error) string {
	for _, own := range ownErrors {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	var old *oldSchemaError
	if errors.As(err, &old) {
		return old.Error()
	}
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		return describeSQLState(refusal.Code)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "the database did not answer in time"
	}
	if errors.Is(err, context.Canceled) {
		return "the request was cancelled"
	}
	var unknownHost *net.DNSError
	if errors.As(err, &unknownHost) {
		return "the database's host name cannot be resolved"
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return "the database cannot be reached: " + errno.Error()
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return "the database did not answer in time"
	}
	return "the connection to the database failed"
}

func describeSQLState(code string) string {
	meaning := map[string]string{
		"08": "connection failure",
		"23": "a constraint or a missing partition refused it",
		"25": "the database is read-only",
		"28": "the database refused the login",
		"3D": "the database does not exist",
		"3F": "the audit schema is missing: run the migrations",
		"40": "rolled back, to be tried again",
		"42": "the audit schema is missing, older or not permitted: run the migrations and grant audit_writer",
		"53": "the database is out of connections, memory or disk",
		"54": "a limit of the database was exceeded",
		"55": "a lock could not be had in time",
		"57": "the database is starting, stopping or gave the statement up",
		"58": "the database reports a system error",
		"TT": "the sealer cannot go on",
	}
	if len(code) >= 2 {
		if text, known := meaning[code[:2]]; known {
			return text + " (SQLSTATE " + code + ")"
		}
	}
	return "the database refused it (SQLSTATE " + code + ")"
}
