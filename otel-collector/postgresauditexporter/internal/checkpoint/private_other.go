//go:build !unix

package checkpoint

import "os"

// checkPrivate trusts where the modes of files say nothing.
func checkPrivate(*os.File) error { return nil }
