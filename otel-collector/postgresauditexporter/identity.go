package postgresauditexporter

import (
	"context"

	"go.opentelemetry.io/collector/client"
	"telltale.dev/otelcol/auditreceipt"
)

// ingestedBy answers with the name under which the producer was let in, or nil when nobody has said:
// first as the audit gate says it, else as the receiver's authenticator does. "raw" is never read,
// because it holds the credentials.
func ingestedBy(ctx context.Context) *string {
	if name := auditreceipt.IngestedBy(ctx); name != "" {
		printed := cutForIndex(printable(name))
		return &printed
	}
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
