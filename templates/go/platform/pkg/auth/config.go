// Package auth verifies the bearer tokens of callers (RFC 6750, RFC 7519) by the
// keys that their issuer publishes.
package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"goldpath.local/service/pkg/auth/jwks"
)

// maxLeeway is what RFC 7519 calls "a few minutes" of clock skew.
const maxLeeway = 5 * time.Minute

// maxCachedTokens bounds what their memory takes, at some 500 bytes each.
const maxCachedTokens = 1_000_000

// Config says whose tokens are accepted and what fetching the keys may cost.
type Config struct {
	// Issuer is the exact "iss" of accepted tokens.
	Issuer string `mapstructure:"issuer"`
	// Audience is the name of this service, which "aud" must hold.
	Audience string `mapstructure:"audience"`
	// JWKSURL is where the issuer publishes its keys.
	JWKSURL string `mapstructure:"jwks_url"`
	// AllowHTTP accepts a JWKSURL without TLS, which otherwise must lead to this
	// machine. Set it only where something else protects the way, such as a
	// mesh: who can change the keys can be anyone.
	AllowHTTP bool `mapstructure:"allow_http"`
	// Algorithms are the accepted signatures; see KnownAlgorithms.
	Algorithms []string `mapstructure:"algorithms"`
	// RolesClaim and ScopesClaim name the claims that become Principal.Roles and
	// Principal.Scopes: a list of strings, or one string of words.
	RolesClaim  string `mapstructure:"roles_claim"`
	ScopesClaim string `mapstructure:"scopes_claim"`
	// Leeway is how far the clocks of issuer and service may differ.
	Leeway time.Duration `mapstructure:"leeway"`
	// MaxTokenBytes bounds a token; longer ones are not looked at.
	MaxTokenBytes int `mapstructure:"max_token_bytes"`
	// CachedTokens is how many verified tokens are remembered, those used last, so
	// that they are not verified again with every request; 0 remembers none. None
	// is remembered beyond its end, or when the keys are fetched anew.
	CachedTokens int `mapstructure:"cached_tokens"`
	// RefreshInterval is how often the keys are fetched. A key that the issuer
	// withdraws is accepted for that long.
	RefreshInterval time.Duration `mapstructure:"refresh_interval"`
	// UnknownKeyInterval is the least time between two fetches that tokens with
	// an unknown key cause.
	UnknownKeyInterval time.Duration `mapstructure:"unknown_key_interval"`
	// UnknownKeyWait is how long such a token may wait for the fetch.
	UnknownKeyWait time.Duration `mapstructure:"unknown_key_wait"`
	// FetchTimeout bounds one fetch.
	FetchTimeout time.Duration `mapstructure:"fetch_timeout"`
	// MaxResponseBytes bounds the document with the keys.
	MaxResponseBytes int64 `mapstructure:"max_response_bytes"`
	// MaxKeys bounds the number of keys in it.
	MaxKeys int `mapstructure:"max_keys"`
}

// DefaultConfig returns a configuration that lacks Issuer, Audience and JWKSURL only.
func DefaultConfig() Config {
	return Config{
		Algorithms:         []string{"EdDSA", "ES256", "RS256"},
		RolesClaim:         "roles",
		ScopesClaim:        "scope",
		Leeway:             30 * time.Second,
		MaxTokenBytes:      8 << 10,
		CachedTokens:       4096,
		RefreshInterval:    15 * time.Minute,
		UnknownKeyInterval: 10 * time.Second,
		UnknownKeyWait:     250 * time.Millisecond,
		FetchTimeout:       5 * time.Second,
		MaxResponseBytes:   64 << 10,
		MaxKeys:            32,
	}
}

// KnownAlgorithms returns what Config.Algorithms may hold. All are asymmetric:
// with a shared secret every verifier could issue tokens, and a public key could
// be taken for one (RFC 8725, 2.1).
func KnownAlgorithms() []string {
	return []string{"EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}
}

// keys returns what of the configuration concerns the keys.
func (c Config) keys() jwks.Config {
	return jwks.Config{
		URL:                c.JWKSURL,
		Algorithms:         c.Algorithms,
		RefreshInterval:    c.RefreshInterval,
		UnknownKeyInterval: c.UnknownKeyInterval,
		UnknownKeyWait:     c.UnknownKeyWait,
		FetchTimeout:       c.FetchTimeout,
		MaxResponseBytes:   c.MaxResponseBytes,
		MaxKeys:            c.MaxKeys,
		Now:                time.Now,
	}
}

// Validate returns everything that is wrong with the configuration at once.
func (c Config) Validate() error {
	errs := []error{
		check(c.Issuer != "", "auth.issuer is required"),
		check(c.Audience != "", "auth.audience is required"),
		c.validateURL(),
		check(len(c.Algorithms) > 0, "auth.algorithms must not be empty"),
		check(c.RolesClaim != "" && c.ScopesClaim != "", "auth.roles_claim and auth.scopes_claim are required"),
		check(c.Leeway >= 0 && c.Leeway <= maxLeeway, "auth.leeway must be between 0 and 5m"),
		check(c.MaxTokenBytes > 0, "auth.max_token_bytes must be positive"),
		check(c.CachedTokens >= 0 && c.CachedTokens <= maxCachedTokens, "auth.cached_tokens must be between 0 and 1000000"),
		check(c.RefreshInterval > 0, "auth.refresh_interval must be positive"),
		check(c.UnknownKeyInterval > 0, "auth.unknown_key_interval must be positive"),
		check(c.UnknownKeyWait >= 0, "auth.unknown_key_wait must not be negative"),
		check(c.FetchTimeout > 0, "auth.fetch_timeout must be positive"),
		check(c.MaxResponseBytes > 0, "auth.max_response_bytes must be positive"),
		check(c.MaxKeys > 0, "auth.max_keys must be positive"),
	}
	for _, name := range c.Algorithms {
		if !slices.Contains(KnownAlgorithms(), name) {
			errs = append(errs, fmt.Errorf("auth.algorithms: %q is not one of %v", name, KnownAlgorithms()))
		}
	}
	return errors.Join(errs...)
}

func (c Config) validateURL() error {
	address, err := url.Parse(c.JWKSURL)
	switch {
	case err != nil || address.Host == "":
		return errors.New("auth.jwks_url must be an absolute URL")
	case address.User != nil:
		return errors.New("auth.jwks_url must hold no password")
	case address.Scheme == "https", address.Scheme == "http" && (c.AllowHTTP || isLoopback(address.Hostname())):
		return nil
	default:
		return errors.New("auth.jwks_url must be https, or http with auth.allow_http")
	}
}

// isLoopback reports whether host is an address of this machine. Names are not:
// who answers for them decides a resolver.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func check(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
