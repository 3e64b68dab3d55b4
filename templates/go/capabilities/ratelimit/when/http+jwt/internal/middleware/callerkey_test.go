package middleware_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/auth/authtest"
)

func TestCallersHaveAQuotaEachAndNobodyThatOfTheAddress(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	guard := middleware.Authenticate(issuer.Verifier(t), "ledger")
	limit := middleware.RateLimit(limits(t, 1), middleware.CallerKey)
	as := func(subject string) []string { return []string{"Bearer " + issuer.Token(authtest.Subject(subject))} }

	require.Equal(t, http.StatusOK, ask(as("ada"), guard, limit).Code)
	require.Equal(t, http.StatusTooManyRequests, ask(as("ada"), guard, limit).Code, "another token, the same caller")
	require.Equal(t, http.StatusOK, ask(as("bob"), guard, limit).Code)
	require.Equal(t, http.StatusOK, ask(nil, guard, limit).Code)
	require.Equal(t, http.StatusTooManyRequests, ask(nil, guard, limit).Code)
	require.Equal(t, http.StatusOK, ask(as("address:192.0.2.1"), guard, limit).Code, "a name is not an address")
}
