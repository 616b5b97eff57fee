package postgresauditexporter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	"telltale.dev/otelcol/auditreceipt"

	"telltale.dev/otelcol/postgresauditexporter/internal/checkpointer"
)

// shutdownPatience is how long each of the three steps of the shutdown waits for the database.
const shutdownPatience = 2 * time.Second

// auditExporter connects the parts: items (what to store), group (together with what), store (where)
// and health (whether).
type auditExporter struct {
	config  *Config
	name    string
	logger  *zap.Logger
	metrics *metrics
	store   *store
	// checkpoints is nil when there is no key to sign them with.
	checkpoints *checkpointer.Checkpointer
	group       *group
	health      *health
}

func newAuditExporter(config *Config, set exporter.Settings) (*auditExporter, error) {
	instruments, err := newMetrics(set.TelemetrySettings, set.ID)
	if err != nil {
		return nil, err
	}
	return &auditExporter{config: config, name: nameOf(set.ID), logger: set.Logger, metrics: instruments}, nil
}

// nameOf tells Collectors apart for people: the host and the exporter.
func nameOf(id component.ID) string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "unknown-host"
	}
	return cutForIndex(printable(host + "/" + id.String()))
}

// start opens the pool and returns at once: connections are made when they are needed, so that the
// Collector also starts while the database is away.
func (e *auditExporter) start(ctx context.Context, host component.Host) error {
	key, err := readCheckpointKey(e.config.Checkpoint, e.logger)
	if err != nil {
		return err
	}
	opened, err := openStore(e.config, e.name, e.logger, e.metrics)
	if err != nil {
		return fmt.Errorf("open connection pool: %w", err)
	}
	if err := e.metrics.watch(opened); err != nil {
		opened.close(0)
		return fmt.Errorf("observe connection pool: %w", err)
	}
	e.store = opened
	if key != nil {
		verifier := key.Verifier().String()
		e.store.sealers.key = &verifier
	}
	e.store.sealers.start()
	e.health = startHealth(host, e.logger, e.config.ProbeInterval, opened.probe)
	if e.checkpoints, err = e.startCheckpoints(key); err != nil {
		return errors.Join(err, e.shutdown(ctx))
	}
	if e.checkpoints != nil {
		e.store.sealers.begin = e.checkpoints.Begin
	}
	e.group = startGroup(e.config.workers(), e.config.Group, e.config.TimeoutConfig.Timeout, e.append)
	return nil
}

// shutdown may be called without start, and twice.
func (e *auditExporter) shutdown(ctx context.Context) error {
	if e.store == nil {
		return nil
	}
	e.group.stop(shutdownPatience)
	e.health.stop()
	closing, cancel := context.WithTimeout(ctx, shutdownPatience)
	e.checkpoints.Stop(e.store.sealers.stop(closing))
	cancel()
	e.metrics.unwatch()
	e.store.close(shutdownPatience)
	e.health, e.store, e.group, e.checkpoints = nil, nil, nil, nil
	return nil
}

// mostBytesAtATime is how much of one request is in memory as rows: what our producers send at most, and
// the columns that are made of it.
const mostBytesAtATime = 16 << 20

// push returns nil only after the commit, and otherwise always an error that is worth a retry: a
// permanent one would make the helper drop the records.
func (e *auditExporter) push(ctx context.Context, logs plog.Logs) error {
	records := logs.LogRecordCount()
	e.metrics.received.Add(ctx, int64(records), e.metrics.attributes)
	// Taken once: after the shutdown there is none, and a request may still have parts to go.
	waiting := e.group
	if waiting == nil {
		return toRetryable(errStopping)
	}
	for part := range inParts(eachItem(logs, ingestedBy(ctx)), mostBytesAtATime) {
		if err := waiting.push(ctx, part); err != nil {
			return toRetryable(err)
		}
	}
	auditreceipt.Add(ctx, records)
	return nil
}

// append stores one group and tells everybody who has to know.
func (e *auditExporter) append(ctx context.Context, items []*item, report func([]*item, error)) {
	e.store.append(ctx, items, func(part []*item, counts appendCounts, err error) {
		e.health.report(err)
		if err == nil {
			e.metrics.stored(ctx, counts)
			e.warnOfLosses(counts, part)
		}
		report(part, err)
	})
}

// warnOfLosses names what somebody has to look at. It never prints what a record says.
func (e *auditExporter) warnOfLosses(counts appendCounts, items []*item) {
	if counts.conflict > 0 {
		e.logger.Warn("Audit records came under ids stored with other content; they are in audit.conflicts.",
			zap.Int("records", counts.conflict))
	}
	for _, each := range items {
		if each.bad != nil {
			e.logger.Warn("Log records that cannot be audit records are in audit.quarantine.",
				zap.Int("records", counts.quarantined), zap.String("first_reason", each.bad.reason))
			return
		}
	}
}
