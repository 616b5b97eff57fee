package postgresauditexporter

import (
	"crypto/sha256"
	"testing"

	"go.opentelemetry.io/collector/pdata/plog"
)

func noticeOfTest(quarantined []*quarantineRow) *row { return quarantineNotice("test", quarantined) }

func TestOfEqualIdsInOneBatchTheFirstIsStored(t *testing.T) {
	id, other := newID(), newID()
	items := itemsOf(logsOf(sample(id), sample(other), sample(id), sample(id, with("x", "y")), sample(id, with("x", "y"))), nil)
	p := makePlan(items, newKnown(), noticeOfTest)
	if want := (appendCounts{inserted: 2, duplicate: 1, conflict: 2}); p.counts != want {
		t.Errorf("got %+v, want %+v", p.counts, want)
	}
	if len(p.records) != 2 || len(p.conflicts) != 1 || len(p.leaves) != 3 {
		t.Errorf("%d records, %d conflicts, %d leaves; want 2, 1, 3", len(p.records), len(p.conflicts), len(p.leaves))
	}
	if p.conflicts[0].storedHash != items[0].row.evidence.hash {
		t.Error("the conflict does not name the hash of the first")
	}
}

func TestWhatIsStoredAlreadyIsNotPlannedAgain(t *testing.T) {
	id := newID()
	items := itemsOf(logsOf(sample(id), sample(newID()), sample("bad"), sample(id, with("x", "y"))), nil)
	stored := newKnown()
	stored.records[items[0].row.recordID] = items[0].row.evidence.hash
	stored.conflicts[conflictKey{items[3].row.recordID, items[3].row.evidence.hash}] = true
	stored.quarantined[items[2].bad.rawHash] = true
	p := makePlan(items, stored, noticeOfTest)
	if want := (appendCounts{inserted: 1, duplicate: 1, conflict: 1, quarantined: 1}); p.counts != want {
		t.Errorf("got %+v, want %+v", p.counts, want)
	}
	if len(p.leaves) != 1 {
		t.Errorf("%d leaves, want that of the new record alone", len(p.leaves))
	}
	stored.records[items[1].row.recordID] = items[1].row.evidence.hash
	if p := makePlan(items, stored, noticeOfTest); len(p.leaves) != 0 {
		t.Errorf("%d leaves although all is stored", len(p.leaves))
	}
}

func TestTheSecondOfTwoEqualIdsMayBeTheStoredOne(t *testing.T) {
	id := newID()
	items := itemsOf(logsOf(sample(id), sample(id, with("x", "y"))), nil)
	stored := newKnown()
	stored.records[items[1].row.recordID] = items[1].row.evidence.hash
	p := makePlan(items, stored, noticeOfTest)
	if len(p.records) != 0 || len(p.conflicts) != 1 || p.conflicts[0].row != items[0].row || p.counts.duplicate != 1 {
		t.Errorf("got %+v with %d records and %d conflicts", p.counts, len(p.records), len(p.conflicts))
	}
}

func TestRowsAreInTheOrderOfTheirLeaves(t *testing.T) {
	var fill []func(plog.LogRecord)
	for i := range 20 {
		id := newID()
		fill = append(fill, sample(id), sample(id, with("x", int64(i))), sample("bad "+id))
	}
	p := makePlan(itemsOf(logsOf(fill...), nil), newKnown(), noticeOfTest)
	if len(p.records) != 21 || len(p.conflicts) != 20 || len(p.quarantined) != 20 {
		t.Fatalf("%d records, %d conflicts, %d for quarantine; want 20 and a notice, 20, 20", len(p.records), len(p.conflicts), len(p.quarantined))
	}
	for i := 1; i < len(p.records); i++ {
		if string(p.records[i-1].recordID[:]) >= string(p.records[i].recordID[:]) {
			t.Errorf("record %d is not in order", i)
		}
	}
	for i := 1; i < len(p.quarantined); i++ {
		if string(p.quarantined[i-1].rawHash[:]) >= string(p.quarantined[i].rawHash[:]) {
			t.Errorf("row %d of quarantine is not in order", i)
		}
	}
	if len(p.joinedLeaves()) != sha256.Size*61 || p.leaves[21] != conflictLeaf(p.conflicts[0]) || p.leaves[41] != quarantineLeaf(p.quarantined[0]) {
		t.Error("the leaves are not those of the rows in their order")
	}
}

func TestANoticeSaysHowManyAndWhy(t *testing.T) {
	items := itemsOf(logsOf(sample("bad"), sample("worse"), sample(newID(), without("audit.action"))), nil)
	p := makePlan(items, newKnown(), noticeOfTest)
	if len(p.records) != 1 || p.counts.notices != 1 {
		t.Fatalf("%d records, want the notice", len(p.records))
	}
	got := p.records[0]
	if got.eventName != "telltale.audit.records.quarantined" || got.actorID != "test" || got.actorType != "system" || got.action != "QUARANTINE" || got.evidence.by != byCollector {
		t.Errorf("it says %q of %s %q: %q", got.eventName, got.actorType, got.actorID, got.action)
	}
	if want := `{"count":3,"reasons":["audit.record.id is not a UUID","missing: audit.action"]}`; got.details != want {
		t.Errorf("details are %s, want %s", got.details, want)
	}
}
