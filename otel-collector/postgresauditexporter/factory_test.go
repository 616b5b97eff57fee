package postgresauditexporter

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestItStartsAndStopsWithoutADatabase(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.DSN = "postgres://writer:geheim@127.0.0.1:1/trail"
	config.BackOffConfig.MaxElapsedTime = time.Millisecond
	made, err := NewFactory().CreateLogs(context.Background(), exportertest.NewNopSettings(componentType), config)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	if err := made.ConsumeLogs(context.Background(), logsOf(sample(sampleID))); err == nil || consumererror.IsPermanent(err) {
		t.Errorf("without a database a record is answered with %v", err)
	}
	if err := made.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestItStopsWithoutAStartAndTwice(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.DSN = secretDSN
	made, err := newAuditExporter(config, exportertest.NewNopSettings(componentType))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := made.shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMetadataNamesTheMetricsThatExist(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { _ = telemetry.Shutdown(context.Background()) })
	settings := exportertest.NewNopSettings(componentType)
	settings.TelemetrySettings = telemetry.NewTelemetrySettings()
	made, err := newMetrics(settings.TelemetrySettings, settings.ID)
	if err != nil {
		t.Fatal(err)
	}
	made.stored(context.Background(), appendCounts{})
	made.transaction(context.Background(), time.Second, 1)
	made.sealDuration.Record(context.Background(), 1)
	config := createDefaultConfig().(*Config)
	config.DSN = secretDSN
	opened, err := openStore(config, "test", settings.Logger, made)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.close(time.Second) })
	opened.monthsAhead.Store(24)
	if err := made.watch(opened); err != nil {
		t.Fatal(err)
	}
	config.Checkpoint.KeyFile, config.Checkpoint.Directory = writeCheckpointKey(t, "key"), t.TempDir()
	key, err := readCheckpointKey(config.Checkpoint, settings.Logger)
	if err != nil {
		t.Fatal(err)
	}
	signing := &auditExporter{config: config, logger: settings.Logger, metrics: made, store: opened, health: &health{}}
	checkpoints, err := signing.startCheckpoints(key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checkpoints.Stop(false) })

	var exist []string
	var collected metricdata.ResourceMetrics
	if err := telemetry.Reader.Collect(context.Background(), &collected); err != nil {
		t.Fatal(err)
	}
	for _, scope := range collected.ScopeMetrics {
		for _, each := range scope.Metrics {
			exist = append(exist, fmt.Sprintf("%s | %s | %s", each.Name, each.Description, each.Unit))
		}
	}

	metadata, err := os.ReadFile("metadata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	entry := regexp.MustCompile(`(?m)^    (postgres_audit\.\S+):\n      description: (.*)\n      unit: "?([^"\n]*)"?\n`)
	for _, found := range entry.FindAllStringSubmatch(string(metadata), -1) {
		declared = append(declared, fmt.Sprintf("otelcol_%s | %s | %s", found[1], found[2], found[3]))
	}

	slices.Sort(exist)
	slices.Sort(declared)
	if !slices.Equal(exist, declared) {
		t.Errorf("metadata.yaml says\n%q\nthere are\n%q", declared, exist)
	}
}
