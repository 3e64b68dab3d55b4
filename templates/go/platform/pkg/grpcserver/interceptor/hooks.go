package interceptor

import (
	"context"
	"strings"

	"google.golang.org/grpc/metadata"

	"goldpath.local/service/pkg/apierror"
)

// Hooks connect the server to what it does not know: users, permissions and
// limits. Each may be nil. Their errors are answers: use apierror.
type Hooks struct {
	// Authenticate verifies the bearer token of a call and returns a context that
	// knows the caller. Calls without a token do not get here.
	Authenticate func(ctx context.Context, token string) (context.Context, error)
	// Authorize decides whether the caller may call the method.
	Authorize func(ctx context.Context, fullMethod string) error
	// Limit counts the call, and says in headers how much is left, e.g. as
	// RateLimit-Remaining. Probes are not counted.
	Limit func(ctx context.Context, fullMethod string) (headers map[string]string, err error)
}

func authenticate(hook func(context.Context, string) (context.Context, error), public methods) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) error {
		if hook == nil || public.has(c.method) {
			return next(ctx)
		}
		token, err := bearerToken(ctx)
		if err != nil {
			return err
		}
		ctx, err = hook(ctx, token)
		if err != nil {
			return err
		}
		c.innermost = ctx
		return next(ctx)
	}
}

// bearerToken returns the token of the authorization metadata (RFC 6750, 2.1).
func bearerToken(ctx context.Context) (string, error) {
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) == 1 {
		scheme, token, ok := strings.Cut(values[0], " ")
		if ok && strings.EqualFold(scheme, "bearer") && token != "" {
			return token, nil
		}
	}
	return "", apierror.New(apierror.Unauthenticated, "TOKEN_MISSING", "a bearer token is required")
}

func limit(hook func(context.Context, string) (map[string]string, error)) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) error {
		if hook == nil || c.probe {
			return next(ctx)
		}
		headers, err := hook(ctx, c.method)
		for key, value := range headers {
			c.reply.set(key, value)
		}
		if err != nil {
			return err
		}
		return next(ctx)
	}
}

func authorize(hook func(context.Context, string) error, public methods) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) error {
		if hook == nil || public.has(c.method) {
			return next(ctx)
		}
		if err := hook(ctx, c.method); err != nil {
			return err
		}
		return next(ctx)
	}
}
