// Command row-by-row is a yardstick: an OTLP receiver that stores logs in PostgreSQL as public exporters do, with one
// prepared INSERT for each record in one transaction for each request, through database/sql. Attributes become JSON
// with all values as text; the table has one index. Nothing makes a repeated request harmless. It answers after the
// commit. The same way of inserting, into a table like the trail's, is asked for under /twin.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"

	_ "github.com/jackc/pgx/v5/stdlib"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
)

const createTable = `
CREATE TABLE IF NOT EXISTS row_by_row (
  service_name text, happened_at timestamp, trace_id text, span_id text, flags smallint, severity_text text,
  severity_number smallint, event_name text, body text, resource_attributes jsonb, scope_name text,
  scope_attributes jsonb, log_attributes jsonb, PRIMARY KEY (service_name, happened_at)
)`

const insert = `
INSERT INTO row_by_row (service_name, happened_at, trace_id, span_id, flags, severity_text, severity_number,
  event_name, body, resource_attributes, scope_name, scope_attributes, log_attributes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

func main() {
	database, err := sql.Open("pgx", os.Getenv("POSTGRES_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := database.Exec(createTable); err != nil {
		log.Fatal(err)
	}
	trail, err := sql.Open("pgx", os.Getenv("TRAIL_URL"))
	if err != nil {
		log.Fatal(err)
	}
	connections, err := strconv.Atoi(os.Getenv("CONNECTIONS"))
	if err != nil {
		log.Fatal(err)
	}
	trail.SetMaxIdleConns(connections)
	database.SetMaxIdleConns(connections)
	http.Handle("/twin", &twin{database: trail, table: os.Getenv("TWIN_TABLE"), connections: connections})
	http.HandleFunc("/v1/logs", func(response http.ResponseWriter, request *http.Request) {
		if err := receive(request, database); err != nil {
			http.Error(response, err.Error(), http.StatusServiceUnavailable)
			return
		}
		response.WriteHeader(http.StatusOK)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	// It ends with its parent, whose end closes this pipe.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(listener, nil))
}

func receive(request *http.Request, database *sql.DB) error {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return err
	}
	export := plogotlp.NewExportRequest()
	if err := export.UnmarshalProto(body); err != nil {
		return err
	}
	return store(request.Context(), database, export.Logs())
}

func store(ctx context.Context, database *sql.DB, logs plog.Logs) error {
	transaction, err := database.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = transaction.Rollback() }()
	statement, err := transaction.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	defer func() { _ = statement.Close() }()
	for _, resourceLogs := range logs.ResourceLogs().All() {
		resource := toJSON(resourceLogs.Resource().Attributes())
		service, _ := resourceLogs.Resource().Attributes().Get("service.name")
		for _, scopeLogs := range resourceLogs.ScopeLogs().All() {
			scope := toJSON(scopeLogs.Scope().Attributes())
			for _, record := range scopeLogs.LogRecords().All() {
				if _, err := statement.ExecContext(ctx, service.AsString(), record.Timestamp().AsTime(),
					record.TraceID().String(), record.SpanID().String(), uint32(record.Flags()), record.SeverityText(),
					int32(record.SeverityNumber()), record.EventName(), record.Body().AsString(), resource,
					scopeLogs.Scope().Name(), scope, toJSON(record.Attributes())); err != nil {
					return err
				}
			}
		}
	}
	return transaction.Commit()
}

func toJSON(attributes pcommon.Map) string {
	members := make(map[string]string, attributes.Len())
	for key, value := range attributes.All() {
		members[key] = value.AsString()
	}
	text, _ := json.Marshal(members)
	return string(text)
}
