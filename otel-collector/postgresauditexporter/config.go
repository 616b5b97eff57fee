package postgresauditexporter

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// longestWait keeps an answer within the 30 s that the OTLP receiver allows itself for one.
const longestWait = 25 * time.Second

// Config holds the settings of the exporter.
type Config struct {
	// TimeoutConfig bounds one attempt, from taking a connection to the commit.
	TimeoutConfig exporterhelper.TimeoutConfig `mapstructure:",squash"`

	// BackOffConfig says how long a request is retried here before its sender is told to.
	BackOffConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`

	// Group says how many requests that come together are stored in one transaction. It takes the
	// place of a sending_queue, which this exporter has not got: each request waits for its commit.
	Group GroupConfig `mapstructure:"group"`

	// DSN is the database's address with user and password, as a URL or as keyword=value pairs.
	DSN configopaque.String `mapstructure:"dsn"`

	// CreateSchema runs the migrations before the first write. The user in DSN then needs the right
	// to create roles and a schema; in production run them apart and connect as an audit_writer.
	CreateSchema bool `mapstructure:"create_schema"`

	// StatementTimeout is after how long the server itself gives up a statement.
	StatementTimeout time.Duration `mapstructure:"statement_timeout"`

	// LockTimeout is how long the server waits for a lock, for instance of another Collector that is
	// storing the same record.
	LockTimeout time.Duration `mapstructure:"lock_timeout"`

	// ProbeInterval is how often the exporter asks the database whether records could be stored.
	ProbeInterval time.Duration `mapstructure:"probe_interval"`

	// Pool bounds the connections.
	Pool PoolConfig `mapstructure:"pool"`

	// Checkpoint says how the trail is signed.
	Checkpoint CheckpointConfig `mapstructure:"checkpoint"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// GroupConfig bounds one transaction and what waits for the next.
type GroupConfig struct {
	// MaxRecords is the most records of several requests in one transaction. A larger request has one
	// of its own.
	MaxRecords int `mapstructure:"max_records"`

	// MaxBytes is the same for their size.
	MaxBytes int `mapstructure:"max_bytes"`

	// MaxWaitingBytes is the size of waiting requests from which on further ones are told to retry.
	MaxWaitingBytes int `mapstructure:"max_waiting_bytes"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// PoolConfig bounds the connections to the database.
type PoolConfig struct {
	// MaxConnections is the most that are open at a time.
	MaxConnections int32 `mapstructure:"max_connections"`

	// MaxConnectionLifetime is the age at which a connection is replaced.
	MaxConnectionLifetime time.Duration `mapstructure:"max_connection_lifetime"`

	// MaxConnectionIdleTime is after how long an unused connection is closed.
	MaxConnectionIdleTime time.Duration `mapstructure:"max_connection_idle_time"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func createDefaultConfig() component.Config {
	backOff := configretry.NewDefaultBackOffConfig()
	backOff.InitialInterval = 200 * time.Millisecond
	backOff.MaxInterval = time.Second
	backOff.MaxElapsedTime = 7 * time.Second
	return &Config{
		TimeoutConfig:    exporterhelper.TimeoutConfig{Timeout: 3 * time.Second},
		BackOffConfig:    backOff,
		Group:            GroupConfig{MaxRecords: 2000, MaxBytes: 8 << 20, MaxWaitingBytes: 64 << 20},
		StatementTimeout: 3 * time.Second,
		LockTimeout:      2 * time.Second,
		ProbeInterval:    5 * time.Second,
		Pool: PoolConfig{
			MaxConnections:        8,
			MaxConnectionLifetime: time.Hour,
			MaxConnectionIdleTime: 5 * time.Minute,
		},
		Checkpoint: CheckpointConfig{Interval: 5 * time.Second},
	}
}

// workers is how many transactions run at a time. One connection stays free for the sealer's signs of
// life and for the probe.
func (c *Config) workers() int {
	return max(1, int(c.Pool.MaxConnections)-1)
}

// Validate reports every setting that cannot be used. No message repeats the DSN.
func (c *Config) Validate() error {
	return errors.Join(
		c.validateDSN(),
		c.validateDeadlines(),
		c.validateGroup(),
		c.validatePool(),
		c.Checkpoint.validate(),
	)
}

func (c *Config) validateDSN() error {
	if c.DSN == "" {
		return errors.New(`"dsn" must be set, for example to postgres://user:password@host:5432/database`)
	}
	// The parser's own error quotes the text it could not read.
	if _, err := pgxpool.ParseConfig(string(c.DSN)); err != nil {
		return errors.New(`"dsn" must be a URL like postgres://user:password@host:5432/database or keyword=value pairs`)
	}
	return nil
}

func (c *Config) validateDeadlines() error {
	var problems []error
	for _, deadline := range []struct {
		name  string
		value time.Duration
	}{
		{"timeout", c.TimeoutConfig.Timeout},
		{"statement_timeout", c.StatementTimeout},
		{"lock_timeout", c.LockTimeout},
		{"probe_interval", c.ProbeInterval},
	} {
		if deadline.value < time.Millisecond {
			problems = append(problems, fmt.Errorf("%q must be at least 1ms; got %s", deadline.name, deadline.value))
		}
	}
	if c.BackOffConfig.Enabled && c.BackOffConfig.MaxElapsedTime <= 0 {
		problems = append(problems, errors.New(`"retry_on_failure.max_elapsed_time" must be more than 0: the sender waits for the answer and retries itself`))
	}
	if total := c.longestAnswer(); total > longestWait {
		problems = append(problems, fmt.Errorf(`"timeout" and "retry_on_failure.max_elapsed_time" must be at most %s together; got %s`, longestWait, total))
	}
	return errors.Join(problems...)
}

func (c *Config) longestAnswer() time.Duration {
	if !c.BackOffConfig.Enabled {
		return c.TimeoutConfig.Timeout
	}
	return c.TimeoutConfig.Timeout + c.BackOffConfig.MaxElapsedTime
}

func (c *Config) validateGroup() error {
	var problems []error
	for _, bound := range []struct {
		name  string
		value int
	}{
		{"group.max_records", c.Group.MaxRecords},
		{"group.max_bytes", c.Group.MaxBytes},
		{"group.max_waiting_bytes", c.Group.MaxWaitingBytes},
	} {
		if bound.value < 1 {
			problems = append(problems, fmt.Errorf("%q must be at least 1; got %d", bound.name, bound.value))
		}
	}
	return errors.Join(problems...)
}

func (c *Config) validatePool() error {
	var problems []error
	if c.Pool.MaxConnections < 1 {
		problems = append(problems, fmt.Errorf(`"pool.max_connections" must be at least 1; got %d`, c.Pool.MaxConnections))
	}
	if c.Pool.MaxConnectionLifetime <= 0 {
		problems = append(problems, fmt.Errorf(`"pool.max_connection_lifetime" must be more than 0; got %s`, c.Pool.MaxConnectionLifetime))
	}
	if c.Pool.MaxConnectionIdleTime <= 0 {
		problems = append(problems, fmt.Errorf(`"pool.max_connection_idle_time" must be more than 0; got %s`, c.Pool.MaxConnectionIdleTime))
	}
	return errors.Join(problems...)
}
