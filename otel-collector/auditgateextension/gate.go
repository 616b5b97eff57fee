package auditgateextension

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensionmiddleware"
	"go.uber.org/zap"
)

// gate is the extension. It is also the middleware: receivers ask it for a handler.
type gate struct {
	config  *Config
	logger  *zap.Logger
	refused *refusals
	tokens  *tokenStore
	cancel  context.CancelFunc
	done    chan struct{}
}

var (
	_ extension.Extension            = (*gate)(nil)
	_ extensionmiddleware.HTTPServer = (*gate)(nil)
)

func newGate(config *Config, set extension.Settings) (*gate, error) {
	refused, err := newRefusals(set.TelemetrySettings, set.ID)
	if err != nil {
		return nil, fmt.Errorf("create extension %s: %w", set.ID, err)
	}
	return &gate{config: config, logger: set.Logger, refused: refused, tokens: newTokenStore(config)}, nil
}

// Start fails when a token cannot be read: a Collector that comes up and turns a producer away for a
// misspelt path would be found out late.
func (g *gate) Start(context.Context, component.Host) error {
	if problems := g.tokens.read(); len(problems) > 0 {
		return fmt.Errorf("read the tokens of audit producers: %w", errors.Join(problems...))
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel, g.done = cancel, make(chan struct{})
	go g.readAgain(ctx)
	return nil
}

// readAgain keeps up with the files. It tells each state of affairs once.
func (g *gate) readAgain(ctx context.Context) {
	defer close(g.done)
	timer := time.NewTicker(g.config.ReadInterval)
	defer timer.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		problems := g.tokens.read()
		now := ""
		if len(problems) > 0 {
			now = errors.Join(problems...).Error()
			if now != told {
				g.logger.Error("Producers of audit records are turned away because their tokens cannot be read.", zap.String("cause", now))
			}
		} else if told != "" {
			g.logger.Info("The tokens of all producers of audit records can be read again.")
		}
		told = now
	}
}

// Shutdown may be called without Start, and twice.
func (g *gate) Shutdown(context.Context) error {
	if g.cancel != nil {
		g.cancel()
		<-g.done
		g.cancel = nil
	}
	return nil
}

// GetHTTPHandler makes the middleware for one server.
func (g *gate) GetHTTPHandler(context.Context) (extensionmiddleware.WrapHTTPHandlerFunc, error) {
	return func(_ context.Context, next http.Handler) (http.Handler, error) {
		return &handler{gate: g, next: next}, nil
	}, nil
}
