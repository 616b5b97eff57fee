package auditgateextension

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configmiddleware"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"telltale.dev/otelcol/auditreceipt"
)

const testToken = "c2VjcmV0LXRva2Vu"

// pipeline is a real OTLP receiver with the gate in front and, behind it, an exporter of a few lines.
type pipeline struct {
	url string

	mutex sync.Mutex
	// commit is what the exporter reports and answers.
	commit func(ctx context.Context, records int) error
	// producers are the names that the exporter saw.
	producers []string
}

func (p *pipeline) consume(ctx context.Context, logs plog.Logs) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	name, _ := client.FromContext(ctx).Auth.GetAttribute("subject").(string)
	if name != auditreceipt.IngestedBy(ctx) {
		return errors.New("the receipt and the client's data name different producers")
	}
	p.producers = append(p.producers, name)
	return p.commit(ctx, logs.LogRecordCount())
}

func commitAll(ctx context.Context, records int) error {
	auditreceipt.Add(ctx, records)
	return nil
}

func startPipeline(t *testing.T, config *Config, tlsConfig *configtls.ServerConfig) *pipeline {
	t.Helper()
	started := startGate(t, config)
	p := &pipeline{commit: commitAll}
	next, err := consumer.NewLogs(p.consume)
	if err != nil {
		t.Fatal(err)
	}

	factory := otlpreceiver.NewFactory()
	receiverConfig := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	receiverConfig.Protocols.HTTP = configoptional.Some(otlpreceiver.HTTPConfig{
		ServerConfig:   serverConfig(tlsConfig),
		LogsURLPath:    "/v1/logs",
		TracesURLPath:  "/v1/traces",
		MetricsURLPath: "/v1/metrics",
	})
	settings := receivertest.NewNopSettings(factory.Type())
	// The receiver tells its port nowhere but in its log.
	core, lines := observer.New(zap.InfoLevel)
	settings.Logger = zap.New(core)
	receiver, err := factory.CreateLogs(t.Context(), settings, receiverConfig, next)
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Start(t.Context(), hostWith{gateID: started}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := receiver.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	p.url = "http://"
	if tlsConfig != nil {
		p.url = "https://"
	}
	for _, line := range lines.FilterMessage("Starting HTTP server").All() {
		p.url += line.ContextMap()["endpoint"].(string)
	}
	return p
}

var gateID = component.NewID(componentType)

func startGate(t *testing.T, config *Config) component.Component {
	t.Helper()
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	started, err := NewFactory().Create(t.Context(), extensiontest.NewNopSettings(componentType), config)
	if err != nil {
		t.Fatal(err)
	}
	if err := started.Start(t.Context(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return started
}

func serverConfig(tlsConfig *configtls.ServerConfig) confighttp.ServerConfig {
	config := confighttp.NewDefaultServerConfig()
	config.NetAddr.Endpoint = "127.0.0.1:0"
	config.Middlewares = []configmiddleware.Config{{ID: gateID}}
	if tlsConfig != nil {
		config.TLS = configoptional.Some(*tlsConfig)
	}
	return config
}

// hostWith is a Collector that has these extensions.
type hostWith map[component.ID]component.Component

func (h hostWith) GetExtensions() map[component.ID]component.Component { return h }

func tokenConfig() *Config {
	config := createDefaultConfig().(*Config)
	config.Tokens = []TokenConfig{{Name: "billing", Token: testToken}}
	return config
}

// logsOf is an OTLP request with so many records.
func logsOf(t *testing.T, records int) []byte {
	t.Helper()
	logs := plog.NewLogs()
	list := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for range records {
		list.AppendEmpty().Body().SetStr("text")
	}
	body, err := plogotlp.NewExportRequestFromLogs(logs).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// answer is what a producer gets.
type answer struct {
	*http.Response
	text string
}

// post sends three records; headers come in pairs.
func (p *pipeline) post(t *testing.T, tlsConfig *tls.Config, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/v1/logs", bytes.NewReader(logsOf(t, 3)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	for index := 0; index < len(headers); index += 2 {
		request.Header.Add(headers[index], headers[index+1])
	}
	sender := http.Client{
		Transport: &http.Transport{TLSClientConfig: tlsConfig, DisableKeepAlives: true},
		Timeout:   30 * time.Second,
	}
	response, err := sender.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response, string(body)}
}
