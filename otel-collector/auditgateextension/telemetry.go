package auditgateextension

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

const scopeName = "telltale.dev/otelcol/auditgateextension"

// refusalReasons are all values of the attribute, so that each counter exists from the start.
var refusalReasons = []string{"missing", "wrong", "certificate", "format"}

// refusals counts requests that were not let in.
type refusals struct {
	counter metric.Int64Counter
	gate    attribute.KeyValue
}

func newRefusals(settings component.TelemetrySettings, id component.ID) (*refusals, error) {
	counter, err := settings.MeterProvider.Meter(scopeName).Int64Counter("otelcol_audit_gate.requests.refused",
		metric.WithDescription("Requests to the audit receiver that were refused: credentials missing or wrong, a nameless certificate, an unknown evidence format."),
		metric.WithUnit("{request}"))
	if err != nil {
		return nil, err
	}
	made := &refusals{counter: counter, gate: attribute.String("extension", id.String())}
	for _, reason := range refusalReasons {
		made.add(context.Background(), reason, 0)
	}
	return made, nil
}

func (r *refusals) count(ctx context.Context, reason string) { r.add(ctx, reason, 1) }

func (r *refusals) add(ctx context.Context, reason string, count int64) {
	r.counter.Add(ctx, count, metric.WithAttributes(r.gate, attribute.String("reason", reason)))
}
