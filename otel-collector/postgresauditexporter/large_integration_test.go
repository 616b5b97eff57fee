//go:build integration

package postgresauditexporter

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"telltale.dev/otelcol/auditreceipt"
)

func TestARequestThatGrowsInTheExporterIsStoredInParts(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, func(c *Config) { c.TimeoutConfig.Timeout, c.StatementTimeout = 20*time.Second, 20*time.Second })
	fill := make([]func(plog.LogRecord), 300)
	for i := range fill {
		fill[i] = sample(newID())
	}
	// Every seventh is for quarantine, where each is kept with its resource as well.
	for i := 0; i < len(fill); i += 7 {
		fill[i] = sample("no UUID " + newID())
	}
	logs := logsOf(fill...)
	// One resource for all is small on the wire; in the evidence of each record it is not.
	logs.ResourceLogs().At(0).Resource().Attributes().PutStr("deployment.notes", strings.Repeat("n", 80_000))

	ctx, receipt := auditreceipt.New(t.Context())
	if err := exporter.ConsumeLogs(ctx, logs); err != nil {
		t.Fatal(err)
	}
	if got := receipt.Committed(); got != len(fill) {
		t.Errorf("the receipt is for %d records, want %d", got, len(fill))
	}
	if records, quarantined := ask[int](t, d.super, countRecords), ask[int](t, d.super, "SELECT count(*) FROM audit.quarantine"); records != 257 || quarantined != 43 {
		t.Errorf("%d records and %d in quarantine, want 257 and 43", records, quarantined)
	}
	// 300 times 80 kB, and the columns once more.
	if largest := ask[int](t, d.super, "SELECT max(leaf_count) FROM audit.seals"); largest > 150 {
		t.Errorf("%d rows came in one transaction", largest)
	}
}
