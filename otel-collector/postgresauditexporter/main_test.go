package postgresauditexporter

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// afterTests are run when all tests have ended.
var afterTests []func()

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		for _, each := range afterTests {
			each()
		}
		os.Exit(code)
	}))
}
