package postgresauditexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

const (
	scopeName    = "telltale.dev/otelcol/postgresauditexporter"
	metricPrefix = "otelcol_postgres_audit."
)

// metrics are the exporter's own instruments, as metadata.yaml declares them.
type metrics struct {
	received       metric.Int64Counter
	storedCount    metric.Int64Counter
	duplicate      metric.Int64Counter
	conflict       metric.Int64Counter
	quarantined    metric.Int64Counter
	replaced       metric.Int64Counter
	commitDuration metric.Float64Histogram
	sealDuration   metric.Float64Histogram
	groupSize      metric.Int64Histogram

	connections  metric.Int64ObservableGauge
	maximum      metric.Int64ObservableGauge
	waits        metric.Int64ObservableCounter
	waitDuration metric.Float64ObservableCounter
	logSize      metric.Int64ObservableGauge
	logWaiting   metric.Int64ObservableGauge
	monthsAhead  metric.Int64ObservableGauge
	meter        metric.Meter
	registration metric.Registration

	// attributes tell several exporters of one Collector apart.
	attributes metric.MeasurementOption
	exporter   attribute.KeyValue
}

var (
	secondBuckets = metric.WithExplicitBucketBoundaries(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5)
	sealBuckets   = metric.WithExplicitBucketBoundaries(.00001, .0001, .0005, .001, .0025, .005, .01, .025, .05, .1)
	sizeBuckets   = metric.WithExplicitBucketBoundaries(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
)

func newMetrics(settings component.TelemetrySettings, id component.ID) (*metrics, error) {
	meter := settings.MeterProvider.Meter(scopeName)
	exporter := attribute.String("exporter", id.String())
	m := &metrics{meter: meter, exporter: exporter, attributes: metric.WithAttributeSet(attribute.NewSet(exporter))}
	var problems []error
	counter := func(place *metric.Int64Counter, name, about string) {
		made, err := meter.Int64Counter(metricPrefix+"records."+name, metric.WithDescription(about), metric.WithUnit("{record}"))
		*place = made
		problems = append(problems, err)
	}
	gauge := func(place *metric.Int64ObservableGauge, name, unit, about string) {
		made, err := meter.Int64ObservableGauge(metricPrefix+name, metric.WithDescription(about), metric.WithUnit(unit))
		*place = made
		problems = append(problems, err)
	}
	duration := func(place *metric.Float64Histogram, name, about string, buckets metric.HistogramOption) {
		made, err := meter.Float64Histogram(metricPrefix+name, metric.WithDescription(about), metric.WithUnit("s"), buckets)
		*place = made
		problems = append(problems, err)
	}
	counter(&m.received, "received", "Log records handed to the exporter, retries included.")
	counter(&m.storedCount, "stored", "Audit records committed to audit.records.")
	counter(&m.duplicate, "duplicate", "Audit records that were stored already with the same content.")
	counter(&m.conflict, "conflict", "Audit records whose id was stored already with other content; kept in audit.conflicts.")
	counter(&m.quarantined, "quarantined", "Log records that cannot be audit records; kept in audit.quarantine.")
	duration(&m.commitDuration, "commit.duration", "Time from sending a transaction until its commit was confirmed.", secondBuckets)
	duration(&m.sealDuration, "seal.duration", "Time to put a transaction in order and to compute its leaves and their root.", sealBuckets)
	gauge(&m.connections, "pool.connections", "{connection}", "Connections of the pool, used or idle.")
	gauge(&m.maximum, "pool.maximum", "{connection}", "The most connections that the pool opens.")
	gauge(&m.logSize, "log.size", "{seal}", "Seals in the log of this run as far as it has no hole.")
	gauge(&m.logWaiting, "log.waiting", "{seal}", "Committed seals behind a hole in the log.")
	gauge(&m.monthsAhead, "partitions.ahead", "{month}", "Months after this one for which audit.records has partitions, as of the last probe.")

	var err error
	m.replaced, err = meter.Int64Counter(metricPrefix+"sealers.replaced", metric.WithUnit("{sealer}"),
		metric.WithDescription("How often this exporter had to go on as a new sealer because somebody closed the old one or wrote seals under its numbers."))
	problems = append(problems, err)
	m.groupSize, err = meter.Int64Histogram(metricPrefix+"group.size", metric.WithUnit("{row}"), sizeBuckets,
		metric.WithDescription("Rows that one transaction inserted."))
	problems = append(problems, err)
	m.waits, err = meter.Int64ObservableCounter(metricPrefix+"pool.waits", metric.WithUnit("{wait}"),
		metric.WithDescription("How often a connection had to be waited for."))
	problems = append(problems, err)
	m.waitDuration, err = meter.Float64ObservableCounter(metricPrefix+"pool.wait.duration", metric.WithUnit("s"),
		metric.WithDescription("How long connections were waited for in all."))
	problems = append(problems, err)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	// A counter that is born at its first failure is invisible to increase(): let all start at 0.
	for _, count := range []metric.Int64Counter{m.received, m.storedCount, m.duplicate, m.conflict, m.quarantined, m.replaced} {
		count.Add(context.Background(), 0, m.attributes)
	}
	return m, nil
}

// watch observes the pool and the log until unwatch.
func (m *metrics) watch(s *store) error {
	used := metric.WithAttributeSet(attribute.NewSet(m.exporter, attribute.String("state", "used")))
	idle := metric.WithAttributeSet(attribute.NewSet(m.exporter, attribute.String("state", "idle")))
	registration, err := m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		state := s.pool.Stat()
		o.ObserveInt64(m.connections, int64(state.AcquiredConns()), used)
		o.ObserveInt64(m.connections, int64(state.IdleConns()), idle)
		o.ObserveInt64(m.maximum, int64(state.MaxConns()), m.attributes)
		o.ObserveInt64(m.waits, state.EmptyAcquireCount(), m.attributes)
		o.ObserveFloat64(m.waitDuration, state.EmptyAcquireWaitTime().Seconds(), m.attributes)
		log := &s.sealers.get().log
		size, _ := log.Prefix()
		o.ObserveInt64(m.logSize, int64(size), m.attributes)
		o.ObserveInt64(m.logWaiting, int64(log.Waiting()), m.attributes)
		if months := s.monthsAhead.Load(); months != unknownMonths {
			o.ObserveInt64(m.monthsAhead, months, m.attributes)
		}
		return nil
	}, m.connections, m.maximum, m.waits, m.waitDuration, m.logSize, m.logWaiting, m.monthsAhead)
	m.registration = registration
	return err
}

func (m *metrics) unwatch() {
	if m.registration != nil {
		// It can only fail for a provider that is gone, and then there is nothing to take back.
		_ = m.registration.Unregister()
	}
}

// transaction measures one that was committed.
func (m *metrics) transaction(ctx context.Context, took time.Duration, rows int) {
	m.commitDuration.Record(ctx, took.Seconds(), m.attributes)
	m.groupSize.Record(ctx, int64(rows), m.attributes)
}

func (m *metrics) stored(ctx context.Context, counts appendCounts) {
	m.storedCount.Add(ctx, int64(counts.inserted+counts.notices), m.attributes)
	m.duplicate.Add(ctx, int64(counts.duplicate), m.attributes)
	m.conflict.Add(ctx, int64(counts.conflict), m.attributes)
	m.quarantined.Add(ctx, int64(counts.quarantined), m.attributes)
}
