package checkpoint

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAKeyIsReadWithTheNameOfItsFile(t *testing.T) {
	want := newTestKey(t, 0)
	path := writeKey(t, "telltale-test.pem", encodePEM(t, want.private), 0o600)
	key, err := ReadKey(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if key.Verifier().String() != want.Verifier().String() {
		t.Errorf("got %s, want %s", key.Verifier(), want.Verifier())
	}
	named, err := ReadKey(path, "another")
	if err != nil || named.Verifier().Name != "another" || named.Verifier().ID() == key.Verifier().ID() {
		t.Errorf("with another name: %s, %v", named.Verifier(), err)
	}
}

func TestAKeyThatCannotBeUsedIsExplained(t *testing.T) {
	good := encodePEM(t, newTestKey(t, 0).private)
	ecdsaKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, path, want string
	}{
		{"missing", filepath.Join(t.TempDir(), "key.pem"), `there is no checkpoint key `},
		{"a folder", writeFolder(t), "is a directory"},
		{"readable by the group", writeKey(t, "key.pem", good, 0o640), "(mode 0640), who could sign in our name: chmod 600"},
		{"readable by all", writeKey(t, "key.pem", good, 0o604), "(mode 0604)"},
		{"writable by all", writeKey(t, "key.pem", good, 0o602), "(mode 0602)"},
		{"empty", writeKey(t, "key.pem", "", 0o600), "is not in PKCS #8 PEM"},
		{"a public key", writeKey(t, "key.pem", strings.ReplaceAll(good, "PRIVATE", "PUBLIC"), 0o600), "is not in PKCS #8 PEM"},
		{"damaged", writeKey(t, "key.pem", strings.Replace(good, "MC4C", "AAAA", 1), 0o600), "is damaged"},
		{"of another kind", writeKey(t, "key.pem", encodePEM(t, ecdsaKey), 0o600), "must be an Ed25519 key; got a *ecdsa.PrivateKey"},
		{"under a name with a plus sign", writeKey(t, "a+b.pem", good, 0o600), `got "a+b"`},
	} {
		_, err := ReadKey(test.path, "")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "MC4C") {
			t.Errorf("%s: the error tells the key: %v", test.name, err)
		}
	}
}

func TestTheVerifierKeyIsBesideTheCheckpointsOnce(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "made", "when needed")
	first, second := newTestKey(t, 0).Verifier(), newTestKey(t, 7).Verifier()
	for _, verifier := range []Verifier{first, first, second, second} {
		if err := PrepareDirectory(directory, verifier); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(filepath.Join(directory, publicKeyFile))
	if err != nil || string(content) != first.String()+"\n"+second.String()+"\n" {
		t.Errorf("got %q, %v", content, err)
	}
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestADirectoryThatCannotBeUsedIsExplained(t *testing.T) {
	verifier := newTestKey(t, 0).Verifier()
	file := writeKey(t, "file", "", 0o600)
	if err := PrepareDirectory(filepath.Join(file, "below"), verifier); err == nil || !strings.Contains(err.Error(), "cannot be made") {
		t.Errorf("below a file: %v", err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, publicKeyFile), []byte("# ours\nname+id\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := PrepareDirectory(damaged, verifier); err == nil || !strings.Contains(err.Error(), "line 2: a verifier key must be") {
		t.Errorf("a damaged public key: %v", err)
	}
	// Where even root cannot write.
	if err := PrepareDirectory("/proc/self", verifier); err == nil || !strings.Contains(err.Error(), "cannot be written by user") {
		t.Errorf("a directory that cannot be written: %v", err)
	}
}

func TestVerifierKeysThatAreNoneAreRefused(t *testing.T) {
	good := newTestKey(t, 0).Verifier().String()
	for _, text := range []string{"", "name", "name+00000000", strings.Replace(good, "+", "+0", 1), good[:len(good)-4], strings.Replace(good, "+A", "+B", 1), "a b" + good} {
		if _, err := ParseVerifier(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if parsed, err := ParseVerifier(good); err != nil || parsed.String() != good {
		t.Errorf("%q: %v", good, err)
	}
}

func writeKey(t *testing.T, name, content string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	// WriteFile's mode goes through the umask.
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeFolder(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "folder.pem")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}
