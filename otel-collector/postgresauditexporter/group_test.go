package postgresauditexporter

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// gatedStore stores what the test lets through, one batch at a time.
type gatedStore struct {
	begun   chan []*item
	outcome chan func([]*item, func([]*item, error))
}

func newGatedStore() *gatedStore {
	return &gatedStore{begun: make(chan []*item), outcome: make(chan func([]*item, func([]*item, error)))}
}

func (s *gatedStore) append(_ context.Context, items []*item, report func([]*item, error)) {
	s.begun <- items
	(<-s.outcome)(items, report)
}

func succeed(items []*item, report func([]*item, error)) { report(items, nil) }

func oneItem() []*item { return []*item{{size: 100}} }

func newGroup(t *testing.T, store *gatedStore, config GroupConfig) *group {
	t.Helper()
	made := startGroup(1, config, time.Minute, store.append)
	t.Cleanup(func() { made.stop(0) })
	return made
}

// waitFor waits until so many requests wait in the group.
func waitFor(t *testing.T, g *group, requests int) {
	t.Helper()
	eventuallyTrue(t, func() bool {
		g.mutex.Lock()
		defer g.mutex.Unlock()
		return len(g.waiting) == requests
	})
}

func eventuallyTrue(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 30 s")
		}
	}
}

// pushes starts requests and gathers their answers.
type pushes struct {
	all     sync.WaitGroup
	mutex   sync.Mutex
	answers map[string]error
}

func (p *pushes) start(ctx context.Context, g *group, name string, items []*item) {
	p.all.Go(func() {
		err := g.push(ctx, items)
		p.mutex.Lock()
		defer p.mutex.Unlock()
		if p.answers == nil {
			p.answers = map[string]error{}
		}
		p.answers[name] = err
	})
}

var roomy = GroupConfig{MaxRecords: 100, MaxBytes: 1 << 20, MaxWaitingBytes: 1 << 20}

func TestWhatComesDuringACommitIsStoredTogether(t *testing.T) {
	store := newGatedStore()
	g := newGroup(t, store, roomy)
	var all pushes
	all.start(t.Context(), g, "first", oneItem())
	if first := <-store.begun; len(first) != 1 {
		t.Errorf("the first group has %d records: nothing should have waited", len(first))
	}
	for _, name := range []string{"a", "b", "c"} {
		all.start(t.Context(), g, name, append(oneItem(), oneItem()...))
	}
	waitFor(t, g, 3)
	store.outcome <- succeed
	if second := <-store.begun; len(second) != 6 {
		t.Errorf("the second group has %d records, want 6", len(second))
	}
	store.outcome <- succeed
	all.all.Wait()
	for name, err := range all.answers {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFewRecordsWaitForATransactionThatEndsThoughAWorkerIsFree(t *testing.T) {
	store := newGatedStore()
	config := GroupConfig{MaxRecords: 1000, MaxBytes: 1 << 20, MaxWaitingBytes: 1 << 20}
	g := startGroup(smallTransactions+2, config, time.Minute, store.append)
	t.Cleanup(func() { g.stop(0) })
	var all pushes
	for _, name := range []string{"first", "second"} {
		all.start(t.Context(), g, name, oneItem())
		<-store.begun
	}
	for _, name := range []string{"a", "b", "c"} {
		all.start(t.Context(), g, name, oneItem())
	}
	waitFor(t, g, 3)

	store.outcome <- succeed
	if together := <-store.begun; len(together) != 3 {
		t.Errorf("%d records were stored together, want 3", len(together))
	}

	many := make([]*item, fewRecords)
	for i := range many {
		many[i] = &item{size: 100}
	}
	all.start(t.Context(), g, "many", many)
	if alone := <-store.begun; len(alone) != fewRecords {
		t.Errorf("%d records were stored, want %d: so many need not wait", len(alone), fewRecords)
	}
	for range 3 {
		store.outcome <- succeed
	}
	all.all.Wait()
	for name, err := range all.answers {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAGroupIsBoundedInRecordsAndBytes(t *testing.T) {
	for name, config := range map[string]GroupConfig{
		"records": {MaxRecords: 2, MaxBytes: 1 << 20, MaxWaitingBytes: 1 << 20},
		"bytes":   {MaxRecords: 100, MaxBytes: 250, MaxWaitingBytes: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			store := newGatedStore()
			g := newGroup(t, store, config)
			var all pushes
			all.start(t.Context(), g, "first", oneItem())
			<-store.begun
			for _, name := range []string{"a", "b", "c"} {
				all.start(t.Context(), g, name, oneItem())
			}
			waitFor(t, g, 3)
			store.outcome <- succeed
			for _, want := range []int{2, 1} {
				if got := <-store.begun; len(got) != want {
					t.Errorf("a group has %d records, want %d", len(got), want)
				}
				store.outcome <- succeed
			}
			all.all.Wait()
		})
	}
}

func TestWhatOneRequestSuffersIsNotTheOthers(t *testing.T) {
	store := newGatedStore()
	g := newGroup(t, store, roomy)
	var all pushes
	all.start(t.Context(), g, "first", oneItem())
	<-store.begun
	for i, name := range []string{"a", "b", "c"} {
		all.start(t.Context(), g, name, append(oneItem(), oneItem()...))
		waitFor(t, g, i+1)
	}
	store.outcome <- succeed
	broken := errors.New("broken")
	<-store.begun
	store.outcome <- func(items []*item, report func([]*item, error)) {
		report(items[:3], nil)
		report(items[3:4], broken)
		report(items[4:], nil)
	}
	all.all.Wait()
	if all.answers["a"] != nil || !errors.Is(all.answers["b"], broken) || all.answers["c"] != nil {
		t.Errorf("got %v", all.answers)
	}
}

func TestACancelledRequestIsLeftOutAndSpoilsNoOther(t *testing.T) {
	store := newGatedStore()
	g := newGroup(t, store, roomy)
	var all pushes
	running, hangUp := context.WithCancel(t.Context())
	all.start(running, g, "running", oneItem())
	<-store.begun
	waiting, giveUp := context.WithCancel(t.Context())
	all.start(waiting, g, "waiting", oneItem())
	waitFor(t, g, 1)
	all.start(t.Context(), g, "other", oneItem())
	waitFor(t, g, 2)
	hangUp()
	giveUp()
	eventuallyTrue(t, func() bool {
		all.mutex.Lock()
		defer all.mutex.Unlock()
		return len(all.answers) == 2
	})
	store.outcome <- succeed
	if got := <-store.begun; len(got) != 1 {
		t.Errorf("the group has %d records, want that of the other one", len(got))
	}
	store.outcome <- succeed
	all.all.Wait()
	if all.answers["running"] == nil || all.answers["waiting"] == nil || all.answers["other"] != nil {
		t.Errorf("got %v", all.answers)
	}
}

func TestTooMuchIsToldToRetryInsteadOfWaiting(t *testing.T) {
	store := newGatedStore()
	g := newGroup(t, store, GroupConfig{MaxRecords: 100, MaxBytes: 1 << 20, MaxWaitingBytes: 150})
	var all pushes
	all.start(t.Context(), g, "first", oneItem())
	<-store.begun
	all.start(t.Context(), g, "second", oneItem())
	waitFor(t, g, 1)
	if err := g.push(t.Context(), oneItem()); !errors.Is(err, errTooMuchWaits) {
		t.Errorf("got %v", err)
	}
	store.outcome <- succeed
	<-store.begun
	store.outcome <- succeed
	all.all.Wait()
}

func TestAStoppedGroupTakesNothingMore(t *testing.T) {
	g := startGroup(2, roomy, time.Minute, func(_ context.Context, items []*item, report func([]*item, error)) { report(items, nil) })
	g.stop(time.Second)
	if err := g.push(t.Context(), oneItem()); !errors.Is(err, errStopping) {
		t.Errorf("got %v", err)
	}
}
