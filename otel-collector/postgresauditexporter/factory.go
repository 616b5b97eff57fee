package postgresauditexporter

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

var componentType = component.MustNewType("postgres_audit")

// NewFactory returns the factory of the postgres_audit exporter.
func NewFactory() exporter.Factory {
	return exporter.NewFactory(
		componentType,
		createDefaultConfig,
		exporter.WithLogs(createLogs, component.StabilityLevelAlpha),
	)
}

func createLogs(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	config := cfg.(*Config)
	audit, err := newAuditExporter(config, set)
	if err != nil {
		return nil, fmt.Errorf("create exporter %s: %w", set.ID, err)
	}
	return exporterhelper.NewLogs(ctx, set, cfg, audit.push,
		exporterhelper.WithStart(audit.start),
		exporterhelper.WithShutdown(audit.shutdown),
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		exporterhelper.WithTimeout(config.TimeoutConfig),
		exporterhelper.WithRetry(config.BackOffConfig),
	)
}
