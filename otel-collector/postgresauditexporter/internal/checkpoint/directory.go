package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// publicKeyFile holds the verifier keys of a directory's checkpoints, the newest last.
const publicKeyFile = "public.key"

// PrepareDirectory makes sure that checkpoints can be written there and that the key to check them
// with is beside them. An auditor should have that key from elsewhere too.
func PrepareDirectory(directory string, verifier Verifier) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return fmt.Errorf("the checkpoint directory %s cannot be made: %w", directory, err)
	}
	path := filepath.Join(directory, publicKeyFile)
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the public keys of the checkpoints cannot be read: %w", err)
	}
	known, err := ParseVerifiers(string(content))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := probe(directory); err != nil {
		return fmt.Errorf("the checkpoint directory %s cannot be written by user %d, as whom the Collector runs: %w", directory, os.Geteuid(), err)
	}
	if len(known) > 0 && known[len(known)-1].String() == verifier.String() {
		return nil
	}
	return appendLine(path, content, verifier.String())
}

func probe(directory string) error {
	file, err := os.CreateTemp(directory, ".writable-")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

func appendLine(path string, before []byte, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("the public key of the checkpoints cannot be written: %w", err)
	}
	if len(before) > 0 && before[len(before)-1] != '\n' {
		text = "\n" + text
	}
	_, err = file.WriteString(text + "\n")
	if err := errors.Join(err, file.Sync(), file.Close(), syncDirectory(filepath.Dir(path))); err != nil {
		return fmt.Errorf("the public key of the checkpoints cannot be written: %w", err)
	}
	return nil
}

// ReadVerifiers reads the verifier keys of a directory's checkpoints.
func ReadVerifiers(directory string) ([]Verifier, error) {
	path := filepath.Join(directory, publicKeyFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the public keys of the checkpoints cannot be read: %w", err)
	}
	verifiers, err := ParseVerifiers(string(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return verifiers, nil
}
