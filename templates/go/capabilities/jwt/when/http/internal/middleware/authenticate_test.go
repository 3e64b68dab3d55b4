package middleware_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
	"goldpath.local/service/pkg/logging"
)

// ask sends GET /things/1 with these Authorization fields through the middleware
// to a handler that answers with the name of the caller.
func ask(authorization []string, before ...gin.HandlerFunc) *httptest.ResponseRecorder {
	engine := gin.New()
	engine.ContextWithFallback = true
	engine.Use(before...)
	engine.GET("/things/:id", func(c *gin.Context) {
		caller, _ := auth.FromContext(c)
		c.String(http.StatusOK, caller.Subject)
	})
	req := httptest.NewRequest(http.MethodGet, "/things/1", http.NoBody)
	for _, field := range authorization {
		req.Header.Add("Authorization", field)
	}
	rec := httptest.NewRecorder()
	engine.ServeHTTP(rec, req)
	return rec
}

func challenge(description string) string {
	return `Bearer realm="ledger", error="invalid_token", error_description="` + description + `"`
}

func TestAuthenticate(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	good := "Bearer " + issuer.Token(authtest.Subject("ada"))
	expired := "Bearer " + issuer.Token(authtest.ExpiresIn(-time.Minute))
	guard := middleware.Authenticate(issuer.Verifier(t), "ledger")

	tests := map[string]struct {
		authorization []string
		status        int
		caller        string
		reason        string
		challenge     string
	}{
		"nobody":         {nil, 200, "", "", ""},
		"another scheme": {[]string{"Basic YTpi"}, 200, "", "", ""},
		"valid token":    {[]string{good}, 200, "ada", "", ""},
		"expired":        {[]string{expired}, 401, "", "TOKEN_EXPIRED", challenge("the token has expired")},
		"scheme alone":   {[]string{"Bearer "}, 401, "", "TOKEN_INVALID", challenge("the token is not valid")},
		"two fields":     {[]string{good, good}, 401, "", "TOKEN_INVALID", challenge("the token is not valid")},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			rec := ask(tc.authorization, guard)
			require.Equal(t, tc.status, rec.Code)
			require.Equal(t, tc.challenge, rec.Header().Get("WWW-Authenticate"))
			if tc.reason == "" {
				require.Equal(t, tc.caller, rec.Body.String())
				return
			}
			require.Equal(t, tc.reason, problem(t, rec).Reason)
		})
	}
}

// While no keys were ever fetched nobody is judged: the caller may try again, and
// is not told to get another token.
func TestTokensCannotBeJudgedWithoutKeys(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	verifier, err := auth.New(issuer.Config(), prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	rec := ask([]string{"Bearer " + issuer.Token()}, middleware.Authenticate(verifier, "ledger"))
	require.Equal(t, http.StatusServiceUnavailable, rec.Code)
	require.Equal(t, "KEYS_UNAVAILABLE", problem(t, rec).Reason)
	require.Empty(t, rec.Header().Get("WWW-Authenticate"))
}

func TestTheLogNamesTheCallerAndHoldsNoToken(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	guard := middleware.Authenticate(issuer.Verifier(t), "ledger")
	tokens := map[string]string{
		issuer.Token(authtest.Subject("ada")):          `"caller":"ada"`,
		issuer.Token(authtest.ExpiresIn(-time.Minute)): "token refused: expired",
	}
	for token, want := range tokens {
		var out bytes.Buffer
		log, err := logging.New(&out, logging.Options{Backend: logging.Zap, Level: slog.LevelInfo})
		require.NoError(t, err)
		ask([]string{"Bearer " + token}, middleware.AccessLog(log), guard)
		require.Contains(t, out.String(), want)
		require.NotContains(t, out.String(), token[len(token)-20:])
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	for _, algorithm := range []string{"EdDSA", "ES256", "RS256"} {
		issuer := authtest.NewIssuer(b, algorithm)
		field := "Bearer " + issuer.Token(authtest.Roles("reader", "editor"), authtest.ExpiresIn(time.Hour))
		b.Run(algorithm, func(b *testing.B) {
			req := thing(b)
			req.Header.Set("Authorization", field)
			benchmark(b, req, middleware.Authenticate(issuer.Verifier(b), "ledger"))
		})
	}
}
