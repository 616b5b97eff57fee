//go:build unix

package checkpoint

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkPrivate has PostgreSQL's rule for keys: only the owner may read it, or, where root owns it and
// lends it to us as container platforms do, our group.
func checkPrivate(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at the checkpoint key: %w", err)
	}
	forbidden, way := fs.FileMode(0o077), "chmod 600"
	if owner := info.Sys().(*syscall.Stat_t).Uid; owner == 0 && os.Geteuid() != 0 {
		forbidden, way = 0o037, "chmod 640"
	}
	if mode := info.Mode().Perm(); mode&forbidden != 0 {
		return fmt.Errorf("the checkpoint key %s can be read or written by others (mode %04o), who could sign in our name: %s %s, or make a new one if somebody may have copied it",
			file.Name(), mode, way, file.Name())
	}
	return nil
}
