package graphqlserver

import (
	"context"
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
)

// errStopping is the cause of a context that ends because the server does.
var errStopping = errors.New("the server stops")

// What newcomers are told.
var (
	errFull = apierror.New(apierror.Unavailable, "TOO_MANY_STREAMS", "there are too many streams: try again later")
	errLate = apierror.New(apierror.Unavailable, "SERVER_STOPPING", "this instance is about to stop: try again")
)

// members is a bounded set of what lasts longer than a request. Its members can
// be asked to leave, and waited for.
type members struct {
	limit int
	gauge prometheus.Gauge

	mu        sync.Mutex // guards what follows
	present   map[*member]struct{}
	dismissed error         // nil until dismiss
	empty     chan struct{} // closed when nobody is left after dismiss
}

// member is one of them.
type member struct {
	leave context.CancelCauseFunc
}

func newMembers(limit int, gauge prometheus.Gauge) *members {
	return &members{limit: limit, gauge: gauge, present: map[*member]struct{}{}, empty: make(chan struct{})}
}

// join adds a member that leaves, sooner or later, when leave is called, and then
// calls what join returns, once.
func (m *members) join(leave context.CancelCauseFunc) (left func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.dismissed != nil:
		return nil, errLate
	case len(m.present) >= m.limit:
		return nil, errFull
	}
	newcomer := &member{leave}
	m.present[newcomer] = struct{}{}
	m.gauge.Inc()
	return func() { m.remove(newcomer) }, nil
}

func (m *members) remove(one *member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.present, one)
	m.gauge.Dec()
	if m.dismissed != nil && len(m.present) == 0 {
		close(m.empty)
	}
}

// dismiss asks all members to leave because of cause, lets in no others, and
// waits until all have left or ctx ends. It must be called once.
func (m *members) dismiss(ctx context.Context, cause error) error {
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
