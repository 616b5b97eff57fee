package postgresauditexporter

import (
	"context"

	"go.opentelemetry.io/collector/client"
)

// clientIdentity answers with the name under which the receiver's authenticator let the producer in,
// or nil: a bearer token has none. "raw" is never read, because it holds the credentials.
func clientIdentity(ctx context.Context) *string {
	auth := client.FromContext(ctx).Auth
	if auth == nil {
		return nil
	}
	for _, attribute := range []string{"subject", "username"} {
		if name, ok := auth.GetAttribute(attribute).(string); ok && name != "" {
			printed := cutForIndex(printable(name))
			return &printed
		}
	}
	return nil
}
