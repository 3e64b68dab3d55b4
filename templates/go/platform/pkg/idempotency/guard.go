package idempotency

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config says how long keys are remembered, and how much of an answer.
type Config struct {
	// Lease is how long a key is blocked by a request of which nobody knows whether
	// it did its work, for instance because the process was killed. It must be longer
	// than any request may take: when it is over, the next one does the work again.
	Lease time.Duration `mapstructure:"lease"`
	// Retention is how long an answer is repeated.
	Retention time.Duration `mapstructure:"retention"`
	// MaxBodyBytes bounds the body of a stored answer.
	MaxBodyBytes int `mapstructure:"max_body_bytes"`
	// StoreTimeout bounds one access to the store.
	StoreTimeout time.Duration `mapstructure:"store_timeout"`
}

// Validate reports every value that makes no sense.
func (c Config) Validate() error {
	var errs []error
	if c.StoreTimeout <= 0 || c.Lease <= c.StoreTimeout || c.Retention < c.Lease {
		errs = append(errs, errors.New("idempotency: 0 < store_timeout < lease <= retention must hold"))
	}
	if c.MaxBodyBytes < 0 {
		errs = append(errs, errors.New("idempotency.max_body_bytes must not be negative"))
	}
	return errors.Join(errs...)
}

// Guard lets each key do its work once. When its store fails, so does Begin: a request
// that asks to be done once must not go on without.
type Guard struct {
	store Store
	cfg   Config
}

// NewGuard returns a Guard on store.
func NewGuard(store Store, cfg Config) (*Guard, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Guard{store, cfg}, nil
}

// On returns the same Guard on another store. With a store in the transaction of the
// work, Complete takes effect if and only if the work does:
//
//	guard.On(pgstore.New(tx)).Complete(ctx, attempt, response)
func (g *Guard) On(store Store) *Guard { return &Guard{store, g.cfg} }

// Begin starts an attempt at key. The scope says whose keys these are, usually the
// authenticated principal: without it, whoever guesses a key is shown the answer that
// somebody else got. If the Outcome is New, the caller does the work and then calls
// Finish, or leaves the key taken if it panics.
func (g *Guard) Begin(ctx context.Context, scope, key, fingerprint string) (Attempt, error) {
	if scope == "" || key == "" {
		return Attempt{}, errors.New("an idempotency key needs a scope")
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.StoreTimeout)
	defer cancel()
	claim := Claim{
		ID:          Fingerprint([]byte(scope), []byte(key)),
		Fingerprint: fingerprint,
		Owner:       rand.Text(),
	}
	found, err := g.store.Begin(ctx, claim, g.cfg.Lease)
	if err != nil {
		return Attempt{}, fmt.Errorf("begin idempotent request: %w", err)
	}
	return Attempt{found, claim}, nil
}

// Finish ends an attempt: with Complete if the response answers every repetition too,
// and with Abandon if nothing was done. Otherwise nobody knows whether the work was
// done, and the key stays taken until its lease ends. failure is why the response
// is no success, if the caller knows: errors with a method SafeToRetry, as pgconn and
// outcome have them, say that nothing was done.
func (g *Guard) Finish(ctx context.Context, attempt Attempt, response Response, failure error) error {
	switch {
	case isFinal(response.Status):
		return g.Complete(ctx, attempt, response)
	case response.Status < statusServerError || safeToRetry(failure):
		return g.Abandon(ctx, attempt)
	default:
		return nil
	}
}

const statusServerError = 500

// isFinal reports whether a repetition would get the same answer.
func isFinal(status int) bool {
	const requestTimeout, tooEarly, tooManyRequests = 408, 425, 429
	return status < statusServerError && status != requestTimeout && status != tooEarly && status != tooManyRequests
}

func safeToRetry(err error) bool {
	var before interface{ SafeToRetry() bool }
	return errors.As(err, &before) && before.SafeToRetry()
}

// Complete stores the answer to the key: its status, the fields that describe the body
// or name what was made, and the body unless it is too large. It goes on when ctx is
// cancelled, since the work is done.
func (g *Guard) Complete(ctx context.Context, attempt Attempt, response Response) error {
	ctx, cancel := g.detached(ctx)
	defer cancel()
	if err := g.store.Complete(ctx, attempt.claim, g.storable(response), g.cfg.Retention); err != nil {
		return fmt.Errorf("complete idempotent request: %w", err)
	}
	return nil
}

// Abandon gives the key back. It goes on when ctx is cancelled.
func (g *Guard) Abandon(ctx context.Context, attempt Attempt) error {
	ctx, cancel := g.detached(ctx)
	defer cancel()
	if err := g.store.Abandon(ctx, attempt.claim); err != nil {
		return fmt.Errorf("abandon idempotent request: %w", err)
	}
	return nil
}

func (g *Guard) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), g.cfg.StoreTimeout)
}

// storable returns what is kept of response.
func (g *Guard) storable(response Response) Response {
	kept := Response{Status: response.Status, BodyOmitted: len(response.Body) > g.cfg.MaxBodyBytes}
	if !kept.BodyOmitted {
		kept.Body = slices.Clone(response.Body)
	}
	for name, values := range response.Header {
		if isRepeated(name) && size(values) <= maxFieldBytes {
			if kept.Header == nil {
				kept.Header = map[string][]string{}
			}
			kept.Header[name] = slices.Clone(values)
		}
	}
	return kept
}

// maxFieldBytes bounds the value of a field that is stored.
const maxFieldBytes = 2 << 10

// isRepeated reports whether a field belongs to the answer. Others belong to the one
// exchange (dates, ids, limits) or to the client (cookies).
func isRepeated(name string) bool {
	switch strings.ToLower(name) {
	case "content-type", "content-language", "content-location", "etag", "last-modified", "location":
		return true
	default:
		return false
	}
}

func size(values []string) int {
	total := 0
	for _, value := range values {
		total += len(value)
	}
	return total
}
