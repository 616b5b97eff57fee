// Package auditreceipt connects the audit receiver's HTTP middleware with the exporter at the other
// end of the pipeline. The middleware says in the request's context who was let in, the exporter says
// there how many records it has committed, and the middleware tells the producer. A request without
// a receipt is exported all the same.
package auditreceipt

import (
	"context"
	"sync/atomic"
)

// Receipt counts the committed records of one request. It may be used by several goroutines.
type Receipt struct {
	committed atomic.Int64
}

// The keys are types of their own so that no other package can have the same.
type (
	receiptKey    struct{}
	ingestedByKey struct{}
)

// New puts an empty receipt into a context.
func New(ctx context.Context) (context.Context, *Receipt) {
	receipt := &Receipt{}
	return context.WithValue(ctx, receiptKey{}, receipt), receipt
}

// Add says that this many records of the request are committed, wherever they belong: as records,
// as duplicates, as conflicts or in quarantine. It must not be called before the commit.
func Add(ctx context.Context, committed int) {
	if receipt, ok := ctx.Value(receiptKey{}).(*Receipt); ok {
		receipt.committed.Add(int64(committed))
	}
}

// Committed is how many records were committed so far.
func (r *Receipt) Committed() int { return int(r.committed.Load()) }

// WithIngestedBy puts the name of the producer that was let in into a context.
func WithIngestedBy(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, ingestedByKey{}, name)
}

// IngestedBy is the name of the producer that was let in, or empty when nobody has said.
func IngestedBy(ctx context.Context) string {
	name, _ := ctx.Value(ingestedByKey{}).(string)
	return name
}
