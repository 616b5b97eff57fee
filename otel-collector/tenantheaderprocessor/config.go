package tenantheaderprocessor

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
)

// Config holds the settings of the processor.
type Config struct {
	// Attribute is the resource attribute that names the tenant.
	Attribute string `mapstructure:"attribute"`

	// MetadataKey is the client metadata key to set. The exporter's queue must be partitioned by it.
	MetadataKey string `mapstructure:"metadata_key"`

	// Default is the tenant of records that name none, or one that cannot be used.
	Default string `mapstructure:"default"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func createDefaultConfig() component.Config {
	return &Config{Attribute: "tenant_id", MetadataKey: "x-tenant", Default: "default"}
}

// Validate reports every setting that cannot be used.
func (c *Config) Validate() error {
	var problems []error
	if c.Attribute == "" {
		problems = append(problems, errors.New(`"attribute" must be set`))
	}
	if c.MetadataKey == "" {
		problems = append(problems, errors.New(`"metadata_key" must be set`))
	}
	if !isTenantID(c.Default) {
		problems = append(problems, fmt.Errorf(`"default" must be a tenant id that Loki accepts; got %q`, c.Default))
	}
	return errors.Join(problems...)
}
