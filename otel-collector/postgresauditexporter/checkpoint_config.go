package postgresauditexporter

import (
	"errors"
	"fmt"
	"time"
)

// CheckpointConfig says how the trail is signed. Without a key it is not, which lets a superuser of the
// database rewrite it unseen.
type CheckpointConfig struct {
	// KeyFile is an Ed25519 key in PKCS #8 PEM that only the Collector can read.
	KeyFile string `mapstructure:"key_file"`

	// KeyName stands in every signature. It is the key file's name without extension unless it is set.
	KeyName string `mapstructure:"key_name"`

	// Directory is where the checkpoints go: outside the database's reach, and kept.
	Directory string `mapstructure:"directory"`

	// Interval is how often the log is signed when it has grown.
	Interval time.Duration `mapstructure:"interval"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func (c CheckpointConfig) validate() error {
	var problems []error
	if c.KeyFile != "" && c.Directory == "" {
		problems = append(problems, errors.New(`"checkpoint.directory" must be set beside "checkpoint.key_file": it is where the checkpoints go`))
	}
	if c.Interval < 100*time.Millisecond || c.Interval > time.Hour {
		problems = append(problems, fmt.Errorf(`"checkpoint.interval" must be from 100ms to 1h; got %s`, c.Interval))
	}
	return errors.Join(problems...)
}
