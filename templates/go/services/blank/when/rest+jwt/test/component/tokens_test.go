package component

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/auth/authtest"
)

// forge signs claims that are right with a key that is wrong.
func forge(t *testing.T, s *service, method jwt.SigningMethod, key any, header map[string]any) string {
	t.Helper()
	now := time.Now()
	token := jwt.NewWithClaims(method, jwt.MapClaims{
		"iss": s.issuer.URL(), "aud": authtest.Audience, "sub": "user-1", "roles": []string{"editor"},
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	for name, value := range header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(key)
	require.NoError(t, err)
	return signed
}

// tamper changes the claims of a token and keeps its signature.
func tamper(token string) string {
	parts := strings.Split(token, ".")
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	changed := strings.Replace(string(claims), `"user-1"`, `"root-1"`, 1)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(changed)) + "." + parts[2]
}

func TestForgedTokensAreRefused(t *testing.T) {
	prepare(t)
	s := start(t)
	stranger := authtest.NewIssuer(t)
	good := s.issuer.Token(authtest.Roles("editor"))
	known := map[string]any{"kid": "EdDSA-1"}
	tests := map[string]struct{ token, reason string }{
		"algorithm none":        {forge(t, s, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, known), "TOKEN_INVALID"},
		"shared secret":         {forge(t, s, jwt.SigningMethodHS256, []byte(s.issuer.Config().JWKSURL), known), "TOKEN_INVALID"},
		"key of somebody else":  {stranger.Token(authtest.Claim("iss", s.issuer.URL()), authtest.Roles("editor")), "TOKEN_INVALID"},
		"another issuer":        {s.issuer.Token(authtest.Claim("iss", "https://evil.example")), "TOKEN_INVALID"},
		"another audience":      {s.issuer.Token(authtest.Claim("aud", "another-service")), "TOKEN_INVALID"},
		"no audience":           {s.issuer.Token(authtest.Claim("aud", nil)), "TOKEN_INVALID"},
		"no subject":            {s.issuer.Token(authtest.Subject("")), "TOKEN_INVALID"},
		"no end":                {s.issuer.Token(authtest.Claim("exp", nil)), "TOKEN_INVALID"},
		"another kind of token": {s.issuer.Token(authtest.Header("typ", "logout+jwt")), "TOKEN_INVALID"},
		"critical extension":    {s.issuer.Token(authtest.Header("crit", []string{"b64"})), "TOKEN_INVALID"},
		"changed claims":        {tamper(good), "TOKEN_INVALID"},
		"no signature":          {good[:strings.LastIndex(good, ".")+1], "TOKEN_INVALID"},
		"too large":             {s.issuer.Token(authtest.Claim("x", strings.Repeat("x", 20<<10))), "TOKEN_INVALID"},
		"not a token":           {"e30", "TOKEN_INVALID"},
		"over":                  {s.issuer.Token(authtest.ExpiresIn(-time.Hour)), "TOKEN_EXPIRED"},
		"not yet":               {s.issuer.Token(authtest.Claim("nbf", time.Now().Add(time.Hour).Unix())), "TOKEN_NOT_YET_VALID"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := s.send(t, http.MethodGet, tasks, "", "Authorization", "Bearer "+tc.token)
			got.refused(t, http.StatusUnauthorized, tc.reason)
			require.Contains(t, got.header.Get("WWW-Authenticate"), `error="invalid_token"`)
		})
	}
	nobody := s.send(t, http.MethodGet, tasks, "", "Authorization", "")
	nobody.refused(t, http.StatusUnauthorized, "TOKEN_MISSING")
	require.NotContains(t, nobody.header.Get("WWW-Authenticate"), "error")
	require.Equal(t, http.StatusOK, s.send(t, http.MethodGet, tasks, "", "Authorization", "bearer "+good).status)
	s.stop()
	require.Zero(t, <-s.code)
}

// Made-up key ids cost the issuer one request and honest callers nothing.
func TestAFloodOfUnknownKeysStaysOutside(t *testing.T) {
	prepare(t)
	s := start(t)
	fetches := s.issuer.Fetches()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 10 {
				forged := s.issuer.Token(authtest.Header("kid", rand.Text()))
				if got := s.send(t, http.MethodGet, tasks, "", "Authorization", "Bearer "+forged).status; got != http.StatusUnauthorized {
					t.Errorf("status %d", got)
				}
			}
		})
	}
	for range 20 {
		require.Equal(t, http.StatusOK, s.send(t, http.MethodGet, tasks, "").status)
	}
	wg.Wait()
	require.LessOrEqual(t, s.issuer.Fetches()-fetches, 2)
	s.stop()
	require.Zero(t, <-s.code)
}

// An issuer that hangs is not missed until its keys change; then it is found again.
func TestAnIssuerThatHangsTakesNobodyAlong(t *testing.T) {
	t.Setenv("APP_AUTH_UNKNOWN_KEY_INTERVAL", "20ms")
	t.Setenv("APP_AUTH_FETCH_TIMEOUT", "50ms")
	prepare(t)
	s := start(t)
	s.issuer.Hang()
	s.issuer.Rotate()
	fresh := "Bearer " + s.issuer.Token(authtest.Roles("editor"))
	s.send(t, http.MethodGet, tasks, "", "Authorization", fresh).refused(t, http.StatusUnauthorized, "TOKEN_INVALID")
	require.Equal(t, http.StatusOK, s.send(t, http.MethodGet, tasks, "").status, "keys at hand stay in force")
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, s.admin, "/readyz", "", "").status)

	s.issuer.Recover()
	require.Eventually(t, func() bool {
		return s.send(t, http.MethodGet, tasks, "", "Authorization", fresh).status == http.StatusOK
	}, 10*time.Second, time.Millisecond)
	s.stop()
	require.Zero(t, <-s.code)
}
