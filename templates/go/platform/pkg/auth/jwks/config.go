// Package jwks keeps the public keys that an issuer of tokens publishes as a
// JSON Web Key Set (RFC 7517), and finds them for who verifies signatures.
package jwks

import (
	"net/http"
	"time"
)

// Config says where the keys are and what fetching them may cost. All bounds
// must be positive; UnknownKeyWait may be zero.
type Config struct {
	// URL is where the issuer publishes its keys.
	URL string
	// Algorithms are the signatures that a key may serve.
	Algorithms []string
	// RefreshInterval is how often the keys are fetched.
	RefreshInterval time.Duration
	// UnknownKeyInterval is the least time between two fetches that unknown ids
	// cause, and UnknownKeyWait how long Find may wait for one.
	UnknownKeyInterval time.Duration
	UnknownKeyWait     time.Duration
	// FetchTimeout bounds one fetch, MaxResponseBytes its answer and MaxKeys the
	// number of keys in it.
	FetchTimeout     time.Duration
	MaxResponseBytes int64
	MaxKeys          int
	// Transport fetches the keys; without it they come by a plain connection.
	Transport http.RoundTripper
	// Now tells the time; without it, that is time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Transport == nil {
		// The next fetch is minutes away: no connection is kept.
		c.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
