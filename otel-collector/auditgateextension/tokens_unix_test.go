//go:build unix

package auditgateextension

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestANamedPipeAmongTheTokensHoldsUpNobody(t *testing.T) {
	directory := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(directory, "shop"), 0o600); err != nil {
		t.Fatal(err)
	}
	problems := make(chan []error, 1)
	go func() { problems <- newTokenStore(&Config{TokenDirectory: directory}).read() }()
	select {
	case found := <-problems:
		if len(found) != 1 || !strings.Contains(found[0].Error(), "no regular file") {
			t.Errorf("reported %v", found)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("reading the tokens hangs")
	}
}
