package postgresauditexporter

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"
)

// statusHost remembers what is reported to it.
type statusHost struct {
	component.Host
	mutex sync.Mutex
	seen  []string
}

func (h *statusHost) Report(event *componentstatus.Event) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	said := event.Status().String()
	if event.Err() != nil {
		said += ": " + event.Err().Error()
	}
	h.seen = append(h.seen, said)
}

func (h *statusHost) reports() []string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return slices.Clone(h.seen)
}

func TestHealthReportsEachChangeOnce(t *testing.T) {
	host := &statusHost{}
	probed := make(chan struct{}, 1)
	watch := startHealth(host, zap.NewNop(), time.Hour, func(context.Context) error {
		probed <- struct{}{}
		return nil
	})
	defer watch.stop()
	<-probed
	for len(host.reports()) == 0 {
		time.Sleep(time.Millisecond)
	}
	for _, err := range []error{nil, errReadOnly, errReadOnly, errSchemaMissing, nil, nil} {
		watch.report(err)
	}
	want := []string{
		"StatusOK",
		"StatusRecoverableError: " + errReadOnly.Error(),
		"StatusRecoverableError: " + errSchemaMissing.Error(),
		"StatusOK",
	}
	if got := host.reports(); !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestHealthIsBadWhileTheTrailCannotBeSigned(t *testing.T) {
	host := &statusHost{}
	watch := &health{host: host, logger: zap.NewNop()}
	unsigned := errors.New("the disk is full")
	watch.reportSigning(nil)
	watch.reportSigning(unsigned)
	watch.report(nil)
	watch.report(errReadOnly)
	watch.reportSigning(nil)
	watch.report(nil)
	want := []string{
		"StatusRecoverableError: the disk is full",
		"StatusRecoverableError: the disk is full",
		"StatusRecoverableError: " + errReadOnly.Error() + "; the disk is full",
		"StatusRecoverableError: " + errReadOnly.Error(),
		"StatusOK",
	}
	if got := host.reports(); !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestHealthStopsWhileAProbeHangs(t *testing.T) {
	hanging := make(chan struct{})
	watch := startHealth(&statusHost{}, zap.NewNop(), time.Hour, func(ctx context.Context) error {
		close(hanging)
		<-ctx.Done()
		return errors.New("gave up")
	})
	<-hanging
	watch.stop()
}
