package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

type signingKey struct {
	id      string
	method  jwt.SigningMethod
	private crypto.Signer
}

func newSigningKey(algorithm, id string) (signingKey, error) {
	var (
		private crypto.Signer
		err     error
	)
	switch algorithm {
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "RS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		err = fmt.Errorf("no keys for %q", algorithm)
	}
	return signingKey{id, jwt.GetSigningMethod(algorithm), private}, err
}

// jwk returns the public key as RFC 7517 writes it.
func (k signingKey) jwk() map[string]string {
	members := map[string]string{"kid": k.id, "use": "sig", "alg": k.method.Alg()}
	switch public := k.private.Public().(type) {
	case ed25519.PublicKey:
		members["kty"], members["crv"], members["x"] = "OKP", "Ed25519", encode(public)
	case *ecdsa.PublicKey:
		members["kty"], members["crv"] = "EC", public.Curve.Params().Name
		if point, err := public.Bytes(); err == nil { // 4, x, y
			half := len(point) / 2
			members["x"], members["y"] = encode(point[1:half+1]), encode(point[half+1:])
		}
	case *rsa.PublicKey:
		members["kty"] = "RSA"
		members["n"], members["e"] = encode(public.N.Bytes()), encode(big.NewInt(int64(public.E)).Bytes())
	}
	return members
}

func encode(octets []byte) string { return base64.RawURLEncoding.EncodeToString(octets) }
