// Package peers stands for what a service talks to while it is measured: the
// issuer of its callers' tokens, and the collector of its traces.
package peers

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// KeysPath is where an Issuer publishes its keys.
const KeysPath = "/.well-known/jwks.json"

const keyID = "bench"

// Issuer signs access tokens (RFC 9068) by EdDSA, with a key that lives as long
// as the Issuer does.
type Issuer struct {
	url string
	key ed25519.PrivateKey
}

// NewIssuer returns an issuer that is known, as "iss", by url.
func NewIssuer(url string) (*Issuer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return &Issuer{url: url, key: key}, nil
}

// Token returns a token for a service, its audience, in which the caller has roles.
func (i *Issuer) Token(audience string, roles []string, lifetime time.Duration) (string, error) {
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss":   i.url,
		"aud":   audience,
		"sub":   "bench",
		"jti":   rand.Text(),
		"iat":   now.Unix(),
		"exp":   now.Add(lifetime).Unix(),
		"roles": roles,
	})
	token.Header["kid"] = keyID
	token.Header["typ"] = "at+jwt"
	signed, err := token.SignedString(i.key)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}

// ServeHTTP answers with the public key, as RFC 7517 and RFC 8037 write it.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	public := i.key.Public().(ed25519.PublicKey)
	key := map[string]string{
		"kty": "OKP",
		"crv": "Ed25519",
		"alg": jwt.SigningMethodEdDSA.Alg(),
		"use": "sig",
		"kid": keyID,
		"x":   base64.RawURLEncoding.EncodeToString(public),
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{key}}) // a caller who has gone cannot be told anything
}
