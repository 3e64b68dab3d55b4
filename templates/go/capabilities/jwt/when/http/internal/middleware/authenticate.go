package middleware

import (
	"context"
	"errors"
	"log/slog"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/logging"
)

// Authenticate puts the caller of a request into its context, and into its log
// records. It refuses tokens that are not accepted. Requests without a bearer
// token go on as nobody's: what an operation needs is decided where operations
// are known. realm names the service in challenges.
func Authenticate(verifier *auth.Verifier, realm string) gin.HandlerFunc {
	return func(c *gin.Context) {
		caller, err := identify(c.Request.Context(), verifier, c.Request.Header["Authorization"])
		switch {
		case err == nil:
			ctx := auth.NewContext(c.Request.Context(), caller)
			c.Request = c.Request.WithContext(logging.With(ctx, slog.String("caller", caller.Subject)))
		case !errors.Is(err, auth.ErrTokenMissing):
			refuse(c, realm, err)
			return
		}
		c.Next()
	}
}

// identify returns the caller that the Authorization fields of a request name.
// Several fields are refused: which one counts would be anybody's guess.
func identify(ctx context.Context, verifier *auth.Verifier, fields []string) (auth.Principal, error) {
	switch len(fields) {
	case 0:
		return auth.Principal{}, auth.ErrTokenMissing
	case 1:
		token, err := auth.BearerToken(fields[0])
		if err != nil {
			return auth.Principal{}, err
		}
		return verifier.Verify(ctx, token)
	default:
		return auth.Principal{}, auth.ErrTokenInvalid
	}
}

// refuse fails with a challenge that says how to be let in (RFC 6750, 3).
func refuse(c *gin.Context, realm string, err error) {
	if challenge := auth.Challenge(realm, err); challenge != "" {
		c.Header("WWW-Authenticate", challenge)
	}
	Fail(c, err)
}
