package postgresauditexporter

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestAKeyThatCannotBeUsedStopsTheStart(t *testing.T) {
	readable := writeCheckpointKey(t, "readable")
	if err := os.Chmod(readable, 0o644); err != nil {
		t.Fatal(err)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, keyFile, directory, want string }{
		{"missing", "/nowhere/key.pem", t.TempDir(), `"checkpoint.key_file": there is no checkpoint key /nowhere/key.pem; "telltale audit keygen" makes one`},
		{"readable by others", readable, t.TempDir(), "can be read or written by others (mode 0644)"},
		{"a directory that cannot be made", writeCheckpointKey(t, "good"), filepath.Join(blocked, "below"), `"checkpoint.directory": the checkpoint directory ` + blocked + "/below cannot be made"},
	} {
		config := createDefaultConfig().(*Config)
		config.DSN = secretDSN
		config.Checkpoint.KeyFile, config.Checkpoint.Directory = test.keyFile, test.directory
		made, err := newAuditExporter(config, exportertest.NewNopSettings(componentType))
		if err != nil {
			t.Fatal(err)
		}
		err = made.start(t.Context(), componenttest.NewNopHost())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v", test.name, err)
		}
		if err := made.shutdown(context.Background()); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestATrailWithoutAKeyIsWarnedOf(t *testing.T) {
	core, lines := observer.New(zap.WarnLevel)
	key, err := readCheckpointKey(createDefaultConfig().(*Config).Checkpoint, zap.New(core))
	if key != nil || err != nil {
		t.Errorf("got %v, %v", key, err)
	}
	if warned := lines.All(); len(warned) != 1 || !strings.Contains(warned[0].Message, "AUDIT_CHECKPOINT_KEY_FILE") {
		t.Errorf("warned %v", warned)
	}
}

func TestCheckpointSettingsThatCannotBeUsedAreRefused(t *testing.T) {
	for want, change := range map[string]func(*CheckpointConfig){
		`"checkpoint.directory" must be set`:             func(c *CheckpointConfig) { c.KeyFile = "key.pem" },
		`"checkpoint.interval" must be from 100ms to 1h`: func(c *CheckpointConfig) { c.Interval = 0 },
	} {
		config := createDefaultConfig().(*Config)
		config.DSN = secretDSN
		change(&config.Checkpoint)
		if err := config.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestThePreviousKeyIsTheOneThatThisCollectorUsed(t *testing.T) {
	a, b := "a+1+x", "b+2+y"
	ours := func(key string) enteredSealer { return enteredSealer{name: "ours", key: &key, seals: 1} }
	theirs := func(key string) enteredSealer { return enteredSealer{name: "theirs", key: &key, seals: 1} }
	unused := ours(b)
	unused.seals = 0
	for _, test := range []struct {
		name   string
		before []enteredSealer
		want   string
	}{
		{"nobody was there", nil, ""},
		{"nobody signed", []enteredSealer{{name: "ours", seals: 1}}, ""},
		{"we used it", []enteredSealer{ours(a), ours(b)}, ""},
		{"we used another", []enteredSealer{ours(b), ours(a)}, a},
		{"we used another, others this one", []enteredSealer{ours(a), theirs(b)}, a},
		{"we used it, others another", []enteredSealer{ours(b), theirs(a)}, ""},
		{"we are new, others use it", []enteredSealer{theirs(b), theirs(a)}, ""},
		{"we are new, others use another", []enteredSealer{theirs(a)}, a},
		{"we sealed nothing with it yet", []enteredSealer{ours(a), unused}, a},
	} {
		if got := previousKey(test.before, "ours", b); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// writeCheckpointKey makes a new key in a file of this name.
func writeCheckpointKey(t *testing.T, name string) string {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
