package checkpoint

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// algorithmEd25519 is the first byte of a C2SP key.
const algorithmEd25519 = 0x01

// keyName is what telltale audit keygen lets through: C2SP forbids white space and plus signs only.
var keyName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)

// Verifier is a public key with its name.
type Verifier struct {
	Name   string
	id     [4]byte
	public ed25519.PublicKey
}

func newVerifier(name string, public ed25519.PublicKey) Verifier {
	digest := sha256.Sum256(append([]byte(name+"\n"), encodeKey(public)...))
	return Verifier{name, [4]byte(digest[:4]), public}
}

func encodeKey(public ed25519.PublicKey) []byte {
	return append([]byte{algorithmEd25519}, public...)
}

// String is the C2SP verifier key: <name>+<id>+<base64>.
func (v Verifier) String() string {
	return fmt.Sprintf("%s+%s+%s", v.Name, hex.EncodeToString(v.id[:]), base64.StdEncoding.EncodeToString(encodeKey(v.public)))
}

// ID is the hexadecimal key id.
func (v Verifier) ID() string { return hex.EncodeToString(v.id[:]) }

// ParseVerifier reads a C2SP verifier key.
func ParseVerifier(text string) (Verifier, error) {
	// Base64 has plus signs, too.
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 || !keyName.MatchString(parts[0]) {
		return Verifier{}, fmt.Errorf("a verifier key must be <name>+<id>+<base64>; got %.200q", text)
	}
	encoded, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(encoded) != 1+ed25519.PublicKeySize || encoded[0] != algorithmEd25519 {
		return Verifier{}, fmt.Errorf("the verifier key %q must hold an Ed25519 key", parts[0])
	}
	verifier := newVerifier(parts[0], encoded[1:])
	if parts[1] != verifier.ID() {
		return Verifier{}, fmt.Errorf("the id of the verifier key %q must be %s; got %.20q", parts[0], verifier.ID(), parts[1])
	}
	return verifier, nil
}

// ParseVerifiers reads verifier keys, one on each line.
func ParseVerifiers(text string) ([]Verifier, error) {
	var verifiers []Verifier
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		verifier, err := ParseVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number+1, err)
		}
		verifiers = append(verifiers, verifier)
	}
	return verifiers, nil
}
