package auth

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Principal is a caller whose token was verified.
type Principal struct {
	// Subject identifies the caller at its issuer; it is never "".
	Subject string
	// Issuer is who vouches for it.
	Issuer string
	// TokenID is the "jti" of the token, or "".
	TokenID string
	// ExpiresAt is when the token ends. What outlives a request, such as a
	// stream, must end then too.
	ExpiresAt time.Time
	// Roles are what the issuer says the caller is.
	Roles []string
	// Scopes are what the caller was allowed to do in the name of the subject.
	Scopes []string
}

// clone returns a copy that shares nothing with the original.
func (p Principal) clone() Principal {
	p.Roles, p.Scopes = slices.Clone(p.Roles), slices.Clone(p.Scopes)
	return p
}

type contextKey struct{}

// NewContext returns a context that carries the caller.
func NewContext(ctx context.Context, caller Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, caller)
}

// FromContext returns the caller, if the request had a valid token.
func FromContext(ctx context.Context) (Principal, bool) {
	caller, ok := ctx.Value(contextKey{}).(Principal)
	return caller, ok
}

// words reads a claim that is a list of strings or, as RFC 8693 has it for
// "scope", a string of words. It reports whether the claim is absent or either.
func words(claim any) ([]string, bool) {
	switch value := claim.(type) {
	case nil:
		return nil, true
	case string:
		return strings.Fields(value), true
	case []any:
		list := make([]string, 0, len(value))
		for _, item := range value {
			word, ok := item.(string)
			if !ok {
				return nil, false
			}
			list = append(list, word)
		}
		return list, true
	default:
		return nil, false
	}
}
