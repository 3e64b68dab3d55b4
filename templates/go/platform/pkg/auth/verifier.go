package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth/jwks"
	"goldpath.local/service/pkg/auth/tokencache"
	"goldpath.local/service/pkg/lifecycle"
)

// Verifier decides whether a token is accepted. It is safe for concurrent use.
type Verifier struct {
	cfg     Config
	parser  *jwt.Parser
	keys    *jwks.Cache
	known   *tokencache.Cache[Principal]
	refused *prometheus.CounterVec
}

// Option changes what New makes.
type Option func(*jwks.Config)

// WithTransport fetches the keys through transport, e.g. to trace it, or to
// answer from this process, which is how an issuer verifies its own tokens.
func WithTransport(transport http.RoundTripper) Option {
	return func(c *jwks.Config) { c.Transport = transport }
}

// WithClock asks now for the time. Without it, that is time.Now.
func WithClock(now func() time.Time) Option {
	return func(c *jwks.Config) { c.Now = now }
}

// New returns a verifier that has no keys until its Component runs, and
// registers its metrics.
func New(cfg Config, registry prometheus.Registerer, log *slog.Logger, opts ...Option) (*Verifier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	source := cfg.keys()
	for _, opt := range opts {
		opt(&source)
	}
	refused := newRefused()
	registry.MustRegister(refused)
	return &Verifier{
		cfg:     cfg,
		parser:  newParser(cfg, source.Now),
		keys:    jwks.New(source, registry, log),
		known:   tokencache.New[Principal](cfg.CachedTokens, source.Now, registry),
		refused: refused,
	}, nil
}

func newParser(cfg Config, now func() time.Time) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods(cfg.Algorithms),
		jwt.WithIssuer(cfg.Issuer),
		jwt.WithAudience(cfg.Audience),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(cfg.Leeway),
		jwt.WithTimeFunc(now),
		jwt.WithStrictDecoding(),
	)
}

// Component keeps the keys fresh. It starts without waiting for the issuer,
// which may be down without taking this service along; Ready tells. It never
// fails the group.
func (v *Verifier) Component(fail func(error)) lifecycle.Component {
	return lifecycle.Background("signing keys", v.keys.Run, fail)
}

// Ready is a readiness check that fails until there are keys. Once there are, no
// failure of the issuer makes it fail again.
func (v *Verifier) Ready(context.Context) error {
	if !v.keys.Loaded() {
		return errors.New("no signing keys yet")
	}
	return nil
}

// Verify returns the caller that a token names. It refuses with ErrTokenExpired,
// ErrTokenNotYetValid or ErrTokenInvalid; while no keys were ever fetched, with
// ErrKeysUnavailable. The check that failed is the cause, and no error holds
// any part of the token. It blocks for at most Config.UnknownKeyWait, and
// only when the token names a key that is not known. A token that was accepted is
// not verified again before it expires or the keys are fetched anew, unless
// Config.CachedTokens others have been used since.
func (v *Verifier) Verify(ctx context.Context, token string) (Principal, error) {
	caller, err := v.verify(ctx, token)
	if err == nil {
		return caller, nil
	}
	if ended := ctx.Err(); ended != nil && errors.Is(err, ended) {
		return Principal{}, apierror.From(ended)
	}
	refusal := refusalOf(err)
	v.refused.WithLabelValues(string(refusal)).Inc()
	return Principal{}, refusal.answer()
}

func (v *Verifier) verify(ctx context.Context, token string) (Principal, error) {
	if len(token) > v.cfg.MaxTokenBytes {
		return Principal{}, errTooLarge
	}
	// Asked for first, so that keys which are put in force meanwhile are not
	// taken for those that verified the token.
	keys := v.keys.Version()
	if caller, ok := v.known.Get(token, keys); ok {
		return caller.clone(), nil
	}
	caller, err := v.verifyAnew(ctx, token)
	if err == nil {
		v.known.Add(token, keys, caller.ExpiresAt.Add(v.cfg.Leeway), caller.clone())
	}
	return caller, err
}

func (v *Verifier) verifyAnew(ctx context.Context, token string) (Principal, error) {
	claims, allowed := jwt.MapClaims{}, false
	_, err := v.parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		allowed = true
		return v.key(ctx, t)
	})
	switch {
	case err == nil:
		return v.principal(claims)
	case !allowed && !errors.Is(err, jwt.ErrTokenMalformed):
		// The parser asks for a key once it has accepted form and algorithm.
		return Principal{}, errAlgorithm
	default:
		return Principal{}, err
	}
}

// key returns the key that the token names, if the token may use it.
func (v *Verifier) key(ctx context.Context, token *jwt.Token) (any, error) {
	// Extensions that must be understood are not (RFC 7515, 4.1.11), and the
	// parser does not look.
	if _, ok := token.Header["crit"]; ok {
		return nil, errCritical
	}
	if !isAccessToken(token.Header["typ"]) {
		return nil, errType
	}
	id, _ := token.Header["kid"].(string)
	if id == "" {
		return nil, jwks.ErrUnknownKey
	}
	key, err := v.keys.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(key.Algorithms, token.Method.Alg()) {
		return nil, errAlgorithm
	}
	return key.Public, nil
}

// isAccessToken refuses tokens that say they are for something else, such as a
// logout or a proof of possession (RFC 8725, 3.11). Many issuers say nothing.
func isAccessToken(typ any) bool {
	if typ == nil {
		return true
	}
	name, _ := typ.(string)
	switch strings.TrimPrefix(strings.ToLower(name), "application/") {
	case "jwt", "at+jwt":
		return true
	default:
		return false
	}
}

func (v *Verifier) principal(claims jwt.MapClaims) (Principal, error) {
	expires, errExpires := claims.GetExpirationTime()
	subject, errSubject := claims.GetSubject()
	roles, rolesOK := words(claims[v.cfg.RolesClaim])
	scopes, scopesOK := words(claims[v.cfg.ScopesClaim])
	id, idOK := claims["jti"].(string)
	if errExpires != nil || errSubject != nil || subject == "" || !rolesOK || !scopesOK || !idOK && claims["jti"] != nil {
		return Principal{}, errClaims
	}
	return Principal{
		Subject:   subject,
		Issuer:    v.cfg.Issuer,
		TokenID:   id,
		ExpiresAt: expires.Time,
		Roles:     roles,
		Scopes:    scopes,
	}, nil
}
