package auditgateextension

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/collector/client"
	"go.uber.org/zap"
	"telltale.dev/otelcol/auditreceipt"
)

const (
	formatHeader    = "Telltale-Audit-Format"
	committedHeader = "Telltale-Audit-Committed"

	// knownFormat is the format of evidence that the exporter in this Collector stores.
	knownFormat = "telltale/1"
)

// handler is the middleware in front of one receiver.
type handler struct {
	gate *gate
	next http.Handler
}

func (h *handler) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	producer, refusal := h.gate.authenticate(request)
	if refusal == nil {
		refusal = checkFormat(request.Header)
	}
	if refusal != nil {
		h.refuse(answer, request, refusal)
		return
	}
	ctx, receipt := auditreceipt.New(withProducer(request.Context(), producer))
	h.next.ServeHTTP(&receiptWriter{ResponseWriter: answer, receipt: receipt}, request.WithContext(ctx))
}

// refusal is why a request is not taken, and what its sender is told.
type refusal struct {
	status int
	reason string
	text   string
}

// checkFormat lets senders pass that name no format: the exporter makes evidence for plain OTLP.
func checkFormat(header http.Header) *refusal {
	formats := header.Values(formatHeader)
	if len(formats) == 0 || len(formats) == 1 && formats[0] == knownFormat {
		return nil
	}
	return &refusal{http.StatusBadRequest, "format", fmt.Sprintf(
		"the producer writes audit evidence as %.100q, this Collector stores %q; update the older of the two", formats, knownFormat)}
}

func (h *handler) refuse(answer http.ResponseWriter, request *http.Request, why *refusal) {
	h.gate.refused.count(request.Context(), why.reason)
	// Sampled by the Collector's logger, so that a stranger cannot fill the log.
	h.gate.logger.Warn("A request to the audit receiver was refused.",
		zap.String("reason", why.text), zap.String("from", request.RemoteAddr))
	if why.status == http.StatusUnauthorized {
		answer.Header().Set("WWW-Authenticate", "Bearer")
	}
	// Plain text, because senders show it as it is; a Status message in protobuf would be unreadable.
	http.Error(answer, why.text, why.status)
}

// producerData tells the rest of the pipeline who was let in, as Collector components expect it.
type producerData struct{ name string }

func (d producerData) GetAttribute(name string) any {
	if name == "subject" {
		return d.name
	}
	return nil
}

func (producerData) GetAttributeNames() []string { return []string{"subject"} }

func withProducer(ctx context.Context, name string) context.Context {
	info := client.FromContext(ctx)
	info.Auth = producerData{name}
	return auditreceipt.WithIngestedBy(client.NewContext(ctx, info), name)
}
