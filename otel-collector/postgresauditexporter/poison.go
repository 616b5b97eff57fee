package postgresauditexporter

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// contentConstraints are our own, which only a record's content can violate. "No partition found"
// has the same SQLSTATE and is an outage, so the class alone does not decide.
var contentConstraints = []string{
	"records_hash_is_sha256", "records_evidence_by_known",
	"conflicts_hash_is_sha256", "conflicts_evidence_by_known",
	"annexes_salt_is_32_bytes", "quarantine_raw_hash_is_sha256",
}

// indexRoutines are where PostgreSQL refuses a value that is too long for an index, as somebody may have
// added one. The SQLSTATE alone does not decide: a server that runs out of transaction ids has the same.
var indexRoutines = []string{"_bt_check_third_page", "index_form_tuple", "index_form_tuple_context"}

// isPoison says whether the database refused the content of a record, so that no retry can help.
func isPoison(err error) bool {
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) {
		return false
	}
	return strings.HasPrefix(refusal.Code, "22") || slices.Contains(contentConstraints, refusal.ConstraintName) ||
		refusal.Code == "54000" && slices.Contains(indexRoutines, refusal.Routine)
}

// poisonReason says why without quoting the record.
func poisonReason(err error) string {
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) && refusal.Code == "54000" {
		return "the database refused it: a value is too long for an index"
	}
	if errors.As(err, &refusal) && refusal.ConstraintName != "" {
		return "the database refused it: constraint " + refusal.ConstraintName
	}
	if errors.As(err, &refusal) {
		return "the database refused it: SQLSTATE " + refusal.Code
	}
	return "the database refused it"
}

// mostPoison bounds what is remembered: about a megabyte.
const mostPoison = 16_384

// knownPoison remembers records that the database refused for their content, by the hash of their evidence.
// A request with more of them than one attempt has time to find would otherwise be searched from its
// beginning each time, for ever.
type knownPoison struct {
	mutex   sync.Mutex
	reasons map[[sha256.Size]byte]string
}

func (k *knownPoison) add(r *row, reason string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.reasons == nil || len(k.reasons) >= mostPoison {
		k.reasons = map[[sha256.Size]byte]string{}
	}
	k.reasons[r.evidence.hash] = reason
}

// mark has those items go to quarantine at once that were refused before.
func (k *knownPoison) mark(items []*item) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if len(k.reasons) == 0 {
		return
	}
	for _, each := range items {
		if each.bad != nil {
			continue
		}
		if reason, found := k.reasons[each.row.evidence.hash]; found {
			each.bad = each.row.toQuarantine(each.raw(), reason)
		}
	}
}
