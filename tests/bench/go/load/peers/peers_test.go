package peers_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"goldpath.local/load/peers"
)

// serve runs the peers until the test ends.
func serve(t *testing.T) peers.Description {
	t.Helper()
	reader, writer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- peers.Serve(ctx, peers.Options{Audience: "ledger", Roles: []string{"editor"}}, writer)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	var description peers.Description
	if err := json.NewDecoder(reader).Decode(&description); err != nil {
		t.Fatal(err)
	}
	return description
}

func send(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(content)
}

// publishedKey returns the key of a token as a verifier finds it.
func publishedKey(t *testing.T, url, id string) ed25519.PublicKey {
	t.Helper()
	_, document := send(t, http.MethodGet, url, "")
	var set struct {
		Keys []struct{ Kty, Crv, Alg, Use, Kid, X string }
	}
	if err := json.Unmarshal([]byte(document), &set); err != nil {
		t.Fatal(err)
	}
	key := set.Keys[0]
	if len(set.Keys) != 1 || key.Kid != id || key.Kty+key.Crv+key.Alg+key.Use != "OKPEd25519EdDSAsig" {
		t.Fatalf("got %+v", set)
	}
	public, err := base64.RawURLEncoding.DecodeString(key.X)
	if err != nil {
		t.Fatal(err)
	}
	return public
}

func TestTokensAreVerifiedByThePublishedKey(t *testing.T) {
	described := serve(t)
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithIssuer(described.Issuer), jwt.WithAudience("ledger"), jwt.WithExpirationRequired(),
		jwt.WithValidMethods([]string{"EdDSA"}))
	token, err := parser.ParseWithClaims(described.Token, claims, func(token *jwt.Token) (any, error) {
		return publishedKey(t, described.JWKSURL, token.Header["kid"].(string)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	expires, err := claims.GetExpirationTime()
	if err != nil || time.Until(expires.Time) < time.Hour {
		t.Errorf("the token ends at %v, %v", expires, err)
	}
	roles, _ := claims["roles"].([]any)
	if token.Header["typ"] != "at+jwt" || claims["sub"] == "" || len(roles) != 1 || roles[0] != "editor" {
		t.Errorf("got %v, %v", token.Header, claims)
	}
}

func TestSpansAreTaken(t *testing.T) {
	described := serve(t)
	for name, tc := range map[string]struct {
		method, path string
		size, want   int
	}{
		"spans":          {http.MethodPost, "/v1/traces", 1000, http.StatusOK},
		"too many spans": {http.MethodPost, "/v1/traces", 17 << 20, http.StatusBadRequest},
		"other requests": {http.MethodPost, "/v1/logs", 10, http.StatusNotFound},
		"other methods":  {http.MethodGet, "/v1/traces", 0, http.StatusMethodNotAllowed},
	} {
		if got, _ := send(t, tc.method, described.OTLPEndpoint+tc.path, strings.Repeat("x", tc.size)); got != tc.want {
			t.Errorf("%s: got %d, want %d", name, got, tc.want)
		}
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestPeersEndWhenNobodyHearsOfThemOrTheyAreToldTo(t *testing.T) {
	if err := peers.Serve(t.Context(), peers.Options{}, closed{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := peers.Serve(over, peers.Options{}, io.Discard); err != nil {
		t.Errorf("got %v", err)
	}
}
