package checkpointer

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"telltale.dev/otelcol/postgresauditexporter/internal/checkpoint"
	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	firstSealer  = "018f3b5e-7a00-7000-8000-000000000001"
	secondSealer = "018f3b5e-7a00-7000-8000-000000000002"
)

// memoryLog is a sealer's log without a database.
type memoryLog struct {
	sealer string
	mutex  sync.Mutex
	tree   merkle.Log
}

func (l *memoryLog) Sealer() string { return l.sealer }

func (l *memoryLog) Prefix() (uint64, merkle.Hash) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.tree.Size(), l.tree.Root()
}

// memoryDatabase holds the seals and rows of several sealers.
type memoryDatabase struct {
	mutex   sync.Mutex
	sealers []Sealer
	alive   map[string]bool
	silence []time.Duration
	closed  []string
	seals   map[string][]Seal
	rows    map[string][]Row
	err     error
}

func newDatabase() *memoryDatabase {
	return &memoryDatabase{alive: map[string]bool{}, seals: map[string][]Seal{}, rows: map[string][]Row{}}
}

// add stores a seal over so many rows, in the database and in the log.
func (d *memoryDatabase) add(log *memoryLog, rows int) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	log.mutex.Lock()
	defer log.mutex.Unlock()
	seal := Seal{Number: log.tree.Size(), RecordedAt: time.UnixMicro(1_700_000_000_000_000 + int64(log.tree.Size()))}
	for place := range rows {
		leaf := merkle.LeafHash(fmt.Appendf(nil, "%s %d %d", log.sealer, seal.Number, place))
		seal.Leaves = append(seal.Leaves, leaf)
		d.rows[log.sealer] = append(d.rows[log.sealer], Row{seal.Number, place, seal.RecordedAt, leaf})
	}
	seal.Root = merkle.Root(seal.Leaves)
	seal.Text = fmt.Sprintf("%s %d %x", log.sealer, seal.Number, seal.Root)
	d.seals[log.sealer] = append(d.seals[log.sealer], seal)
	log.tree.Append(merkle.LeafHash([]byte(seal.Text)))
}

func (d *memoryDatabase) Sealers(context.Context) ([]Sealer, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return slices.Clone(d.sealers), d.err
}

func (d *memoryDatabase) Close(_ context.Context, sealer string, silent time.Duration) (bool, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.silence = append(d.silence, silent)
	d.closed = append(d.closed, sealer)
	return !d.alive[sealer], d.err
}

func (d *memoryDatabase) Seals(_ context.Context, sealer string, first uint64, atMost int) ([]Seal, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	found := slices.Clone(d.seals[sealer])
	found = slices.DeleteFunc(found, func(s Seal) bool { return s.Number < first })
	return found[:min(len(found), atMost)], d.err
}

func (d *memoryDatabase) Rows(_ context.Context, sealer string, first, last uint64) ([]Row, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	found := slices.Clone(d.rows[sealer])
	return slices.DeleteFunc(found, func(r Row) bool { return r.Seal < first || r.Seal > last }), d.err
}

// bench is a checkpointer with everything around it.
type bench struct {
	directory string
	database  *memoryDatabase
	key       *checkpoint.Key
	reader    *sdkmetric.ManualReader
	lines     *observer.ObservedLogs
	settings  Settings

	mutex    sync.Mutex
	current  *memoryLog
	reported error
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		directory: t.TempDir(), database: newDatabase(), key: newKey(t, "telltale-test"),
		reader: sdkmetric.NewManualReader(), current: &memoryLog{sealer: firstSealer},
	}
	core, lines := observer.New(zap.InfoLevel)
	b.lines = lines
	b.settings = Settings{
		Key: b.key, Directory: b.directory, Interval: 20 * time.Millisecond, Name: "host/postgres_audit",
		Current: func() Log {
			b.mutex.Lock()
			defer b.mutex.Unlock()
			return b.current
		},
		Database: b.database,
		Report: func(err error) {
			b.mutex.Lock()
			defer b.mutex.Unlock()
			b.reported = err
		},
		Logger:   zap.New(core),
		Meter:    sdkmetric.NewMeterProvider(sdkmetric.WithReader(b.reader)).Meter("test"),
		Exporter: metric.WithAttributeSet(attribute.NewSet(attribute.String("exporter", "postgres_audit"))),
	}
	return b
}

func (b *bench) start(t *testing.T) *Checkpointer {
	t.Helper()
	started, err := Start(b.settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { started.Stop(false) })
	return started
}

func (b *bench) use(log *memoryLog) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.current = log
}

func (b *bench) problem() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.reported == nil {
		return ""
	}
	return b.reported.Error()
}

// checkpoints reads the file of a sealer and checks every signature and that each follows the last.
func (b *bench) checkpoints(t *testing.T, sealer string) []checkpoint.Checkpoint {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(b.directory, sealer+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	verifiers, err := checkpoint.ReadVerifiers(b.directory)
	if err != nil {
		t.Fatal(err)
	}
	var all []checkpoint.Checkpoint
	var before checkpoint.Note
	for text := range strings.Lines(string(content)) {
		// The last line may be half written while this reads.
		if !strings.HasSuffix(text, "\n") {
			break
		}
		var line struct {
			Checkpoint checkpoint.Note `json:"checkpoint"`
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		read, _, err := checkpoint.Open(line.Checkpoint, verifiers)
		if err != nil {
			t.Fatal(err)
		}
		if before != "" && (read.Previous == nil || *read.Previous != before.Hash()) {
			t.Fatalf("checkpoint %d does not follow the one before it", len(all))
		}
		before = line.Checkpoint
		all = append(all, read)
	}
	return all
}

func (b *bench) newest(t *testing.T, sealer string) checkpoint.Checkpoint {
	t.Helper()
	all := b.checkpoints(t, sealer)
	if len(all) == 0 {
		t.Fatalf("the sealer %s has no checkpoint", sealer)
	}
	return all[len(all)-1]
}

// gauges are the metrics' values by their names.
func (b *bench) gauges(t *testing.T) map[string]float64 {
	t.Helper()
	var collected metricdata.ResourceMetrics
	if err := b.reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				values[m.Name] = float64(data.DataPoints[0].Value)
			case metricdata.Gauge[int64]:
				values[m.Name] = float64(data.DataPoints[0].Value)
			case metricdata.Gauge[float64]:
				values[m.Name] = data.DataPoints[0].Value
			}
		}
	}
	return values
}

func newKey(t *testing.T, name string) *checkpoint.Key {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	if err := pem.Encode(&content, &pem.Block{Type: "PRIVATE KEY", Bytes: der}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".pem")
	if err := os.WriteFile(path, content.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := checkpoint.ReadKey(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func eventually(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !isSo(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

var errAway = errors.New("the database is away")
