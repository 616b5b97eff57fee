package auditgateextension

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/config/configtls"
)

func TestAClientCertificateNamesItsProducer(t *testing.T) {
	authority := newAuthority(t)
	config := createDefaultConfig().(*Config)
	config.ClientCertificates = true
	config.Tokens = []TokenConfig{{Name: "billing", Token: testToken}}
	p := startPipeline(t, config, authority.serverConfig(t))

	subject := authority.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "orders", Organization: []string{"Acme"}}})
	workload := authority.sign(t, &x509.Certificate{URIs: []*url.URL{{Scheme: "spiffe", Host: "acme", Path: "/orders"}}})
	nameless := authority.sign(t, &x509.Certificate{})

	if got := p.post(t, authority.clientConfig(subject)); got.StatusCode != http.StatusOK || got.Header.Get(committedHeader) != "3" {
		t.Errorf("with a subject: %d %q", got.StatusCode, got.text)
	}
	if got := p.post(t, authority.clientConfig(workload)); got.StatusCode != http.StatusOK {
		t.Errorf("with an alternative name: %d %q", got.StatusCode, got.text)
	}
	if got := p.post(t, authority.clientConfig(nameless)); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a name: %d %q", got.StatusCode, got.text)
	}
	if got := strings.Join(p.producers, "; "); got != "CN=orders,O=Acme; URI=spiffe://acme/orders" {
		t.Errorf("the exporter saw %s", got)
	}
}

func TestAClientCertificateIsNoWayInUnlessItIsSet(t *testing.T) {
	authority := newAuthority(t)
	p := startPipeline(t, tokenConfig(), authority.serverConfig(t))
	tlsConfig := authority.clientConfig(authority.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "orders"}}))
	if got := p.post(t, tlsConfig); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %d %q", got.StatusCode, got.text)
	}
	if got := p.post(t, tlsConfig, authorization, "Bearer "+testToken); got.StatusCode != http.StatusOK {
		t.Errorf("with a token: %d %q", got.StatusCode, got.text)
	}
	if got := strings.Join(p.producers, "; "); got != "billing" {
		t.Errorf("the exporter saw %s", got)
	}
}

// authority signs certificates for one test.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	file        string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	made := &authority{key, certificate, filepath.Join(t.TempDir(), "authority.pem")}
	write(t, made.file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return made
}

func (a *authority) sign(t *testing.T, template *x509.Certificate) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template.SerialNumber = big.NewInt(2)
	template.NotBefore, template.NotAfter = a.certificate.NotBefore, a.certificate.NotAfter
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) serverConfig(t *testing.T) *configtls.ServerConfig {
	t.Helper()
	signed := a.sign(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	key, err := x509.MarshalPKCS8PrivateKey(signed.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	config := configtls.NewDefaultServerConfig()
	config.CertFile, config.KeyFile = filepath.Join(directory, "server.pem"), filepath.Join(directory, "server.key")
	config.ClientCAFile = a.file
	write(t, config.CertFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed.Certificate[0]})))
	write(t, config.KeyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	return &config
}

func (a *authority) clientConfig(certificate tls.Certificate) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
