package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
)

func TestVerifyReturnsThePrincipal(t *testing.T) {
	issuer := authtest.NewIssuer(t, "EdDSA", "ES256", "RS256")
	verifier := issuer.Verifier(t)
	for _, algorithm := range []string{"EdDSA", "ES256", "RS256"} {
		t.Run(algorithm, func(t *testing.T) {
			token := issuer.Token(authtest.Algorithm(algorithm), authtest.Subject("ada"),
				authtest.Roles("reader", "writer"), authtest.Scopes("tasks:read tasks:write"), authtest.Claim("jti", "t-1"))

			got, err := verifier.Verify(t.Context(), token)

			require.NoError(t, err)
			require.WithinDuration(t, time.Now().Add(5*time.Minute), got.ExpiresAt, 2*time.Second)
			got.ExpiresAt = time.Time{}
			require.Equal(t, auth.Principal{
				Subject: "ada",
				Issuer:  issuer.URL(),
				TokenID: "t-1",
				Roles:   []string{"reader", "writer"},
				Scopes:  []string{"tasks:read", "tasks:write"},
			}, got)
		})
	}
}

func TestVerifyAcceptsWhatIssuersDifferIn(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	verifier := issuer.Verifier(t)
	tests := map[string][]authtest.Option{
		"several audiences":  {authtest.Claim("aud", []string{"other", authtest.Audience})},
		"no token id":        {authtest.Claim("jti", nil)},
		"no type":            {authtest.Header("typ", nil)},
		"plain type":         {authtest.Header("typ", "JWT")},
		"full media type":    {authtest.Header("typ", "application/at+jwt")},
		"roles in one text":  {authtest.Claim("roles", "reader writer")},
		"scopes in a list":   {authtest.Claim("scope", []string{"a", "b"})},
		"valid since before": {authtest.Claim("nbf", time.Now().Add(-time.Minute).Unix())},
	}
	for name, opts := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := verifier.Verify(t.Context(), issuer.Token(opts...))
			require.NoError(t, err)
		})
	}
}

// refusedToken is a token, the answer to it, and the reason in the metric.
type refusedToken struct {
	token  string
	want   *apierror.Error
	reason string
}

func refusedTokens(t *testing.T, issuer *authtest.Issuer) map[string]refusedToken {
	t.Helper()
	good := issuer.Token()
	segments := strings.Split(good, ".")
	spoilt := func(opts ...authtest.Option) string { return issuer.Token(opts...) }
	return map[string]refusedToken{
		"empty":                  {"", auth.ErrTokenInvalid, "malformed"},
		"not a token":            {"opaque", auth.ErrTokenInvalid, "malformed"},
		"five segments":          {good + ".e30.e30", auth.ErrTokenInvalid, "malformed"},
		"padded":                 {good + "=", auth.ErrTokenInvalid, "malformed"},
		"header is not JSON":     {encode([]byte("{")) + "." + segments[1] + "." + segments[2], auth.ErrTokenInvalid, "malformed"},
		"claims are not JSON":    {segments[0] + "." + encode([]byte("[]")) + "." + segments[2], auth.ErrTokenInvalid, "malformed"},
		"too large":              {spoilt(authtest.Claim("filler", strings.Repeat("x", 8<<10))), auth.ErrTokenInvalid, "too_large"},
		"signature missing":      {segments[0] + "." + segments[1] + ".", auth.ErrTokenInvalid, "signature"},
		"claims of another":      {segments[0] + "." + strings.Split(spoilt(authtest.Subject("root")), ".")[1] + "." + segments[2], auth.ErrTokenInvalid, "signature"},
		"alg none":               {unsigned(t, issuer, "none"), auth.ErrTokenInvalid, "algorithm"},
		"alg None":               {unsigned(t, issuer, "None"), auth.ErrTokenInvalid, "algorithm"},
		"alg missing":            {encode([]byte(`{"kid":"EdDSA-1"}`)) + "." + segments[1] + "." + segments[2], auth.ErrTokenInvalid, "algorithm"},
		"alg not allowed":        {encode([]byte(`{"alg":"PS256","kid":"RS256-2"}`)) + "." + segments[1] + "." + segments[2], auth.ErrTokenInvalid, "algorithm"},
		"key of another alg":     {spoilt(authtest.Algorithm("RS256"), authtest.Header("kid", "EdDSA-1")), auth.ErrTokenInvalid, "algorithm"},
		"unknown key":            {spoilt(authtest.Header("kid", "EdDSA-9")), auth.ErrTokenInvalid, "unknown_key"},
		"no key id":              {spoilt(authtest.Header("kid", nil)), auth.ErrTokenInvalid, "unknown_key"},
		"key id is a number":     {spoilt(authtest.Header("kid", 1)), auth.ErrTokenInvalid, "unknown_key"},
		"critical extension":     {spoilt(authtest.Header("crit", []string{"b64"}), authtest.Header("b64", false)), auth.ErrTokenInvalid, "critical_header"},
		"empty crit":             {spoilt(authtest.Header("crit", []string{})), auth.ErrTokenInvalid, "critical_header"},
		"logout token":           {spoilt(authtest.Header("typ", "logout+jwt")), auth.ErrTokenInvalid, "type"},
		"type is a number":       {spoilt(authtest.Header("typ", 1)), auth.ErrTokenInvalid, "type"},
		"wrong issuer":           {spoilt(authtest.Claim("iss", issuer.URL()+"/")), auth.ErrTokenInvalid, "issuer"},
		"no issuer":              {spoilt(authtest.Claim("iss", nil)), auth.ErrTokenInvalid, "claims"},
		"wrong audience":         {spoilt(authtest.Claim("aud", "other")), auth.ErrTokenInvalid, "audience"},
		"no audience":            {spoilt(authtest.Claim("aud", nil)), auth.ErrTokenInvalid, "claims"},
		"audience is a number":   {spoilt(authtest.Claim("aud", 1)), auth.ErrTokenInvalid, "claims"},
		"no subject":             {spoilt(authtest.Claim("sub", nil)), auth.ErrTokenInvalid, "claims"},
		"subject is a number":    {spoilt(authtest.Claim("sub", 1)), auth.ErrTokenInvalid, "claims"},
		"no expiry":              {spoilt(authtest.Claim("exp", nil)), auth.ErrTokenInvalid, "claims"},
		"expiry is a text":       {spoilt(authtest.Claim("exp", "never")), auth.ErrTokenInvalid, "claims"},
		"roles are numbers":      {spoilt(authtest.Claim("roles", []int{1})), auth.ErrTokenInvalid, "claims"},
		"scopes are an object":   {spoilt(authtest.Claim("scope", map[string]int{})), auth.ErrTokenInvalid, "claims"},
		"token id is a number":   {spoilt(authtest.Claim("jti", 1)), auth.ErrTokenInvalid, "claims"},
		"expired":                {spoilt(authtest.ExpiresIn(-time.Second)), auth.ErrTokenExpired, "expired"},
		"expired, wrong service": {spoilt(authtest.ExpiresIn(-time.Second), authtest.Claim("aud", "other")), auth.ErrTokenInvalid, "audience"},
		"not yet valid":          {spoilt(authtest.Claim("nbf", time.Now().Add(time.Minute).Unix())), auth.ErrTokenNotYetValid, "not_yet_valid"},
	}
}

func unsigned(t *testing.T, issuer *authtest.Issuer, algorithm string) string {
	t.Helper()
	segments := strings.Split(issuer.Token(), ".")
	return encode([]byte(`{"alg":"`+algorithm+`","kid":"EdDSA-1"}`)) + "." + segments[1] + "."
}

func TestVerifyRefuses(t *testing.T) {
	issuer := authtest.NewIssuer(t, "EdDSA", "RS256")
	synctest.Test(t, func(t *testing.T) {
		s := run(t, issuer.Config(), issuer)
		for name, tc := range refusedTokens(t, issuer) {
			before := s.value(t, "auth_tokens_refused_total", tc.reason)

			got, err := s.Verify(t.Context(), tc.token)

			require.ErrorIs(t, err, tc.want, name)
			require.Zero(t, got, name)
			require.InDelta(t, before+1, s.value(t, "auth_tokens_refused_total", tc.reason), 0, name)
			require.ErrorContains(t, err, "token refused: "+tc.reason, name)
			for _, segment := range strings.Split(tc.token, ".") {
				require.False(t, segment != "" && strings.Contains(err.Error(), segment), "%s: the error quotes the token", name)
			}
		}
	})
}

// A public key is public: it must never be taken for a shared secret.
func TestVerifyRefusesTheConfusionOfPublicKeyAndSecret(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	require.NoError(t, err)
	secrets := map[string][]byte{
		"PEM":     pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"DER":     der,
		"modulus": private.N.Bytes(),
	}
	answer := authtest.KeySet(t, map[string]any{
		"kid": "k", "kty": "RSA", "alg": "RS256", "n": encode(private.N.Bytes()), "e": "AQAB",
	})
	cfg := trusting()
	cfg.Algorithms = auth.KnownAlgorithms()
	synctest.Test(t, func(t *testing.T) {
		s := run(t, cfg, answer)
		claims := jwt.MapClaims{
			"iss": cfg.Issuer, "aud": cfg.Audience, "sub": "root", "exp": time.Now().Add(time.Hour).Unix(),
		}
		sign := func(method jwt.SigningMethod, key any) string {
			token := jwt.NewWithClaims(method, claims)
			token.Header["kid"] = "k"
			signed, err := token.SignedString(key)
			require.NoError(t, err)
			return signed
		}
		_, err := s.Verify(t.Context(), sign(jwt.SigningMethodRS256, private))
		require.NoError(t, err, "the key itself is accepted")
		for name, secret := range secrets {
			_, err := s.Verify(t.Context(), sign(jwt.SigningMethodHS256, secret))
			require.ErrorIs(t, err, auth.ErrTokenInvalid, name)
			require.ErrorContains(t, err, "algorithm", name)
		}
		_, err = s.Verify(t.Context(), sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType))
		require.ErrorContains(t, err, "algorithm")
		_, err = s.Verify(t.Context(), sign(jwt.SigningMethodPS256, private))
		require.ErrorContains(t, err, "algorithm", "the key serves the algorithm that it names, whatever else is allowed")
	})
}

// Whatever is changed about a token makes it another one: there are no two
// spellings of the same token.
func TestVerifyRefusesEveryChange(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	verifier := issuer.Verifier(t)
	token := issuer.Token()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=\r\n "
	refuse := func(t require.TestingT, at int, with byte) {
		_, err := verifier.Verify(context.Background(), token[:at]+string(with)+token[at+1:])
		require.ErrorIs(t, err, auth.ErrTokenInvalid, "%q at %d", with, at)
	}
	others := func(at int) []byte { return []byte(strings.ReplaceAll(alphabet, token[at:at+1], "")) }
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(token)-1).Draw(t, "position")
		refuse(t, at, rapid.SampledFrom(others(at)).Draw(t, "character"))
	})
	// The last character of the signature has bits that decoders tend to ignore.
	for _, with := range others(len(token) - 1) {
		refuse(t, len(token)-1, with)
	}
}

func TestLeewayAndClockDecideOnTime(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	cfg := issuer.Config()
	cfg.Leeway = 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		s := run(t, cfg, issuer)
		token := issuer.Token(authtest.ExpiresIn(time.Minute), authtest.Claim("nbf", time.Now().Add(10*time.Second).Unix()))
		_, err := s.Verify(t.Context(), token)
		require.NoError(t, err, "within the leeway before")

		pass(70*time.Second - time.Nanosecond)
		_, err = s.Verify(t.Context(), token)
		require.NoError(t, err, "within the leeway after")

		pass(time.Nanosecond)
		_, err = s.Verify(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrTokenExpired)
	})

	later := issuer.Verifier(t, auth.WithClock(func() time.Time { return time.Now().Add(time.Hour) }))
	_, err := later.Verify(t.Context(), issuer.Token())
	require.ErrorIs(t, err, auth.ErrTokenExpired)
}

func TestPrincipalTravelsInTheContext(t *testing.T) {
	_, ok := auth.FromContext(t.Context())
	require.False(t, ok)

	want := auth.Principal{Subject: "ada", Roles: []string{"reader"}}
	got, ok := auth.FromContext(auth.NewContext(t.Context(), want))
	require.True(t, ok)
	require.Equal(t, want, got)
}

func trusting() auth.Config {
	cfg := auth.DefaultConfig()
	cfg.Issuer = "https://issuer.example"
	cfg.Audience = "orders"
	cfg.JWKSURL = "https://issuer.example/keys"
	return cfg
}

func TestConfigNamesEveryMistake(t *testing.T) {
	require.NoError(t, trusting().Validate())
	tests := map[string]func(*auth.Config){
		"auth.issuer":               func(c *auth.Config) { c.Issuer = "" },
		"auth.audience":             func(c *auth.Config) { c.Audience = "" },
		"must be an absolute URL":   func(c *auth.Config) { c.JWKSURL = "/keys" },
		"auth.jwks_url":             func(c *auth.Config) { c.JWKSURL = "https://\x7f" },
		"must hold no password":     func(c *auth.Config) { c.JWKSURL = "https://u:p@issuer.example" },
		"auth.allow_http":           func(c *auth.Config) { c.JWKSURL = "http://issuer.example" },
		"must be https":             func(c *auth.Config) { c.JWKSURL = "file://host/keys"; c.AllowHTTP = true },
		"must not be empty":         func(c *auth.Config) { c.Algorithms = nil },
		`"HS256" is not one of`:     func(c *auth.Config) { c.Algorithms = []string{"ES256", "HS256"} },
		`"none" is not one of`:      func(c *auth.Config) { c.Algorithms = []string{"none"} },
		"auth.roles_claim":          func(c *auth.Config) { c.RolesClaim = "" },
		"auth.scopes_claim":         func(c *auth.Config) { c.ScopesClaim = "" },
		"auth.leeway":               func(c *auth.Config) { c.Leeway = time.Hour },
		"auth.max_token_bytes":      func(c *auth.Config) { c.MaxTokenBytes = 0 },
		"auth.refresh_interval":     func(c *auth.Config) { c.RefreshInterval = 0 },
		"auth.unknown_key_interval": func(c *auth.Config) { c.UnknownKeyInterval = 0 },
		"auth.unknown_key_wait":     func(c *auth.Config) { c.UnknownKeyWait = -1 },
		"auth.fetch_timeout":        func(c *auth.Config) { c.FetchTimeout = 0 },
		"auth.max_response_bytes":   func(c *auth.Config) { c.MaxResponseBytes = 0 },
		"auth.max_keys":             func(c *auth.Config) { c.MaxKeys = 0 },
		"auth.cached_tokens":        func(c *auth.Config) { c.CachedTokens = -1 },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := trusting()
			spoil(&cfg)
			require.ErrorContains(t, cfg.Validate(), want)
			_, err := auth.New(cfg, nil, nil)
			require.Error(t, err)
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	algorithms := []string{"EdDSA", "ES256", "RS256"}
	issuer := authtest.NewIssuer(b, algorithms...)
	cfg := issuer.Config()
	cfg.CachedTokens = 0
	verifier, err := auth.New(cfg, newRegistry(), discard(), auth.WithTransport(issuer))
	require.NoError(b, err)
	authtest.Run(b, verifier)
	for _, algorithm := range algorithms {
		benchmarkVerify(b, algorithm, verifier, issuer.Token(authtest.Algorithm(algorithm), authtest.ExpiresIn(time.Hour)))
	}
	benchmarkVerify(b, "again", issuer.Verifier(b), issuer.Token(authtest.ExpiresIn(time.Hour)))
	b.Run("unknown key", func(b *testing.B) {
		token := issuer.Token(authtest.Header("kid", "other"))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verifier.Verify(b.Context(), token); err == nil {
				b.Fatal("accepted")
			}
		}
	})
}

func benchmarkVerify(b *testing.B, name string, verifier *auth.Verifier, token string) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verifier.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
