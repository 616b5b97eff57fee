//go:build integration

package postgresauditexporter

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/plog"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

// benchConnections is how many connections both ways use.
const benchConnections = 4

// BenchmarkStore compares what the exporter stores with a raw COPY of the same rows into the same
// table, seals and receipts not included there.
func BenchmarkStore(b *testing.B) {
	server := os.Getenv(serverVariable)
	if server == "" {
		b.Fatal(serverMissing)
	}
	for _, size := range []int{100, 500, 2000} {
		b.Run("copy-"+strconv.Itoa(size), func(b *testing.B) { benchmark(b, server, size, copyRows) })
		b.Run("exporter-"+strconv.Itoa(size), func(b *testing.B) { benchmark(b, server, size, appendRows) })
	}
}

type way func(ctx context.Context, s *store, batch []*item) error

func benchmark(b *testing.B, server string, size int, store way) {
	name := fmt.Sprintf("telltale_bench_%d_%d", os.Getpid(), time.Now().UnixNano())
	admin, err := pgx.Connect(b.Context(), server)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := admin.Exec(b.Context(), "CREATE DATABASE "+name); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_, _ = admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		_ = admin.Close(context.Background())
	}()
	opened := openBench(b, server, name)
	defer opened.close(time.Second)

	batches := make(chan []*item, benchConnections)
	var stored atomic.Int64
	var all sync.WaitGroup
	for range benchConnections {
		all.Go(func() {
			for batch := range batches {
				if err := store(b.Context(), opened, batch); err != nil {
					b.Error(err)
				}
				stored.Add(int64(len(batch)))
			}
		})
	}
	made := make([][]*item, b.N)
	for i := range made {
		made[i] = benchBatch(size)
	}
	b.ResetTimer()
	for _, batch := range made {
		batches <- batch
	}
	close(batches)
	all.Wait()
	b.ReportMetric(float64(stored.Load())/b.Elapsed().Seconds(), "rows/s")
}

func openBench(b *testing.B, server, name string) *store {
	config := createDefaultConfig().(*Config)
	parsed, err := url.Parse(server)
	if err != nil {
		b.Fatal(err)
	}
	parsed.Path = "/" + name
	config.DSN = configopaque.String(parsed.String())
	config.CreateSchema = true
	config.Pool.MaxConnections = benchConnections
	settings := exportertest.NewNopSettings(componentType)
	instruments, err := newMetrics(settings.TelemetrySettings, settings.ID)
	if err != nil {
		b.Fatal(err)
	}
	opened, err := openStore(config, "bench", settings.Logger, instruments)
	if err != nil {
		b.Fatal(err)
	}
	if err := opened.schema.ensure(b.Context(), opened.pool); err != nil {
		b.Fatal(err)
	}
	return opened
}

// benchBatch makes records of about 1 kB of evidence.
func benchBatch(size int) []*item {
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for range size {
		id := newID()
		produced(id, func(r *evidence.Record) {
			r.Attributes = append(r.Attributes, field("audit.target.type", "reward"), field("audit.target.id", id), field("audit.source.id", "192.0.2.1"),
				field("tenant_id", "tenant-1"), field("audit.request.id", id), field("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)"),
				evidence.Field{Key: "audit.details", Value: evidence.Value{Kind: evidence.Map, Map: []evidence.Field{field("amount", "12.5000000"), field("currency", "XLM")}}})
		})(records.AppendEmpty())
	}
	return itemsOf(logs, nil)
}

func appendRows(ctx context.Context, s *store, batch []*item) error {
	var problem error
	s.append(ctx, batch, func(_ []*item, _ appendCounts, err error) {
		if err != nil {
			problem = err
		}
	})
	return problem
}

func copyRows(ctx context.Context, s *store, batch []*item) error {
	columns := []string{"sealer_id", "seal_number", "leaf_index", "record_id", "occurred_at", "occurred_unix_nano", "sequence_number",
		"event_name", "actor_id", "actor_type", "action", "outcome", "target_type", "target_id", "source_id", "source_type", "tenant_id",
		"request_id", "user_agent", "trace_id", "span_id", "service_name", "schema_version", "stream_id", "prev_hash", "annex_hash",
		"hash", "evidence", "evidence_by", "evidence_format", "ingested_by", "details", "attributes", "resource"}
	_, err := s.pool.CopyFrom(ctx, pgx.Identifier{"audit", "records"}, columns, pgx.CopyFromSlice(len(batch), func(i int) ([]any, error) {
		r := batch[i].row
		return []any{[16]byte{}, 0, i, r.recordID, r.occurredAt, r.occurredUnixNano, r.sequenceNumber,
			r.eventName, r.actorID, r.actorType, r.action, r.outcome, r.targetType, r.targetID, r.sourceID, r.sourceType, r.tenantID,
			r.requestID, r.userAgent, r.traceID, r.spanID, r.serviceName, r.schemaVersion, r.streamID, r.prevHash, r.annexHash,
			r.evidence.hash[:], r.evidence.bytes, r.evidence.by, r.evidence.format, r.ingestedBy, r.details, r.attributes, r.resource}, nil
	}))
	return err
}
