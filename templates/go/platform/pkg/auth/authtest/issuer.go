// Package authtest is an issuer of tokens for tests: it signs whatever a test
// wants, publishes its keys, and rotates, hangs or fails when told to.
package authtest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/auth"
)

// Audience is the audience of the tokens and of Config.
const Audience = "test-service"

const keysPath = "/.well-known/jwks.json"

// hang is the status that stands for no answer.
const hang = 0

// Issuer signs tokens and serves its keys by HTTP. As an http.RoundTripper it
// answers without a network, which tests in a synctest bubble need. It is safe
// for concurrent use.
type Issuer struct {
	tb     testing.TB
	server *httptest.Server

	mu        sync.Mutex // guards what follows
	status    int
	fetches   int
	made      int
	signing   map[string]signingKey // by algorithm
	published []signingKey
	first     string // the algorithm of tokens that name none
}

// NewIssuer returns an issuer that ends with the test. It has one key for each
// algorithm, of EdDSA, ES256 and RS256, and signs with the first by default.
// Without any it has EdDSA, whose keys take no time to make.
func NewIssuer(tb testing.TB, algorithms ...string) *Issuer {
	tb.Helper()
	if len(algorithms) == 0 {
		algorithms = []string{"EdDSA"}
	}
	i := &Issuer{tb: tb, status: http.StatusOK, signing: map[string]signingKey{}, first: algorithms[0]}
	for _, algorithm := range algorithms {
		i.addKey(algorithm)
	}
	i.server = httptest.NewServer(i)
	tb.Cleanup(func() {
		i.server.CloseClientConnections() // ends the requests that hang
		i.server.Close()
	})
	return i
}

// URL is the name of the issuer, "iss".
func (i *Issuer) URL() string { return i.server.URL }

// Config returns a configuration that trusts the issuer, without leeway.
func (i *Issuer) Config() auth.Config {
	cfg := auth.DefaultConfig()
	cfg.Issuer = i.URL()
	cfg.Audience = Audience
	cfg.JWKSURL = i.URL() + keysPath
	cfg.AllowHTTP = true
	cfg.Leeway = 0
	return cfg
}

// Verifier returns a verifier that has the keys of the issuer and keeps them
// fresh until the test ends.
func (i *Issuer) Verifier(tb testing.TB, opts ...auth.Option) *auth.Verifier {
	tb.Helper()
	verifier, err := auth.New(i.Config(), prometheus.NewRegistry(), slog.New(slog.DiscardHandler), opts...)
	require.NoError(tb, err)
	Run(tb, verifier)
	require.Eventually(tb, func() bool { return verifier.Ready(tb.Context()) == nil },
		10*time.Second, time.Millisecond, "the verifier gets its keys")
	return verifier
}

// Run runs the component of a verifier until the test ends.
func Run(tb testing.TB, verifier *auth.Verifier) {
	tb.Helper()
	component := verifier.Component(func(err error) { tb.Errorf("refresh ended: %v", err) })
	require.NoError(tb, component.Start(tb.Context()))
	ctx := context.WithoutCancel(tb.Context()) // cleanup runs after the test's context has ended
	tb.Cleanup(func() { require.NoError(tb, component.Stop(ctx)) })
}

// Rotate makes new keys and signs with them. The former ones stay published, so
// that their tokens live on.
func (i *Issuer) Rotate() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for algorithm := range i.signing {
		i.addKey(algorithm)
	}
}

// Retire withdraws all keys but those that sign now.
func (i *Issuer) Retire() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = nil
	for _, key := range i.signing {
		i.published = append(i.published, key)
	}
}

// Hang leaves requests for the keys without an answer.
func (i *Issuer) Hang() { i.answer(hang) }

// Fail answers requests for the keys with status.
func (i *Issuer) Fail(status int) { i.answer(status) }

// Recover ends Hang and Fail.
func (i *Issuer) Recover() { i.answer(http.StatusOK) }

// Fetches returns how often the keys were asked for.
func (i *Issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

// ServeHTTP answers requests for the keys.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, document := i.count()
	switch {
	case r.URL.Path != keysPath:
		http.NotFound(w, r)
	case status == hang:
		<-r.Context().Done()
	case status != http.StatusOK:
		w.WriteHeader(status)
	default:
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_ = json.NewEncoder(w).Encode(document) // a caller who has gone cannot be told anything
	}
}

// RoundTrip answers as ServeHTTP does.
func (i *Issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	i.ServeHTTP(rec, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

func (i *Issuer) answer(status int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.status = status
}

// count counts a request and returns what it is answered.
func (i *Issuer) count() (status int, document map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fetches++
	keys := make([]map[string]string, 0, len(i.published))
	for _, key := range i.published {
		keys = append(keys, key.jwk())
	}
	return i.status, map[string]any{"keys": keys}
}

// addKey makes the key that signs with algorithm from now on.
func (i *Issuer) addKey(algorithm string) {
	i.made++
	key, err := newSigningKey(algorithm, fmt.Sprintf("%s-%d", algorithm, i.made))
	if err != nil {
		i.tb.Fatalf("make key: %v", err)
	}
	i.signing[algorithm] = key
	i.published = append(i.published, key)
}
