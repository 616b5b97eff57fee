package auditgateextension

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// maxTokenBytes keeps a wrong path from being read whole.
const maxTokenBytes = 4096

// namedToken is a producer's name and the hash of its token. Hashes have one length, so that
// comparing takes the same time for every token.
type namedToken struct {
	name string
	hash [sha256.Size]byte
}

// tokenStore knows the tokens as they were when they were last read.
type tokenStore struct {
	config *Config
	known  atomic.Pointer[[]namedToken]
}

func newTokenStore(config *Config) *tokenStore {
	store := &tokenStore{config: config}
	store.known.Store(&[]namedToken{})
	return store
}

// nameOf answers with the name of the producer that has this token, or empty.
func (s *tokenStore) nameOf(token string) string {
	hash := sha256.Sum256([]byte(token))
	found := ""
	for _, known := range *s.known.Load() {
		if subtle.ConstantTimeCompare(known.hash[:], hash[:]) == 1 {
			found = known.name
		}
	}
	return found
}

// read takes every token anew. A token that cannot be read lets nobody in: its file may have been
// taken away for that.
func (s *tokenStore) read() []error {
	set := tokenSet{byHash: map[[sha256.Size]byte]string{}}
	for _, token := range s.config.Tokens {
		switch {
		case token.File != "":
			set.addFile(token.Name, token.File)
		case token.Token != "":
			set.add(token.Name, string(token.Token))
		}
	}
	if s.config.TokenDirectory != "" {
		set.addDirectory(s.config.TokenDirectory)
	}
	s.known.Store(&set.tokens)
	return set.problems
}

// tokenSet is a tokenStore's content while it is read.
type tokenSet struct {
	tokens   []namedToken
	byHash   map[[sha256.Size]byte]string
	problems []error
}

func (s *tokenSet) add(name, token string) {
	hash := sha256.Sum256([]byte(token))
	switch other, taken := s.byHash[hash]; {
	case !taken:
		s.byHash[hash] = name
		s.tokens = append(s.tokens, namedToken{name, hash})
	case other != name:
		s.fail(fmt.Errorf("the producers %q and %q have the same token, so that their records could not be told apart", other, name))
	}
}

func (s *tokenSet) addFile(name, path string) {
	tokens, err := readTokens(path)
	if err != nil {
		s.fail(fmt.Errorf("token of the producer %q: %w", name, err))
	}
	for _, token := range tokens {
		s.add(name, token)
	}
}

func (s *tokenSet) addDirectory(directory string) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		s.fail(fmt.Errorf(`"token_directory": %w`, err))
		return
	}
	for _, entry := range entries {
		// Kubernetes keeps versions of a mounted secret in folders whose names start with a dot.
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path := filepath.Join(directory, entry.Name())
		if !producerName.MatchString(entry.Name()) {
			s.fail(fmt.Errorf(`file %s: its name is the producer's and must be letters, digits, ".", "_" or "-", at most 128`, path))
			continue
		}
		s.addFile(entry.Name(), path)
	}
}

func (s *tokenSet) fail(err error) { s.problems = append(s.problems, err) }

// readTokens reads one token from each line: while a token is replaced, the old and the new one hold.
func readTokens(path string) ([]string, error) {
	state, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	// To open a named pipe would wait for somebody to write to it.
	if !state.Mode().IsRegular() {
		return nil, fmt.Errorf("file %s: it is no regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxTokenBytes+1))
	if err != nil {
		return nil, err
	}
	tokens := strings.Fields(string(content))
	switch {
	case len(content) > maxTokenBytes:
		return nil, fmt.Errorf("file %s: more than %d bytes", path, maxTokenBytes)
	case len(tokens) == 0:
		return nil, fmt.Errorf("file %s: it is empty", path)
	}
	for _, token := range tokens {
		if !bearerToken.MatchString(token) {
			return nil, fmt.Errorf("file %s: a token must be %s", path, tokenRule)
		}
	}
	return tokens, nil
}
