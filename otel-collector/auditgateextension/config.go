package auditgateextension

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"
)

// Config says which producers are let in. Every way that is set is open, and at least one must be.
type Config struct {
	// Tokens are bearer tokens. One without token and file is ignored, so that its variable may be
	// left empty when there is another way in.
	Tokens []TokenConfig `mapstructure:"tokens"`

	// TokenDirectory holds one file for each further producer; the file's name is the producer's. Files
	// may come, change and go at any time. Names that start with a dot are left alone.
	TokenDirectory string `mapstructure:"token_directory"`

	// ClientCertificates lets in who shows a certificate that the receiver's client_ca_file vouches
	// for. The certificate's subject is the producer's name.
	ClientCertificates bool `mapstructure:"client_certificates"`

	// ReadInterval is how often files are read again.
	ReadInterval time.Duration `mapstructure:"read_interval"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// TokenConfig is one bearer token.
type TokenConfig struct {
	// Name is stored with each record as ingested_by.
	Name string `mapstructure:"name"`

	// Token is the token itself.
	Token configopaque.String `mapstructure:"token"`

	// File holds the token instead, or one on each line.
	File string `mapstructure:"file"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func (c TokenConfig) isSet() bool { return c.Token != "" || c.File != "" }

func createDefaultConfig() component.Config {
	return &Config{ReadInterval: 5 * time.Second}
}

var (
	// A certificate's subject has an equals sign, so that a token cannot have the name of one.
	producerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	// RFC 6750, section 2.1.
	bearerToken = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)
)

var errNoWayIn = errors.New(`no producer could be let in: set a token in "tokens" (in our configurations AUDIT_TOKEN), "token_directory" (AUDIT_TOKEN_DIRECTORY) or "client_certificates"`)

// Validate reports every setting that cannot be used. No message repeats a token.
func (c *Config) Validate() error {
	var problems []error
	open := c.TokenDirectory != "" || c.ClientCertificates
	for index, token := range c.Tokens {
		setting := fmt.Sprintf("tokens[%d]", index)
		open = open || token.isSet()
		if !producerName.MatchString(token.Name) {
			problems = append(problems, fmt.Errorf(`"%s.name" must be letters, digits, ".", "_" or "-", at most 128; got %q`, setting, token.Name))
		}
		if token.Token != "" && token.File != "" {
			problems = append(problems, fmt.Errorf(`"%s" must have "token" or "file", not both`, setting))
		}
		if token.Token != "" && !bearerToken.MatchString(string(token.Token)) {
			problems = append(problems, fmt.Errorf(`"%s.token" must be %s`, setting, tokenRule))
		}
	}
	if !open {
		problems = append(problems, errNoWayIn)
	}
	if c.ReadInterval < 100*time.Millisecond {
		problems = append(problems, fmt.Errorf(`"read_interval" must be at least 100ms; got %s`, c.ReadInterval))
	}
	return errors.Join(problems...)
}

const tokenRule = `letters, digits and -._~+/ with = at the end only`
