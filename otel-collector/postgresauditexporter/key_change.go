package postgresauditexporter

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

// compareKey finds out, once in a run and before its sealer is entered, whether the trail was signed
// with another key before.
func (s *sealers) compareKey(ctx context.Context) error {
	s.mutex.Lock()
	compared := s.compared
	s.mutex.Unlock()
	if compared || s.key == nil {
		return nil
	}
	before, err := s.readAll(ctx)
	if err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.compared = true
	if previous := previousKey(before, s.name, *s.key); previous != "" {
		s.announcement = keyChangeNotice(s.name, previous, *s.key)
	}
	return nil
}

// previousKey is the key that was used before this one took its place; empty if it is no other. The
// last run of the same Collector tells, and where there is none, whether anybody used this key. A run
// that sealed nothing does not count: the announcement would have been in its first seal.
func previousKey(before []enteredSealer, name, key string) string {
	previous, isOurs, isKnown := "", false, false
	for _, each := range before {
		if each.key == nil || each.seals == 0 {
			continue
		}
		isKnown = isKnown || *each.key == key
		if each.name == name || !isOurs {
			previous, isOurs = *each.key, isOurs || each.name == name
		}
	}
	if previous == key || !isOurs && isKnown {
		return ""
	}
	return previous
}

// unannounced is the record that says that the key has changed, until it is stored.
func (s *sealers) unannounced() *item {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.announcement
}

func (s *sealers) announced(stored *item) {
	if stored == nil {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.announcement = nil
}

func keyChangeNotice(name, previous, current string) *item {
	text := func(key, value string) evidence.Field {
		return evidence.Field{Key: key, Value: evidence.Value{Kind: evidence.Text, Text: value}}
	}
	record := &evidence.Record{
		Attributes: []evidence.Field{
			text(recordIDKey, formatUUID(newUUID())),
			text("audit.actor.id", name),
			text("audit.actor.type", "system"),
			text("audit.action", "CHANGE_KEY"),
			text("audit.outcome", "success"),
			{Key: detailsKey, Value: evidence.Value{Kind: evidence.Map, Map: []evidence.Field{
				text("previous", nameAndID(previous)),
				text("current", nameAndID(current)),
			}}},
		},
		EventName:    "telltale.audit.checkpoint_key.changed",
		Resource:     []evidence.Field{text("service.name", name)},
		TimeUnixNano: uint64(time.Now().UnixNano()),
	}
	written := evidence.Encode(record)
	made, bad := toRow(record, evidenceColumns{written, sha256.Sum256(written), byCollector, evidence.Format})
	return &item{row: made, bad: bad, raw: func() []byte { return written }, size: 1024}
}

// nameAndID leaves out the key itself: <name>+<id>.
func nameAndID(verifier string) string {
	parts := strings.SplitN(verifier, "+", 3)
	return strings.Join(parts[:min(2, len(parts))], "+")
}
