package postgresauditexporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	"telltale.dev/otelcol/auditreceipt"
)

// shutdownPatience is how long shutdown waits for the connections to close.
const shutdownPatience = 3 * time.Second

// auditExporter connects the three parts: rows (what to store), store (where) and health (whether).
type auditExporter struct {
	config  *Config
	logger  *zap.Logger
	metrics *metrics
	store   *store
	health  *health
}

func newAuditExporter(config *Config, set exporter.Settings) (*auditExporter, error) {
	instruments, err := newMetrics(set.TelemetrySettings, set.ID)
	if err != nil {
		return nil, err
	}
	return &auditExporter{config: config, logger: set.Logger, metrics: instruments}, nil
}

// start opens the pool and returns at once: connections are made when they are needed, so that the
// Collector also starts while the database is away.
func (e *auditExporter) start(_ context.Context, host component.Host) error {
	opened, err := openStore(e.config)
	if err != nil {
		return fmt.Errorf("open connection pool: %w", err)
	}
	e.store = opened
	e.health = startHealth(host, e.logger, e.config.ProbeInterval, opened.probe)
	return nil
}

// shutdown may be called without start, and twice.
func (e *auditExporter) shutdown(context.Context) error {
	e.health.stop()
	e.store.close(shutdownPatience)
	e.health, e.store = nil, nil
	return nil
}

// push stores one request in one transaction. It returns nil only after the commit, and otherwise
// always an error that is worth a retry: a permanent one would make the helper drop the records.
func (e *auditExporter) push(ctx context.Context, logs plog.Logs) error {
	e.metrics.received.Add(ctx, int64(logs.LogRecordCount()), e.metrics.attributes)

	content := toRows(logs, clientIdentity(ctx))
	begun := time.Now()
	counts, err := e.store.append(ctx, content)
	if err != nil {
		// A sender that hangs up says nothing about the database.
		if !errors.Is(ctx.Err(), context.Canceled) {
			e.health.report(err)
		}
		return toRetryable(err)
	}

	auditreceipt.Add(ctx, logs.LogRecordCount())
	e.metrics.committed(ctx, counts, len(content.quarantined), time.Since(begun))
	e.health.report(nil)
	e.warnOfLosses(counts, content.quarantined)
	return nil
}

// warnOfLosses names what somebody has to look at. It never prints what a record says.
func (e *auditExporter) warnOfLosses(counts appendCounts, quarantined []quarantineRow) {
	if counts.conflict > 0 {
		e.logger.Warn("Audit records came under ids stored with other content; they are in audit.conflicts.",
			zap.Int("records", counts.conflict))
	}
	if len(quarantined) > 0 {
		e.logger.Warn("Log records that cannot be audit records are in audit.quarantine.",
			zap.Int("records", len(quarantined)), zap.String("first_reason", quarantined[0].reason))
	}
}
