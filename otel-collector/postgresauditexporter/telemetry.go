package postgresauditexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

const scopeName = "telltale.dev/otelcol/postgresauditexporter"

// metrics are the exporter's own instruments, as metadata.yaml declares them.
type metrics struct {
	received       metric.Int64Counter
	stored         metric.Int64Counter
	duplicate      metric.Int64Counter
	conflict       metric.Int64Counter
	quarantined    metric.Int64Counter
	commitDuration metric.Float64Histogram

	// attributes tell several exporters of one Collector apart.
	attributes metric.MeasurementOption
}

func newMetrics(settings component.TelemetrySettings, id component.ID) (*metrics, error) {
	meter := settings.MeterProvider.Meter(scopeName)
	var problems []error
	counter := func(name, about string) metric.Int64Counter {
		made, err := meter.Int64Counter("otelcol_postgres_audit.records."+name,
			metric.WithDescription(about), metric.WithUnit("{record}"))
		problems = append(problems, err)
		return made
	}
	m := &metrics{
		received:    counter("received", "Log records handed to the exporter, retries included."),
		stored:      counter("stored", "Audit records committed to audit.records."),
		duplicate:   counter("duplicate", "Audit records that were stored already with the same content."),
		conflict:    counter("conflict", "Audit records whose id was stored already with other content; kept in audit.conflicts."),
		quarantined: counter("quarantined", "Log records that cannot be audit records; kept in audit.quarantine."),
		attributes:  metric.WithAttributeSet(attribute.NewSet(attribute.String("exporter", id.String()))),
	}
	duration, err := meter.Float64Histogram("otelcol_postgres_audit.commit.duration",
		metric.WithDescription("Time from the start of a transaction until its commit was confirmed."),
		metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5))
	m.commitDuration = duration
	if err := errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	// A counter that is born at its first failure is invisible to increase(): let all start at 0.
	for _, count := range []metric.Int64Counter{m.received, m.stored, m.duplicate, m.conflict, m.quarantined} {
		count.Add(context.Background(), 0, m.attributes)
	}
	return m, nil
}

func (m *metrics) committed(ctx context.Context, counts appendCounts, quarantined int, took time.Duration) {
	m.stored.Add(ctx, int64(counts.inserted), m.attributes)
	m.duplicate.Add(ctx, int64(counts.duplicate), m.attributes)
	m.conflict.Add(ctx, int64(counts.conflict), m.attributes)
	m.quarantined.Add(ctx, int64(quarantined), m.attributes)
	m.commitDuration.Record(ctx, took.Seconds(), m.attributes)
}
