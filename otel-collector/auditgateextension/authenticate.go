package auditgateextension

import (
	"crypto/x509"
	"net/http"
	"strings"
)

// authenticate answers with the producer's name. A client certificate names it better than a token,
// which may be anybody's, so it comes first.
func (g *gate) authenticate(request *http.Request) (string, *refusal) {
	if g.config.ClientCertificates && request.TLS != nil && len(request.TLS.VerifiedChains) > 0 {
		if name := certificateName(request.TLS.VerifiedChains[0][0]); name != "" {
			return name, nil
		}
		return "", unauthorized("certificate", "the client certificate has neither a subject nor an alternative name")
	}
	credentials := request.Header.Values("Authorization")
	if len(credentials) == 0 {
		return "", unauthorized("missing", "audit records are taken from known producers only: "+g.waysIn())
	}
	// RFC 7235: the scheme's case does not matter.
	scheme, token, _ := strings.Cut(credentials[0], " ")
	if len(credentials) == 1 && strings.EqualFold(scheme, "Bearer") {
		if name := g.tokens.nameOf(strings.TrimSpace(token)); name != "" {
			return name, nil
		}
	}
	return "", unauthorized("wrong", "the bearer token is not one of an audit producer's")
}

func (g *gate) waysIn() string {
	if g.config.ClientCertificates {
		return "send a client certificate or a bearer token"
	}
	return "send a bearer token"
}

func unauthorized(reason, text string) *refusal {
	return &refusal{http.StatusUnauthorized, reason, text}
}

// certificateName is the subject, or the first alternative name of a certificate without one, as
// workload identities have it. It always has an equals sign, which no token's name has.
func certificateName(certificate *x509.Certificate) string {
	switch {
	case certificate.Subject.String() != "":
		return certificate.Subject.String()
	case len(certificate.URIs) > 0:
		return "URI=" + certificate.URIs[0].String()
	case len(certificate.DNSNames) > 0:
		return "DNS=" + certificate.DNSNames[0]
	default:
		return ""
	}
}
