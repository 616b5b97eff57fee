package postgresauditexporter

import (
	"context"
	"sync"
	"time"
)

// request is one push that waits for its records.
type request struct {
	ctx   context.Context
	items []*item
	size  int

	// left is how many items have no outcome yet, problem the first that went wrong.
	left    int
	problem error
	done    chan struct{}
}

// settle takes the outcome of so many of its items. Only one worker at a time has a request.
func (r *request) settle(items int, err error) {
	if r.problem == nil {
		r.problem = err
	}
	if r.left -= items; r.left == 0 {
		close(r.done)
	}
}

const (
	// smallTransactions is how many transactions may be under way while only few records wait.
	smallTransactions = 2
	// fewRecords are worth no transaction of their own: its fixed cost is that of some forty records.
	fewRecords = 256
)

// appendFunc stores items and reports the outcome of each of them once.
type appendFunc func(ctx context.Context, items []*item, report func([]*item, error))

// group gathers small requests into transactions: while one is being committed the next requests
// wait, and a worker takes what has come meanwhile. Nothing waits for a timer.
type group struct {
	append  appendFunc
	config  GroupConfig
	timeout time.Duration

	mutex    sync.Mutex
	arrived  sync.Cond
	waiting  []*request
	size     int
	records  int
	running  int
	stopping bool
	workers  sync.WaitGroup
	ctx      context.Context
	cancel   context.CancelFunc
}

func startGroup(workers int, config GroupConfig, timeout time.Duration, store appendFunc) *group {
	ctx, cancel := context.WithCancel(context.Background())
	g := &group{append: store, config: config, timeout: timeout, ctx: ctx, cancel: cancel}
	g.arrived.L = &g.mutex
	for range workers {
		g.workers.Go(func() {
			for batch := g.take(); batch != nil; batch = g.take() {
				g.run(batch)
				g.ended()
			}
		})
	}
	return g
}

// push waits until all items are stored, or the context ends. What is being stored then goes on
// without anybody waiting for it.
func (g *group) push(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	waiting := &request{ctx: ctx, items: items, left: len(items), done: make(chan struct{})}
	for _, each := range items {
		each.owner = waiting
		waiting.size += each.size
	}
	if err := g.enter(waiting); err != nil {
		return err
	}
	select {
	case <-waiting.done:
		return waiting.problem
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *group) enter(r *request) error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.stopping {
		return errStopping
	}
	// A request that is larger than the limit must be able to pass, too.
	if len(g.waiting) > 0 && g.size+r.size > g.config.MaxWaitingBytes {
		return errTooMuchWaits
	}
	g.waiting = append(g.waiting, r)
	g.size += r.size
	g.records += len(r.items)
	g.arrived.Signal()
	return nil
}

// take answers with requests in the order of their arrival, at least one and as many as a transaction
// may hold; with nil when it is time to stop. Requests that nobody waits for any more are left out.
func (g *group) take() []*request {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for {
		var batch []*request
		records, size, taken := 0, 0, 0
		for _, r := range g.due() {
			if r.ctx.Err() == nil {
				if len(batch) > 0 && (records+len(r.items) > g.config.MaxRecords || size+r.size > g.config.MaxBytes) {
					break
				}
				batch = append(batch, r)
				records += len(r.items)
				size += r.size
			}
			g.size -= r.size
			g.records -= len(r.items)
			taken++
		}
		// Cleared, so that the array holds on to nothing.
		clear(g.waiting[:taken])
		g.waiting = g.waiting[taken:]
		if len(batch) > 0 {
			g.running++
			return batch
		}
		if g.stopping && len(g.waiting) == 0 {
			return nil
		}
		g.arrived.Wait()
	}
}

// due is what may be taken now. While some transactions are under way, few records wait for more: they
// are stored together when one of them ends.
func (g *group) due() []*request {
	if g.stopping || g.running < smallTransactions || g.records >= min(fewRecords, g.config.MaxRecords) || g.size >= g.config.MaxBytes {
		return g.waiting
	}
	return nil
}

func (g *group) ended() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.running--
	g.arrived.Signal()
}

// run has a time of its own: a request whose sender hangs up must not take the others with it.
func (g *group) run(batch []*request) {
	ctx, cancel := context.WithTimeout(g.ctx, g.timeout)
	defer cancel()
	var items []*item
	for _, r := range batch {
		items = append(items, r.items...)
	}
	g.append(ctx, items, func(stored []*item, err error) {
		// Of one request's items only some may be among them, but they stand next to each other.
		for start := 0; start < len(stored); {
			end := start + 1
			for end < len(stored) && stored[end].owner == stored[start].owner {
				end++
			}
			stored[start].owner.settle(end-start, err)
			start = end
		}
	})
}

// stop lets the workers store what waits, as far as they get in this time, and then ends them. It may
// be called on nil.
func (g *group) stop(patience time.Duration) {
	if g == nil {
		return
	}
	g.mutex.Lock()
	g.stopping = true
	g.arrived.Broadcast()
	g.mutex.Unlock()
	timer := time.AfterFunc(patience, g.cancel)
	g.workers.Wait()
	timer.Stop()
	g.cancel()
}
