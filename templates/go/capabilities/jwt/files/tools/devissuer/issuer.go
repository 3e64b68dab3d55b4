package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	lifetime  = 8 * time.Hour // a working day
	bodyLimit = 4 << 10
)

// issuer signs with a key that lives as long as the process.
type issuer struct {
	name     string
	audience string
	now      func() time.Time
	keyID    string
	private  ed25519.PrivateKey
}

func newIssuer(name, audience string, now func() time.Time) (*issuer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return &issuer{name: name, audience: audience, now: now, keyID: rand.Text(), private: private}, nil
}

func (i *issuer) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/jwks.json", i.keys)
	mux.HandleFunc("POST /token", i.token)
	return mux
}

// keys answers with the public key (RFC 7517, RFC 8037).
func (i *issuer) keys(w http.ResponseWriter, _ *http.Request) {
	public, _ := i.private.Public().(ed25519.PublicKey)
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{ // who has gone needs no answer
		"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": i.keyID,
		"x": base64.RawURLEncoding.EncodeToString(public),
	}}})
}

// token answers with a token for the form's "sub" (developer), "roles" and
// "scope" (words), and nothing else, so that a shell can use it.
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	signed, err := i.sign(r.PostForm.Get("sub"), strings.Fields(r.PostForm.Get("roles")), r.PostForm.Get("scope"))
	if err != nil {
		http.Error(w, "the token cannot be signed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, signed)
}

func (i *issuer) sign(subject string, roles []string, scope string) (string, error) {
	if subject == "" {
		subject = "developer"
	}
	now := i.now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": i.name, "aud": i.audience, "sub": subject, "roles": roles, "scope": scope,
		"jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
	})
	token.Header["kid"], token.Header["typ"] = i.keyID, "at+jwt"
	return token.SignedString(i.private)
}
