package middleware_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/auth/authtest"
)

func TestOnlyPublicOperationsTakeRequestsOfNobody(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	somebody := []string{"Bearer " + issuer.Token()}
	guard := middleware.Authenticate(issuer.Verifier(t), "ledger")
	tests := map[string]struct {
		public []string
		as     []string
		status int
	}{
		"nobody":                  {nil, nil, http.StatusUnauthorized},
		"nobody, other method":    {[]string{"POST /things/:id"}, nil, http.StatusUnauthorized},
		"nobody, path, not route": {[]string{"GET /things/1"}, nil, http.StatusUnauthorized},
		"nobody, public":          {[]string{"GET /things/:id"}, nil, http.StatusOK},
		"somebody":                {nil, somebody, http.StatusOK},
		"somebody, public":        {[]string{"GET /things/:id"}, somebody, http.StatusOK},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			rec := ask(tc.as, guard, middleware.RequireCaller("ledger", tc.public))
			require.Equal(t, tc.status, rec.Code)
			if tc.status == http.StatusUnauthorized {
				require.Equal(t, "TOKEN_MISSING", problem(t, rec).Reason)
				require.Equal(t, `Bearer realm="ledger"`, rec.Header().Get("WWW-Authenticate"))
			}
		})
	}
}
