package checkpointer

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// instruments are the checkpointer's own, as metadata.yaml declares them.
type instruments struct {
	signedTotal  metric.Int64Counter
	failedTotal  metric.Int64Counter
	attributes   metric.MeasurementOption
	registration metric.Registration

	mutex       sync.Mutex
	size        uint64
	behindSince time.Time
}

func newInstruments(meter metric.Meter, attributes metric.MeasurementOption) (*instruments, error) {
	made := &instruments{attributes: attributes}
	var problems [5]error
	made.signedTotal, problems[0] = meter.Int64Counter("otelcol_postgres_audit.checkpoints.signed",
		metric.WithDescription("Checkpoints written and synced."), metric.WithUnit("{checkpoint}"))
	made.failedTotal, problems[1] = meter.Int64Counter("otelcol_postgres_audit.checkpoints.failed",
		metric.WithDescription("Attempts to write a checkpoint that failed; each is repeated at the next interval."), metric.WithUnit("{checkpoint}"))
	size, err := meter.Int64ObservableGauge("otelcol_postgres_audit.checkpoint.size",
		metric.WithDescription("Seals that the newest checkpoint of this run covers."), metric.WithUnit("{seal}"))
	problems[2] = err
	age, err := meter.Float64ObservableGauge("otelcol_postgres_audit.checkpoint.age",
		metric.WithDescription("For how long no checkpoint could be written; 0 while they can."), metric.WithUnit("s"))
	problems[3] = err
	made.registration, problems[4] = meter.RegisterCallback(func(_ context.Context, observer metric.Observer) error {
		made.mutex.Lock()
		defer made.mutex.Unlock()
		observer.ObserveInt64(size, int64(made.size), attributes)
		seconds := 0.0
		if !made.behindSince.IsZero() {
			seconds = time.Since(made.behindSince).Seconds()
		}
		observer.ObserveFloat64(age, seconds, attributes)
		return nil
	}, size, age)
	// Present from the start, so that their first increase can be seen.
	made.signedTotal.Add(context.Background(), 0, attributes)
	made.failedTotal.Add(context.Background(), 0, attributes)
	return made, errors.Join(problems[:]...)
}

func (i *instruments) signed(size uint64) {
	i.signedTotal.Add(context.Background(), 1, i.attributes)
	i.covered(size)
}

func (i *instruments) covered(size uint64) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.size, i.behindSince = size, time.Time{}
}

func (i *instruments) behind(since time.Time) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.behindSince = since
}

func (i *instruments) failed() { i.failedTotal.Add(context.Background(), 1, i.attributes) }

func (i *instruments) stop() { _ = i.registration.Unregister() }
