package auditreceipt

import (
	"context"
	"sync"
	"testing"
	"time"
)

func TestWhatIsCommittedIsCountedThroughWrappedContexts(t *testing.T) {
	ctx, receipt := New(context.Background())
	wrapped, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()

	var group sync.WaitGroup
	for range 10 {
		group.Go(func() { Add(wrapped, 3) })
	}
	group.Wait()

	if got := receipt.Committed(); got != 30 {
		t.Errorf("committed %d, want 30", got)
	}
}

func TestEachRequestHasItsOwnReceipt(t *testing.T) {
	outer, first := New(context.Background())
	inner, second := New(outer)
	Add(inner, 2)
	if first.Committed() != 0 || second.Committed() != 2 {
		t.Errorf("committed %d and %d, want 0 and 2", first.Committed(), second.Committed())
	}
}

func TestARequestWithoutReceiptIsExportedAllTheSame(t *testing.T) {
	Add(context.Background(), 1)
	if got := IngestedBy(context.Background()); got != "" {
		t.Errorf("ingested by %q, want nobody", got)
	}
}

func TestTheProducerThatWasLetInIsNamed(t *testing.T) {
	ctx, _ := New(WithIngestedBy(context.Background(), "billing"))
	if got := IngestedBy(ctx); got != "billing" {
		t.Errorf("ingested by %q, want billing", got)
	}
}
