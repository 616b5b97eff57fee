//go:build unix

package checkpoint

import (
	"errors"
	"os"
	"syscall"
)

// lockFile holds for as long as the file is open; the kernel lets go of it when the process ends.
func lockFile(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrInUse
	}
	return err
}
