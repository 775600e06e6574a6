package controlplane

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority signs the certificates of one control plane. Its keys live as long as the folder that they are in.
type authority struct {
	folder string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	serial int64
}

// serverAddresses are what the server certificate is for: the loopback device, and the Service that pods would use.
var serverAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)}

const validFor = 48 * time.Hour // chosen: longer than any test, shorter than anybody would keep the folder

// newAuthority makes an authority and writes ca.crt, and sa.key and sa.pub, which sign the tokens of ServiceAccounts.
func newAuthority(folder string) (*authority, error) {
	a := &authority{folder: folder}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	template := a.template(pkix.Name{CommonName: "tenon-test-ca"})
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	raw, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	if a.cert, err = x509.ParseCertificate(raw); err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	tokens, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(tokens.Public())
	if err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	if err := a.writeKey("ca.key", a.key); err != nil {
		return nil, err
	}
	if err := a.writeKey("sa.key", tokens); err != nil {
		return nil, err
	}
	if err := a.write("sa.pub", "PUBLIC KEY", public); err != nil {
		return nil, err
	}
	return a, a.write("ca.crt", "CERTIFICATE", raw)
}

// issue writes NAME.crt and NAME.key for a subject; server says that it may serve as well as ask.
func (a *authority) issue(name string, subject pkix.Name, server bool) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	template := a.template(subject)
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if server {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
		template.IPAddresses, template.DNSNames = serverAddresses, []string{"localhost", "kubernetes.default.svc"}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("sign certificate of %s: %w", name, err)
	}
	if err := a.writeKey(name+".key", key); err != nil {
		return err
	}
	return a.write(name+".crt", "CERTIFICATE", raw)
}

func (a *authority) template(subject pkix.Name) *x509.Certificate {
	a.serial++
	now := time.Now()
	return &x509.Certificate{SerialNumber: big.NewInt(a.serial), Subject: subject, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validFor)}
}

func (a *authority) writeKey(file string, key crypto.PrivateKey) error {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return a.write(file, "PRIVATE KEY", raw)
}

func (a *authority) write(file, kind string, raw []byte) error {
	if err := os.WriteFile(a.path(file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

func (a *authority) path(file string) string { return filepath.Join(a.folder, file) }
