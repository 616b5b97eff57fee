package postgresauditexporter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// SQLSTATEs of the functions in sql/.
const (
	statePartlyStored = "TT001"
	stateSealerClosed = "TT002"
	stateUnique       = "23505"
)

// heartbeat is how often a sealer says that it lives. Another Collector may close it after a minute
// of silence.
const heartbeat = 10 * time.Second

// settleInterval is how often holes in the log are filled that no seal has filled meanwhile.
const settleInterval = time.Second

// sealers holds the sealer that this exporter is now, keeps it alive and settles what is uncertain.
type sealers struct {
	pool *pgxpool.Pool
	name string
	// key is the verifier key of the checkpoints; nil if there are none.
	key    *string
	logger *zap.Logger
	wake   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}

	// opening lets one connection enter the sealer while the others wait.
	opening sync.Mutex
	mutex   sync.Mutex
	current *sealer
	// begin is called before a sealer is entered, if it is set: its log then has its first checkpoint.
	begin func()
	// replaced is called when a new sealer has taken the place of one that could not go on, if it is set.
	replaced func()
	// compared says that the key was compared with the one used before, announcement what came of it.
	compared     bool
	announcement *item
}

func newSealers(pool *pgxpool.Pool, name string, logger *zap.Logger) *sealers {
	return &sealers{pool: pool, name: name, logger: logger, wake: make(chan struct{}, 1), current: newSealer()}
}

// start keeps the sealer alive until stop.
func (s *sealers) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel, s.done = cancel, make(chan struct{})
	go func() {
		defer close(s.done)
		settling, beating := time.NewTicker(settleInterval), time.NewTicker(heartbeat)
		defer settling.Stop()
		defer beating.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-beating.C:
				s.beat(ctx)
			case <-settling.C:
				s.settle(ctx, s.get())
			case <-s.wake:
				s.settle(ctx, s.get())
			}
		}
	}()
}

// stop ends the log: what is uncertain is settled and the sealer closed, as far as the database
// answers within the context. What could not be done a successor does. It answers whether the log is
// complete and nothing can follow.
func (s *sealers) stop(ctx context.Context) bool {
	if s.cancel == nil {
		return false
	}
	s.cancel()
	<-s.done
	current := s.get()
	if !current.isOpened() {
		// An answer that was lost may have left its row, so that only a successor can know.
		return false
	}
	s.settle(ctx, current)
	var closed bool
	if err := s.pool.QueryRow(ctx, "select audit.close_sealer($1, $1)", current.id).Scan(&closed); err != nil {
		s.logger.Warn("The sealer could not be closed; another Collector will do so.",
			zap.String("sealer", formatUUID(current.id)), zap.String("cause", describe(err)))
		return false
	}
	return closed && current.isComplete()
}

func (s *sealers) get() *sealer {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.current
}

// ensure answers with the sealer, after it has been entered in the database.
func (s *sealers) ensure(ctx context.Context) (*sealer, error) {
	if current := s.get(); current.isOpened() {
		return current, nil
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	current := s.get()
	if current.isOpened() {
		return current, nil
	}
	if err := s.compareKey(ctx); err != nil {
		return nil, err
	}
	if s.begin != nil {
		s.begin()
	}
	var open bool
	if err := s.pool.QueryRow(ctx, "select audit.open_sealer($1, $2, $3)", current.id, s.name, s.key).Scan(&open); err != nil {
		return nil, fmt.Errorf("open sealer: %w", err)
	}
	if !open {
		s.replace(current, errSealerClosed)
		return nil, errSealerClosed
	}
	current.setOpened()
	s.logger.Info("Audit records are sealed.", zap.String("sealer", formatUUID(current.id)))
	return current, nil
}

// replace goes on as a new sealer, unless somebody has done so already.
func (s *sealers) replace(old *sealer, cause error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.current != old {
		return
	}
	s.current = newSealer()
	if s.replaced != nil {
		s.replaced()
	}
	s.logger.Warn("The sealer cannot go on; a new one takes its place.",
		zap.String("sealer", formatUUID(old.id)), zap.String("successor", formatUUID(s.current.id)), zap.String("cause", describe(cause)))
}

func (s *sealers) settleSoon() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *sealers) beat(ctx context.Context) {
	current := s.get()
	if !current.isOpened() {
		return
	}
	var open bool
	// Until shortly before the next one: while the database is slow, every connection may be in use for long.
	attempt, cancel := context.WithTimeout(ctx, heartbeat-settleInterval)
	defer cancel()
	if err := s.pool.QueryRow(attempt, "select audit.touch_sealer($1)", current.id).Scan(&open); err != nil {
		// Health reports an outage; the next beat tries again.
		return
	}
	if !open {
		s.replace(current, errSealerClosed)
	}
}

// settle decides every uncertain number of a sealer and fills the holes before committed seals.
func (s *sealers) settle(ctx context.Context, current *sealer) {
	unsettled := current.takeUnsettled(current.log.Waiting() > 0)
	for i, seal := range unsettled {
		if err := s.settleOne(ctx, current, seal); err != nil {
			for _, left := range unsettled[i:] {
				current.lost(left)
			}
			if isSealerClosed(err) || errors.Is(err, errForeignSeal) {
				s.replace(current, err)
			}
			return
		}
	}
}

const settleSQL = "select leaf_count, recorded_at, root from audit.settle_seal($1, $2)"

func (s *sealers) settleOne(ctx context.Context, current *sealer, seal uncertainSeal) error {
	attempt, cancel := context.WithTimeout(ctx, settleInterval)
	defer cancel()
	var leaves int
	var recordedAt time.Time
	var root []byte
	if err := s.pool.QueryRow(attempt, settleSQL, current.id, seal.number).Scan(&leaves, &recordedAt, &root); err != nil {
		return fmt.Errorf("settle seal: %w", err)
	}
	found := merkle.Hash(root)
	isOurs := leaves == seal.leaves && found == seal.root
	isEmpty := leaves == 0 && found == merkle.EmptyRoot()
	if !isOurs && !isEmpty {
		return errForeignSeal
	}
	return current.committed(seal.number, leaves, recordedAt, found)
}

func isSealerClosed(err error) bool {
	var refusal *pgconn.PgError
	return errors.Is(err, errSealerClosed) || errors.As(err, &refusal) && refusal.Code == stateSealerClosed
}

// isPartlyStored says whether the database undid a transaction because some of its rows were stored
// already. It has named them before.
func isPartlyStored(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.Code == statePartlyStored
}

// isSealTaken says whether the number was used by somebody else: this exporter's own are never sent
// again unless they failed.
func isSealTaken(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.Code == stateUnique && refusal.TableName == "seals"
}
