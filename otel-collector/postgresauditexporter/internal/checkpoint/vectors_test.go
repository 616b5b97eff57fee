package checkpoint

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// The same file is read by the verifier's tests, which are written in TypeScript.
const vectorsFile = "../../../../test/fixtures/audit/checkpoint-vectors.json"

var update = flag.Bool("update", false, "write "+vectorsFile+" anew")

type vectors struct {
	About       string         `json:"about"`
	Name        string         `json:"name"`
	PrivateKey  string         `json:"privateKey"`
	VerifierKey string         `json:"verifierKey"`
	Log         []vector       `json:"log"`
	Refused     []refusedNote  `json:"refused"`
	Entries     vectorsEntries `json:"entries"`
}

// vector is one checkpoint, as what it says and as the note that says it.
type vector struct {
	Sealer          string  `json:"sealer"`
	Size            uint64  `json:"size"`
	Root            string  `json:"root"`
	Previous        string  `json:"previous"`
	Time            string  `json:"time"`
	IntervalSeconds float64 `json:"intervalSeconds"`
	State           string  `json:"state"`
	Note            Note    `json:"note"`
	Line            string  `json:"line"`
}

type refusedNote struct {
	Why  string `json:"why"`
	Note Note   `json:"note"`
}

// vectorsEntries says what the log's seals were: its roots are over their leaf hashes.
type vectorsEntries struct {
	About string   `json:"about"`
	Texts []string `json:"texts"`
}

const vectorSealer = "018f3b5e-7a00-7000-8000-0123456789ab"

func TestNotesAreTheVectors(t *testing.T) {
	made := makeVectors(t)
	if *update {
		writeVectors(t, made)
	}
	stored := readVectors(t)
	if got, want := encode(t, made), encode(t, stored); !bytes.Equal(got, want) {
		t.Errorf("the notes made now are not those of %s:\n%s", vectorsFile, got)
	}
}

func TestVectorsAreOpenedByTheirKeyAndNoOther(t *testing.T) {
	stored := readVectors(t)
	verifier, err := ParseVerifier(stored.VerifierKey)
	if err != nil {
		t.Fatal(err)
	}
	stranger := newVerifier(stored.Name, newTestKey(t, 7).verifier.public)
	for _, v := range stored.Log {
		checkpoint, by, err := Open(v.Note, []Verifier{stranger, verifier})
		if err != nil || by.String() != verifier.String() {
			t.Errorf("size %d: %v by %s", v.Size, err, by)
		}
		if got := toVector(checkpoint, v.Note); got != v {
			t.Errorf("read %+v, want %+v", got, v)
		}
		if _, _, err := Open(v.Note, []Verifier{stranger}); err == nil {
			t.Errorf("size %d is opened by a strange key", v.Size)
		}
	}
	for _, refused := range stored.Refused {
		if _, _, err := Open(refused.Note, []Verifier{verifier}); err == nil {
			t.Errorf("opened, though %s:\n%s", refused.Why, refused.Note)
		}
	}
}

func makeVectors(t *testing.T) vectors {
	t.Helper()
	key := newTestKey(t, 0)
	made := vectors{
		About:       "Checkpoints of one log (docs/design/audit.md, section 8), made by the tests of the Collector's exporter and read by those of the verifier. The key is for these tests only.",
		Name:        key.verifier.Name,
		PrivateKey:  encodePEM(t, key.private),
		VerifierKey: key.verifier.String(),
		Entries:     vectorsEntries{About: "The seals of the log, in their order; a checkpoint of size n covers the first n."},
	}
	var log merkle.Log
	var previous *[32]byte
	at := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		size   uint64
		after  time.Duration
		every  time.Duration
		closed bool
	}{
		{0, 0, 5 * time.Second, false},
		{1, 5*time.Second + 7*time.Millisecond, 5 * time.Second, false},
		{6, 10 * time.Second, 250 * time.Millisecond, false},
		{7, time.Hour, 5 * time.Second, false},
		{7, time.Hour + 90*time.Millisecond, 5 * time.Second, true},
	} {
		for log.Size() < step.size {
			text := fmt.Sprintf("telltale-seal/1\n%s\n%d\n0\n%d\n%s\n", vectorSealer, log.Size(), at.UnixMicro()+int64(log.Size()),
				base64.StdEncoding.EncodeToString(hashOf(merkle.EmptyRoot())))
			made.Entries.Texts = append(made.Entries.Texts, text)
			log.Append(merkle.LeafHash([]byte(text)))
		}
		checkpoint := Checkpoint{
			Sealer: vectorSealer, Size: log.Size(), Root: log.Root(), Previous: previous,
			Time: at.Add(step.after), Interval: step.every, Closed: step.closed,
		}
		note := key.Sign(checkpoint)
		hash := note.Hash()
		previous = &hash
		made.Log = append(made.Log, toVector(checkpoint, note))
	}
	made.Refused = spoil(t, made.Log[1].Note, key)
	return made
}

// spoil changes a good note in the ways that somebody might try.
func spoil(t *testing.T, note Note, key *Key) []refusedNote {
	t.Helper()
	replace := func(old, new string) Note {
		changed := Note(strings.Replace(string(note), old, new, 1))
		if changed == note {
			t.Fatalf("%q is not in the note", old)
		}
		return changed
	}
	text, _, _ := strings.Cut(string(note), "\n\n")
	return []refusedNote{
		{"another size was signed", replace("\n1\n", "\n2\n")},
		{"another state was signed", replace("state open", "state closed")},
		{"another time was signed", replace("05.007Z", "05.008Z")},
		{"the name is another key's", replace(key.verifier.Name, "another")},
		{"a line is too much", replace("\n\n", "\nmore\n\n")},
		{"the size has a zero in front", replace("\n1\n", "\n01\n")},
		{"it is not signed", Note(text + "\n\n")},
		{"the last newline is missing", Note(strings.TrimSuffix(string(note), "\n"))},
		{"the signature is cut short", Note(string(note[:len(note)-12]) + "\n")},
		{"a hyphen stands for the em dash", replace("— ", "- ")},
	}
}

func toVector(c Checkpoint, note Note) vector {
	v := vector{
		Sealer: c.Sealer, Size: c.Size, Root: base64.StdEncoding.EncodeToString(c.Root[:]), Previous: "-",
		Time: c.Time.Format(timeFormat), IntervalSeconds: c.Interval.Seconds(), State: "open", Note: note,
	}
	if c.Previous != nil {
		v.Previous = base64.StdEncoding.EncodeToString(c.Previous[:])
	}
	if c.Closed {
		v.State = "closed"
	}
	line, _ := encodeLine(note)
	v.Line = string(line)
	return v
}

// newTestKey is a key whose seed is this byte and its successors.
func newTestKey(t *testing.T, first byte) *Key {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	for index := range seed {
		seed[index] = first + byte(index)
	}
	private := ed25519.NewKeyFromSeed(seed)
	return &Key{newVerifier("telltale-test", private.Public().(ed25519.PublicKey)), private}
}

func encodePEM(t *testing.T, private any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	content, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var stored vectors
	if err := json.Unmarshal(content, &stored); err != nil {
		t.Fatal(err)
	}
	return stored
}

func writeVectors(t *testing.T, made vectors) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(vectorsFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorsFile, encode(t, made), 0o644); err != nil {
		t.Fatal(err)
	}
}

func encode(t *testing.T, v vectors) []byte {
	t.Helper()
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func hashOf(hash merkle.Hash) []byte { return hash[:] }
