// Package auditgateextension is the gate of the audit receiver: an HTTP server middleware that lets
// known producers in, refuses evidence in a format that this Collector does not know, and gives the
// receipt on which a producer releases its records.
//
// It authenticates in the middleware, not as a configauth authenticator, because those see the
// headers only and not the client's certificate.
package auditgateextension
