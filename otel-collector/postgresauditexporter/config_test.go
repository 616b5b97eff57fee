package postgresauditexporter

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/xconfmap"
	"go.uber.org/zap"
)

const secretDSN = "postgres://writer:geheim@db.internal:5432/trail"

func load(t *testing.T, settings map[string]any) (*Config, error) {
	t.Helper()
	config := createDefaultConfig().(*Config)
	if _, set := settings["dsn"]; !set {
		config.DSN = secretDSN
	}
	if err := confmap.NewFromStringMap(settings).Unmarshal(config); err != nil {
		return config, err
	}
	return config, xconfmap.Validate(config)
}

func TestDefaultsAreUsableAndAnswerAfterTheCommit(t *testing.T) {
	if err := componenttest.CheckConfigStruct(createDefaultConfig()); err != nil {
		t.Fatal(err)
	}
	config, err := load(t, map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	if config.TimeoutConfig.Timeout != 3*time.Second || config.BackOffConfig.MaxElapsedTime != 7*time.Second {
		t.Errorf("got timeout %s and retries for %s", config.TimeoutConfig.Timeout, config.BackOffConfig.MaxElapsedTime)
	}
	if config.CreateSchema {
		t.Error("the schema is created without being asked for")
	}
}

func TestUnusableSettingsAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		settings map[string]any
		want     []string
	}{
		"no dsn":                {map[string]any{"dsn": ""}, []string{`"dsn" must be set`}},
		"dsn unreadable":        {map[string]any{"dsn": "postgres://a:geheim@b:port/c"}, []string{`"dsn" must be a URL`}},
		"no timeout":            {map[string]any{"timeout": "0s"}, []string{`"timeout" must be at least 1ms; got 0s`}},
		"endless retries":       {map[string]any{"retry_on_failure": map[string]any{"max_elapsed_time": "0s"}}, []string{`"retry_on_failure.max_elapsed_time" must be more than 0`}},
		"later than the answer": {map[string]any{"timeout": "20s"}, []string{"must be at most 25s together; got 27s"}},
		"a queue that would answer before the commit": {map[string]any{"sending_queue": map[string]any{}}, []string{"sending_queue"}},
		"groups of nothing": {
			map[string]any{"group": map[string]any{"max_records": 0, "max_bytes": -1, "max_waiting_bytes": 0}},
			[]string{`"group.max_records" must be at least 1; got 0`, `"group.max_bytes"`, `"group.max_waiting_bytes"`},
		},
		"several": {
			map[string]any{"lock_timeout": "0s", "probe_interval": "-1s", "pool": map[string]any{"max_connections": 0, "max_connection_lifetime": "0s", "max_connection_idle_time": "0s"}},
			[]string{`"lock_timeout"`, `"probe_interval"`, `"pool.max_connections" must be at least 1; got 0`, `"pool.max_connection_lifetime"`, `"pool.max_connection_idle_time"`},
		},
		"unknown": {map[string]any{"tabel": "x"}, []string{"tabel"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, test.settings)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "geheim") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}

func TestTheDSNIsNeverPrinted(t *testing.T) {
	config, err := load(t, map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	printed := confmap.New()
	if err := printed.Marshal(config); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", config, *config, config.DSN), string(asJSON), fmt.Sprint(printed.ToStringMap())} {
		if strings.Contains(text, "geheim") || strings.Contains(text, "db.internal") {
			t.Errorf("the DSN is in %s", text)
		}
	}
	if _, err := openStore(&Config{DSN: "postgres://a:geheim@b:port/c"}, "test", zap.NewNop(), nil); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("opening it says %v", err)
	}
}
