// Package streams holds what lasts longer than a request: subscriptions, the
// connections that carry them, and why they end.
package streams

import (
	"context"
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
)

// Causes of the contexts of streams.
var (
	// ErrStopping ends them because the server stops.
	ErrStopping = errors.New("the server stops")
	// ErrExpired ends those of a caller whose credentials have ended.
	ErrExpired = apierror.New(apierror.Unauthenticated, "TOKEN_EXPIRED", "the token has expired: subscribe with a new one")
)

// What newcomers are told.
var (
	errFull = apierror.New(apierror.Unavailable, "TOO_MANY_STREAMS", "there are too many streams: try again later")
	errMine = apierror.New(apierror.Unavailable, "TOO_MANY_STREAMS_OF_CALLER", "you have too many streams: close one first")
	errLate = apierror.New(apierror.Unavailable, "SERVER_STOPPING", "this instance is about to stop: try again")
)

// Members is a bounded set of what lasts longer than a request. Its members can
// be asked to leave, and waited for. It is safe for concurrent use.
type Members struct {
	limit, perCaller int
	gauge            prometheus.Gauge

	mu        sync.Mutex // guards what follows
	present   map[*Member]struct{}
	callers   map[string]int // how many members each has
	dismissed error          // nil until Dismiss
	empty     chan struct{}  // closed when nobody is left after Dismiss
}

// Member is one of them.
type Member struct {
	of     *Members
	leave  context.CancelCauseFunc
	caller string // "" until Claim
}

// NewMembers returns an empty set of at most limit members, which gauge counts,
// and of at most perCaller of each caller.
func NewMembers(limit, perCaller int, gauge prometheus.Gauge) *Members {
	return &Members{
		limit: limit, perCaller: perCaller, gauge: gauge,
		present: map[*Member]struct{}{}, callers: map[string]int{}, empty: make(chan struct{}),
	}
}

// Join adds a member that leaves, sooner or later, when leave is called, and then
// calls Leave, once. The error says to the client why there is no place.
func (m *Members) Join(leave context.CancelCauseFunc) (*Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.dismissed != nil:
		return nil, errLate
	case len(m.present) >= m.limit:
		return nil, errFull
	}
	newcomer := &Member{of: m, leave: leave}
	m.present[newcomer] = struct{}{}
	m.gauge.Inc()
	return newcomer, nil
}

// Claim counts a member as one of caller's, unless that is "" or they have as many
// as they may. It must be called once at most.
func (one *Member) Claim(caller string) error {
	m := one.of
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case caller == "":
		return nil
	case m.callers[caller] >= m.perCaller:
		return errMine
	}
	m.callers[caller]++
	one.caller = caller
	return nil
}

// Leave removes a member. It must be called once.
func (one *Member) Leave() {
	m := one.of
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.present, one)
	if m.callers[one.caller]--; m.callers[one.caller] <= 0 {
		delete(m.callers, one.caller)
	}
	m.gauge.Dec()
	if m.dismissed != nil && len(m.present) == 0 {
		close(m.empty)
	}
}

// Dismiss asks all members to leave because of cause, lets in no others, and
// waits until all have left or ctx ends. It must be called once.
func (m *Members) Dismiss(ctx context.Context, cause error) error {
	m.mu.Lock()
	m.dismissed = cause
	for one := range m.present {
		one.leave(cause)
	}
	if len(m.present) == 0 {
		close(m.empty)
	}
	m.mu.Unlock()
	select {
	case <-m.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
