package checkpoint

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// signaturePrefix begins each signature of a C2SP signed note: an em dash and a space.
const signaturePrefix = "— "

// timeFormat is RFC 3339 in UTC with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// Checkpoint says how far a sealer's log had come.
type Checkpoint struct {
	Sealer string
	Size   uint64
	Root   merkle.Hash
	// Previous is the hash of the note before it in this log; nil for the first.
	Previous *[sha256.Size]byte
	Time     time.Time
	Interval time.Duration
	// Closed says that nothing follows.
	Closed bool
}

// Note is a signed checkpoint, byte for byte.
type Note string

// Hash is what the next note names as the one before it.
func (n Note) Hash() [sha256.Size]byte { return sha256.Sum256([]byte(n)) }

func (c Checkpoint) text() string {
	previous := "-"
	if c.Previous != nil {
		previous = base64.StdEncoding.EncodeToString(c.Previous[:])
	}
	state := "open"
	if c.Closed {
		state = "closed"
	}
	return fmt.Sprintf("telltale/%s\n%d\n%s\nprevious %s\ntime %s\ninterval %s\nstate %s\n",
		c.Sealer, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]), previous,
		c.Time.UTC().Format(timeFormat), strconv.FormatFloat(c.Interval.Seconds(), 'f', -1, 64), state)
}

const uuidPattern = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

var notePattern = regexp.MustCompile(`^telltale/(` + uuidPattern + `)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n` +
	`previous (-|[A-Za-z0-9+/]{43}=)\ntime ([0-9T:.-]{23}Z)\ninterval ([0-9]+(?:\.[0-9]+)?)\nstate (open|closed)\n\n(?:— [^\n]+\n)+$`)

var errNoCheckpoint = errors.New("this is no checkpoint")

// Open reads a note if one of the keys has signed it. It answers with that key.
func Open(note Note, verifiers []Verifier) (Checkpoint, Verifier, error) {
	checkpoint, err := Parse(note)
	if err != nil {
		return Checkpoint{}, Verifier{}, err
	}
	text, signatures, _ := strings.Cut(string(note), "\n\n")
	for line := range strings.Lines(signatures) {
		name, encoded, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, signaturePrefix), "\n"), " ")
		signature, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || len(signature) != 4+ed25519.SignatureSize {
			continue
		}
		for _, verifier := range verifiers {
			if verifier.Name == name && [4]byte(signature) == verifier.id && ed25519.Verify(verifier.public, []byte(text+"\n"), signature[4:]) {
				return checkpoint, verifier, nil
			}
		}
	}
	return Checkpoint{}, Verifier{}, errors.New("the checkpoint is not signed by a known key")
}

// Parse reads what a note says, whoever signed it.
func Parse(note Note) (Checkpoint, error) {
	found := notePattern.FindStringSubmatch(string(note))
	if found == nil {
		return Checkpoint{}, errNoCheckpoint
	}
	size, err := strconv.ParseUint(found[2], 10, 64)
	if err != nil {
		return Checkpoint{}, errNoCheckpoint
	}
	at, err := time.Parse(timeFormat, found[5])
	if err != nil {
		return Checkpoint{}, errNoCheckpoint
	}
	seconds, err := strconv.ParseFloat(found[6], 64)
	if err != nil {
		return Checkpoint{}, errNoCheckpoint
	}
	checkpoint := Checkpoint{
		Sealer: found[1], Size: size, Time: at, Closed: found[7] == "closed",
		Interval: time.Duration(seconds * float64(time.Second)),
	}
	if checkpoint.Root, err = decodeHash(found[3]); err != nil {
		return Checkpoint{}, err
	}
	if found[4] != "-" {
		previous, err := decodeHash(found[4])
		if err != nil {
			return Checkpoint{}, err
		}
		checkpoint.Previous = &previous
	}
	return checkpoint, nil
}

func decodeHash(text string) (merkle.Hash, error) {
	bytes, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(bytes) != sha256.Size {
		return merkle.Hash{}, errNoCheckpoint
	}
	return merkle.Hash(bytes), nil
}
