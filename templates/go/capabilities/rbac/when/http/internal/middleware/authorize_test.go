package middleware_test

import (
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
	"goldpath.local/service/pkg/rbac"
)

const readThings rbac.Permission = "things.read"

func policy(t testing.TB) *rbac.Authorizer {
	t.Helper()
	policy, err := rbac.New([]rbac.Permission{readThings}, rbac.Policy{"reader": {readThings}}, prometheus.NewRegistry())
	require.NoError(t, err)
	return policy
}

func TestAuthorize(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	as := func(roles ...string) []string { return []string{"Bearer " + issuer.Token(authtest.Roles(roles...))} }
	guard := middleware.Authenticate(issuer.Verifier(t), "ledger")
	declared := rbac.Table{"GET /things/:id": readThings}
	tests := map[string]struct {
		table     rbac.Table
		as        []string
		status    int
		challenge string
	}{
		"nobody":            {declared, nil, 401, `Bearer realm="ledger"`},
		"nobody, public":    {rbac.Table{"GET /things/:id": rbac.Public}, nil, 200, ""},
		"right role":        {declared, as("guest", "reader"), 200, ""},
		"wrong role":        {declared, as("guest"), 403, `Bearer realm="ledger", error="insufficient_scope"`},
		"any caller":        {rbac.Table{"GET /things/:id": rbac.Authenticated}, as(), 200, ""},
		"undeclared":        {nil, as("reader"), 403, `Bearer realm="ledger", error="insufficient_scope"`},
		"undeclared method": {rbac.Table{"POST /things/:id": readThings}, as("reader"), 403, `Bearer realm="ledger", error="insufficient_scope"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			rec := ask(tc.as, guard, middleware.Authorize(policy(t), tc.table, "ledger"))
			require.Equal(t, tc.status, rec.Code)
			require.Equal(t, tc.challenge, rec.Header().Get("WWW-Authenticate"))
			if tc.status == http.StatusForbidden {
				require.Equal(t, "PERMISSION_DENIED", problem(t, rec).Reason)
			}
		})
	}
}

func BenchmarkAuthorize(b *testing.B) {
	req := thing(b)
	caller := auth.Principal{Subject: "ada", Roles: []string{"guest", "reader"}}
	table := rbac.Table{"GET /things/:id": readThings}
	benchmark(b, req.WithContext(auth.NewContext(req.Context(), caller)), middleware.Authorize(policy(b), table, "ledger"))
}
