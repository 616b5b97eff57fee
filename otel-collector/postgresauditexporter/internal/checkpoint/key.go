// Package checkpoint writes and reads the checkpoints of a sealer's log: C2SP signed notes in a file
// outside the database (docs/design/audit.md, section 8).
package checkpoint

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxKeyBytes keeps a wrong path from being read whole.
const maxKeyBytes = 64 << 10

// Key signs checkpoints.
type Key struct {
	verifier Verifier
	private  ed25519.PrivateKey
}

// ReadKey reads an Ed25519 key in PKCS #8 PEM. The key's name, which stands in every signature, is the
// file's without its extension unless one is given.
func ReadKey(path, name string) (*Key, error) {
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	if !keyName.MatchString(name) {
		return nil, fmt.Errorf(`the name of a checkpoint key must be letters, digits, ".", "_" or "-", at most 100; got %q`, name)
	}
	content, err := readPrivateFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf(`the checkpoint key %s is not in PKCS #8 PEM ("-----BEGIN PRIVATE KEY-----"); %s`, path, howToMakeOne)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		// The parser's own error may quote what it could not read.
		return nil, fmt.Errorf("the checkpoint key %s is damaged; %s", path, howToMakeOne)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the checkpoint key %s must be an Ed25519 key; got a %T; %s", path, parsed, howToMakeOne)
	}
	return &Key{newVerifier(name, private.Public().(ed25519.PublicKey)), private}, nil
}

const howToMakeOne = "\"telltale audit keygen\" makes one"

// readPrivateFile refuses a key that others may have read: their signatures would look like ours.
func readPrivateFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no checkpoint key %s; %s", path, howToMakeOne)
	}
	if err != nil {
		return nil, fmt.Errorf("the checkpoint key cannot be read by user %d, as whom the Collector runs: %w", os.Geteuid(), err)
	}
	defer file.Close()
	if err := checkPrivate(file); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxKeyBytes))
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint key: %w", err)
	}
	return content, nil
}

// Verifier is the public half.
func (k *Key) Verifier() Verifier { return k.verifier }

// Sign makes a signed note of a checkpoint.
func (k *Key) Sign(checkpoint Checkpoint) Note {
	text := checkpoint.text()
	signature := append(k.verifier.id[:], ed25519.Sign(k.private, []byte(text))...)
	return Note(fmt.Sprintf("%s\n%s%s %s\n", text, signaturePrefix, k.verifier.Name, base64.StdEncoding.EncodeToString(signature)))
}
