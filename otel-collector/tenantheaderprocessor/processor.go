package tenantheaderprocessor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
)

const scopeName = "telltale.dev/otelcol/tenantheaderprocessor"

// tenantHeader sends the records of each tenant on apart from those of the others.
type tenantHeader struct {
	component.StartFunc
	component.ShutdownFunc

	config     *Config
	next       consumer.Logs
	logger     *zap.Logger
	warn       sync.Once
	invalid    metric.Int64Counter
	attributes metric.MeasurementOption
}

func newTenantHeader(config *Config, set processor.Settings, next consumer.Logs) (*tenantHeader, error) {
	invalid, err := set.MeterProvider.Meter(scopeName).Int64Counter("otelcol_tenant_header.records.invalid",
		metric.WithDescription("Log records whose tenant id Loki would refuse; they went to the default tenant."),
		metric.WithUnit("{record}"))
	if err != nil {
		return nil, fmt.Errorf("create processor %s: %w", set.ID, err)
	}
	made := &tenantHeader{
		config:     config,
		next:       next,
		logger:     set.Logger,
		invalid:    invalid,
		attributes: metric.WithAttributeSet(attribute.NewSet(attribute.String("processor", set.ID.String()))),
	}
	// Present from the start, so that its first increase can be seen.
	invalid.Add(context.Background(), 0, made.attributes)
	return made, nil
}

func (p *tenantHeader) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: true}
}

// ConsumeLogs tries every tenant even if one fails: the queue of one may be full while the others
// have room. The sender then repeats all of it, so a log line can arrive twice but none is lost.
func (p *tenantHeader) ConsumeLogs(ctx context.Context, logs plog.Logs) error {
	parts := p.split(ctx, logs)
	var problems []error
	for _, part := range parts {
		if err := p.next.ConsumeLogs(p.withTenant(ctx, part.tenant), part.logs); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// part is what one tenant has in a batch.
type part struct {
	tenant string
	logs   plog.Logs
}

// split keeps the order of a tenant's records and of the tenants' first appearance.
func (p *tenantHeader) split(ctx context.Context, logs plog.Logs) []part {
	all := logs.ResourceLogs()
	if all.Len() == 0 {
		return nil
	}
	tenants := make([]string, all.Len())
	several := false
	for i := range tenants {
		tenants[i] = p.tenantOf(ctx, all.At(i))
		several = several || tenants[i] != tenants[0]
	}
	if !several {
		return []part{{tenants[0], logs}}
	}

	var parts []part
	places := map[string]int{}
	for i, tenant := range tenants {
		place, found := places[tenant]
		if !found {
			place = len(parts)
			places[tenant] = place
			parts = append(parts, part{tenant, plog.NewLogs()})
		}
		all.At(i).MoveTo(parts[place].logs.ResourceLogs().AppendEmpty())
	}
	return parts
}

func (p *tenantHeader) tenantOf(ctx context.Context, from plog.ResourceLogs) string {
	value, found := from.Resource().Attributes().Get(p.config.Attribute)
	if !found || value.AsString() == "" {
		return p.config.Default
	}
	tenant := value.AsString()
	if isTenantID(tenant) {
		return tenant
	}
	records := 0
	for _, scope := range from.ScopeLogs().All() {
		records += scope.LogRecords().Len()
	}
	p.invalid.Add(ctx, int64(records), p.attributes)
	p.warn.Do(func() {
		p.logger.Warn("A tenant id that Loki would refuse was replaced; further ones are only counted.",
			zap.String("attribute", p.config.Attribute), zap.String("replaced_by", p.config.Default))
	})
	return p.config.Default
}

// withTenant keeps what else is known of the client.
func (p *tenantHeader) withTenant(ctx context.Context, tenant string) context.Context {
	info := client.FromContext(ctx)
	metadata := map[string][]string{}
	for key := range info.Metadata.Keys() {
		metadata[key] = info.Metadata.Get(key)
	}
	// NewMetadata lower-cases keys, so a key that differs in case only must not survive beside ours.
	metadata[strings.ToLower(p.config.MetadataKey)] = []string{tenant}
	info.Metadata = client.NewMetadata(metadata)
	return client.NewContext(ctx, info)
}
