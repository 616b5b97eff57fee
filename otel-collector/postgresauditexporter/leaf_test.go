package postgresauditexporter

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
	"telltale.dev/otelcol/postgresauditexporter/internal/seallog"
)

// sealVectors are shared with the verifier in TypeScript.
type sealVectors struct {
	Rows []struct {
		Table, EvidenceBy, RecordID, Hash, StoredHash, Raw, Reason, Leaf string
		IngestedBy                                                       *string
	}
	Seals []struct {
		SealerID         string
		Number           uint64
		Leaves           []string
		RecordedAtMicros string
		Text             string
	}
	Logs []struct {
		Size uint64
		Root string
	}
}

func readSealVectors(t *testing.T) sealVectors {
	t.Helper()
	text, err := os.ReadFile("../../test/fixtures/audit/seal-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var read sealVectors
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Rows) == 0 || len(read.Seals) == 0 || len(read.Logs) == 0 {
		t.Fatal("the vectors are empty")
	}
	return read
}

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func hashFromHex(t *testing.T, text string) merkle.Hash {
	t.Helper()
	return merkle.Hash(fromHex(t, text))
}

func TestLeavesAreThoseOfTheSharedVectors(t *testing.T) {
	for i, each := range readSealVectors(t).Rows {
		id, _ := parseUUID(each.RecordID)
		var got merkle.Hash
		switch each.Table {
		case "records":
			got = recordLeaf(&row{recordID: id, ingestedBy: each.IngestedBy, evidence: evidenceColumns{hash: hashFromHex(t, each.Hash), by: each.EvidenceBy}})
		case "conflicts":
			made := &row{recordID: id, ingestedBy: each.IngestedBy, evidence: evidenceColumns{hash: hashFromHex(t, each.Hash), by: each.EvidenceBy}}
			got = conflictLeaf(conflict{made, hashFromHex(t, each.StoredHash)})
		case "quarantine":
			bad := &quarantineRow{reason: each.Reason, ingestedBy: each.IngestedBy}
			bad.setRaw(fromHex(t, each.Raw))
			got = quarantineLeaf(bad)
		default:
			t.Fatalf("there is no table %s", each.Table)
		}
		if hex.EncodeToString(got[:]) != each.Leaf {
			t.Errorf("row %d of %s: the leaf is %x, want %s", i, each.Table, got, each.Leaf)
		}
	}
}

func TestSealsAndTheirLogAreThoseOfTheSharedVectors(t *testing.T) {
	read := readSealVectors(t)
	roots := map[uint64]string{}
	for _, each := range read.Logs {
		roots[each.Size] = each.Root
	}
	var log seallog.Log
	for _, each := range read.Seals {
		id, _ := parseUUID(each.SealerID)
		var leaves []merkle.Hash
		for _, leaf := range each.Leaves {
			leaves = append(leaves, hashFromHex(t, leaf))
		}
		micros, err := strconv.ParseInt(each.RecordedAtMicros, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		text := sealText(id, each.Number, len(leaves), time.UnixMicro(micros), merkle.Root(leaves))
		if text != each.Text {
			t.Errorf("seal %d is %q, want %q", each.Number, text, each.Text)
		}
		if err := log.Append(each.Number, text); err != nil {
			t.Fatal(err)
		}
		if size, root := log.Prefix(); hex.EncodeToString(root[:]) != roots[size] {
			t.Errorf("the log of %d seals has root %x, want %s", size, root, roots[size])
		}
	}
}
