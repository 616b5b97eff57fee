package tenantheaderprocessor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// sink remembers what came under which tenant; tenants in full are refused.
type sink struct {
	mutex sync.Mutex
	got   []string
	full  map[string]bool
	infos []client.Info
}

func (s *sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (s *sink) ConsumeLogs(ctx context.Context, logs plog.Logs) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	info := client.FromContext(ctx)
	tenant := strings.Join(info.Metadata.Get("x-tenant"), "+")
	s.infos = append(s.infos, info)
	if s.full[tenant] {
		return fmt.Errorf("queue of %s is full", tenant)
	}
	var bodies []string
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				bodies = append(bodies, record.Body().Str())
			}
		}
	}
	s.got = append(s.got, tenant+": "+strings.Join(bodies, " "))
	return nil
}

// batch makes one resource for each pair of tenant and body; the tenant "" is left out.
func batch(pairs ...string) plog.Logs {
	logs := plog.NewLogs()
	for i := 0; i < len(pairs); i += 2 {
		resource := logs.ResourceLogs().AppendEmpty()
		if pairs[i] != "" {
			resource.Resource().Attributes().PutStr("tenant_id", pairs[i])
		}
		resource.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Body().SetStr(pairs[i+1])
	}
	return logs
}

func newProcessor(t *testing.T, next consumer.Logs, settings processor.Settings) processor.Logs {
	t.Helper()
	made, err := NewFactory().CreateLogs(t.Context(), settings, createDefaultConfig(), next)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Start(t.Context(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return made
}

func TestEachTenantIsSentApart(t *testing.T) {
	for name, test := range map[string]struct {
		logs plog.Logs
		want []string
	}{
		"nothing":         {plog.NewLogs(), nil},
		"one tenant":      {batch("a", "1", "a", "2"), []string{"a: 1 2"}},
		"no tenant":       {batch("", "1"), []string{"default: 1"}},
		"three, mixed":    {batch("a", "1", "b", "2", "", "3", "a", "4", "default", "5"), []string{"a: 1 4", "b: 2", "default: 3 5"}},
		"refused by Loki": {batch("a/b", "1", "..", "2", "a|b", "3", "ok", "4"), []string{"default: 1 2 3", "ok: 4"}},
	} {
		t.Run(name, func(t *testing.T) {
			next := &sink{}
			if err := newProcessor(t, next, processortest.NewNopSettings(componentType)).ConsumeLogs(t.Context(), test.logs); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(next.got, test.want) {
				t.Errorf("got %q, want %q", next.got, test.want)
			}
		})
	}
}

func TestATenantWhoseQueueIsFullStopsNoOther(t *testing.T) {
	next := &sink{full: map[string]bool{"a": true, "c": true}}
	err := newProcessor(t, next, processortest.NewNopSettings(componentType)).
		ConsumeLogs(t.Context(), batch("a", "1", "b", "2", "c", "3", "d", "4"))
	if err == nil || !strings.Contains(err.Error(), "queue of a") || !strings.Contains(err.Error(), "queue of c") {
		t.Errorf("got error %v", err)
	}
	if want := []string{"b: 2", "d: 4"}; !slices.Equal(next.got, want) {
		t.Errorf("got %q, want %q", next.got, want)
	}
}

func TestWhatElseIsKnownOfTheClientStays(t *testing.T) {
	next := &sink{}
	ctx := client.NewContext(t.Context(), client.Info{Metadata: client.NewMetadata(map[string][]string{
		"X-Tenant": {"forged"}, "X-Other": {"1", "2"},
	})})
	if err := newProcessor(t, next, processortest.NewNopSettings(componentType)).ConsumeLogs(ctx, batch("a", "1")); err != nil {
		t.Fatal(err)
	}
	metadata := next.infos[0].Metadata
	if got := metadata.Get("x-tenant"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("x-tenant is %q; the sender must not choose it by a header", got)
	}
	if got := metadata.Get("x-other"); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("x-other is %q", got)
	}
}

func TestRecordsOfUnusableTenantsAreCounted(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { _ = telemetry.Shutdown(context.Background()) })
	settings := processortest.NewNopSettings(componentType)
	settings.TelemetrySettings = telemetry.NewTelemetrySettings()
	made := newProcessor(t, &sink{}, settings)
	for range 2 {
		if err := made.ConsumeLogs(t.Context(), batch("a/b", "1", "ok", "2", "..", "3")); err != nil {
			t.Fatal(err)
		}
	}
	metric, err := telemetry.GetMetric("otelcol_tenant_header.records.invalid")
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, point := range metric.Data.(metricdata.Sum[int64]).DataPoints {
		sum += point.Value
	}
	if sum != 4 {
		t.Errorf("it counts %d, want 4", sum)
	}
}

func TestManySendersAtATime(t *testing.T) {
	next := &sink{}
	made := newProcessor(t, next, processortest.NewNopSettings(componentType))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 50 {
				name := fmt.Sprintf("t%d", (i+j)%5)
				if err := made.ConsumeLogs(t.Context(), batch(name, name, "a/b", "x", "other", "other")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if len(next.got) != 8*50*3 {
		t.Errorf("%d requests, want %d", len(next.got), 8*50*3)
	}
	for _, each := range next.got {
		tenant, bodies, _ := strings.Cut(each, ": ")
		if tenant != bodies && (tenant != "default" || bodies != "x") {
			t.Errorf("tenant %s got %q", tenant, bodies)
		}
	}
}

func TestTenantIDsAreThoseThatLokiAccepts(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "tenant-1": true, "A_b.c!*'()9": true, "...": true, strings.Repeat("x", 150): true,
		"": false, ".": false, "..": false, "a/b": false, `a\b`: false, "a b": false, "a|b": false, "ü": false,
		"a\n": false, "a\x00": false, strings.Repeat("x", 151): false,
	} {
		if got := isTenantID(id); got != want {
			t.Errorf("isTenantID(%q) is %v", id, got)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	if err := componenttest.CheckConfigStruct(createDefaultConfig()); err != nil {
		t.Fatal(err)
	}
	if err := createDefaultConfig().(*Config).Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	err := (&Config{Default: "a/b"}).Validate()
	for _, want := range []string{`"attribute" must be set`, `"metadata_key" must be set`, `"default" must be a tenant id`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || len(joined.Unwrap()) != 3 {
		t.Errorf("not every problem is reported: %v", err)
	}
}
