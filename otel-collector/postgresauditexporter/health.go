package postgresauditexporter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"
)

// health tells the Collector whether audit records can be delivered. It learns so from the exports
// and, while there are none, by asking the database.
type health struct {
	host   component.Host
	logger *zap.Logger
	cancel context.CancelFunc
	done   chan struct{}

	mutex sync.Mutex
	known bool
	// storing and signing say what is wrong with each; they are empty when nothing is.
	storing, signing string
}

func startHealth(host component.Host, logger *zap.Logger, interval time.Duration, probe func(context.Context) error) *health {
	ctx, cancel := context.WithCancel(context.Background())
	h := &health{host: host, logger: logger, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(h.done)
		timer := time.NewTicker(interval)
		defer timer.Stop()
		for {
			// Half open for the whole interval would let probes pile up behind a hanging server.
			attempt, stop := context.WithTimeout(ctx, interval)
			err := probe(attempt)
			stop()
			if ctx.Err() != nil {
				return
			}
			h.report(err)
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
		}
	}()
	return h
}

// report passes a change on, once for each cause.
func (h *health) report(err error) {
	if h == nil {
		return
	}
	cause := ""
	if err != nil {
		cause = describe(err)
	}

	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.known && h.storing == cause {
		return
	}
	wasBad := h.storing != ""
	h.known, h.storing = true, cause
	h.tell()
	if cause == "" {
		if wasBad {
			h.logger.Info("Audit records can be stored again.")
		}
		return
	}
	h.logger.Error("Audit records cannot be stored; producers are told to retry.", zap.String("cause", cause))
}

// reportSigning takes what keeps the trail from being signed, or nil. Whoever signs has logged it.
func (h *health) reportSigning(err error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.signing = ""
	if err != nil {
		h.signing = err.Error()
	}
	h.tell()
}

// tell reports the state as a whole. Good news waits until it is known whether records can be stored.
func (h *health) tell() {
	causes := slices.DeleteFunc([]string{h.storing, h.signing}, func(cause string) bool { return cause == "" })
	switch {
	case len(causes) > 0:
		componentstatus.ReportStatus(h.host, componentstatus.NewRecoverableErrorEvent(errors.New(strings.Join(causes, "; "))))
	case h.known:
		componentstatus.ReportStatus(h.host, componentstatus.NewEvent(componentstatus.StatusOK))
	}
}

// stop waits until the probing has ended. It may be called on nil.
func (h *health) stop() {
	if h == nil {
		return
	}
	h.cancel()
	<-h.done
}
