package app

import (
	"net/http"
	"testing"

	"goldpath.local/service/pkg/auth/authtest"
)

// caller is somebody whose token the service accepts.
type caller struct {
	issuer *authtest.Issuer
	token  string
}

// identify lets the service that starts next trust an issuer of this test, and
// returns a caller who may do everything.
func identify(t *testing.T) caller {
	t.Helper()
	issuer := authtest.NewIssuer(t)
	cfg := issuer.Config()
	t.Setenv("APP_AUTH_ISSUER", cfg.Issuer)
	t.Setenv("APP_AUTH_AUDIENCE", cfg.Audience)
	t.Setenv("APP_AUTH_JWKS_URL", cfg.JWKSURL)
	return caller{issuer, issuer.Token(authtest.Roles("editor"))}
}

func (c caller) authorize(req *http.Request) { req.Header.Set("Authorization", "Bearer "+c.token) }
