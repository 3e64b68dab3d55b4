package authtest

import (
	"crypto/rand"
	"fmt"
	"maps"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

// Option changes one thing about a token.
type Option func(*draft)

// draft is a token before it is signed; members that are nil are left out.
type draft struct {
	algorithm string
	header    map[string]any
	claims    map[string]any
}

// Subject says who the caller is; otherwise it is "user-1".
func Subject(subject string) Option { return Claim("sub", subject) }

// Roles gives the caller roles; otherwise there are none.
func Roles(roles ...string) Option { return Claim("roles", roles) }

// Scopes gives the token scopes, words parted by spaces; otherwise there are none.
func Scopes(scopes string) Option { return Claim("scope", scopes) }

// ExpiresIn ends the token that long from now, or before now if negative;
// otherwise it lasts five minutes.
func ExpiresIn(lifetime time.Duration) Option {
	return Claim("exp", time.Now().Add(lifetime).Unix())
}

// Claim sets a claim to anything, right or wrong; nil removes it.
func Claim(name string, value any) Option {
	return func(d *draft) { d.claims[name] = value }
}

// Header sets a field of the header to anything, right or wrong, except for
// "alg"; nil removes it.
func Header(name string, value any) Option {
	return func(d *draft) { d.header[name] = value }
}

// Algorithm signs with another key of the issuer than the first.
func Algorithm(name string) Option {
	return func(d *draft) { d.algorithm = name }
}

// Token returns a signed token that Config accepts, unless the options spoil it.
func (i *Issuer) Token(opts ...Option) string {
	i.tb.Helper()
	now := time.Now()
	d := draft{
		algorithm: i.first,
		header:    map[string]any{"typ": "at+jwt"},
		claims: map[string]any{
			"iss": i.URL(),
			"aud": Audience,
			"sub": "user-1",
			"jti": rand.Text(),
			"iat": now.Unix(),
			"exp": now.Add(5 * time.Minute).Unix(),
		},
	}
	for _, opt := range opts {
		opt(&d)
	}
	signed, err := i.sign(d)
	require.NoError(i.tb, err, "sign token")
	return signed
}

func (i *Issuer) sign(d draft) (string, error) {
	i.mu.Lock()
	key, ok := i.signing[d.algorithm]
	i.mu.Unlock()
	if !ok {
		return "", fmt.Errorf("the issuer has no key for %q", d.algorithm)
	}
	token := jwt.NewWithClaims(key.method, present(d.claims))
	token.Header["kid"] = key.id
	maps.Copy(token.Header, d.header)
	token.Header = present(token.Header)
	return token.SignedString(key.private)
}

// present returns the members that were not removed.
func present(members map[string]any) jwt.MapClaims {
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil })
	return members
}
