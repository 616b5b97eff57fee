package auditgateextension

import (
	"net/http"
	"strconv"

	"telltale.dev/otelcol/auditreceipt"
)

// receiptWriter adds the receipt when the answer begins: the receiver writes it only after the
// exporter has returned, so that by then the commit is known.
type receiptWriter struct {
	http.ResponseWriter
	receipt *auditreceipt.Receipt
	begun   bool
}

func (w *receiptWriter) WriteHeader(status int) {
	// Statuses below 200 announce the real one.
	if !w.begun && status >= http.StatusOK {
		w.begun = true
		w.sign(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *receiptWriter) Write(body []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.sign(http.StatusOK)
	}
	return w.ResponseWriter.Write(body)
}

// sign also takes away what somebody else may have written there: only a commit makes a receipt. The
// format stands in every answer, so that a refusal of the receiver's own can be told from that of
// something else on the way: a record may be set aside for the one, never for the other.
func (w *receiptWriter) sign(status int) {
	header := w.Header()
	header.Set(formatHeader, knownFormat)
	header.Del(committedHeader)
	if committed := w.receipt.Committed(); status == http.StatusOK && committed > 0 {
		header.Set(committedHeader, strconv.Itoa(committed))
	}
}

// Unwrap lets http.ResponseController reach what the server's writer can do.
func (w *receiptWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
