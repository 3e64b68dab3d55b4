// Package loadshed turns requests away when a server has too much to do.
package loadshed

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/outcome"
)

// ReasonOverloaded is the reason of a request that a server did not take on.
const ReasonOverloaded = "OVERLOADED"

// Priority says who is turned away first.
type Priority int

// The priorities, the most important first.
const (
	// Critical is never turned away and takes no place: probes, whose failure
	// would have an instance restarted for being busy.
	Critical Priority = iota + 1
	// Normal is everything that nothing else is said about.
	Normal
	// Sheddable goes first: work that nobody waits for. It may use three
	// quarters of the limit.
	Sheddable
)

// String returns the priority as the label of metrics.
func (p Priority) String() string {
	switch p {
	case Critical:
		return "critical"
	case Sheddable:
		return "sheddable"
	default:
		return "normal"
	}
}

type priorityKey struct{}

// WithPriority returns a context whose requests have this priority.
func WithPriority(ctx context.Context, priority Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, priority)
}

func priorityOf(ctx context.Context) Priority {
	if priority, ok := ctx.Value(priorityKey{}).(Priority); ok {
		return priority
	}
	return Normal
}

// Shedder protects a server from more requests than it can answer in time: it
// bounds how many are in flight, and finds the bound by itself (see limit). What
// is over it is refused at once, which costs next to nothing, instead of slowing
// everything down until nothing is answered in time. Work that is slow by design,
// such as streams and long polls, must not be measured by it: see Check.
type Shedder struct {
	retryAfter time.Duration
	shed       map[Priority]prometheus.Counter
	limitGauge prometheus.Gauge
	inUse      prometheus.Gauge

	mu       sync.Mutex // guards what follows
	limit    limit
	inFlight int
}

// New returns a Shedder for the server with this name, which is a label of the
// metrics that it registers. cfg must be valid.
func New(server string, cfg Config, registry prometheus.Registerer) *Shedder {
	s := &Shedder{
		retryAfter: max(cfg.RetryAfter, 1),
		shed:       map[Priority]prometheus.Counter{},
		limitGauge: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "resilience_shedder_limit",
			Help: "Requests that may be in flight, by server.",
		}),
		inUse: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "resilience_shedder_in_flight",
			Help: "Requests that are in flight and count, by server.",
		}),
		limit: newLimit(cfg, time.Now()),
	}
	shed := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "resilience_shedder_shed_total",
		Help: "Requests that were not taken on, by server and priority.",
	}, []string{"priority"})
	for _, priority := range []Priority{Normal, Sheddable} {
		s.shed[priority] = shed.WithLabelValues(priority.String())
	}
	s.limitGauge.Set(float64(s.limit.current()))
	prometheus.WrapRegistererWith(prometheus.Labels{"server": server}, registry).MustRegister(s.limitGauge, s.inUse, shed)
	return s
}

// Admit takes on a request with the priority of its context. The caller must
// call done once when the request has been answered, with the error that came of
// it. When there is no place, the error is an apierror Unavailable with the
// reason OVERLOADED and a time to come back that differs from caller to caller.
func (s *Shedder) Admit(ctx context.Context) (done func(error), err error) {
	priority := priorityOf(ctx)
	if priority == Critical {
		return func(error) {}, nil
	}
	if !s.enter(priority) {
		return nil, s.overloaded(priority)
	}
	begin := time.Now()
	return func(err error) { s.leave(time.Now(), begin, err) }, nil
}

// Check refuses what Admit would refuse, but takes no place and measures
// nothing. It is for streams: it keeps new ones out while the server has too
// much to do.
func (s *Shedder) Check(ctx context.Context) error {
	priority := priorityOf(ctx)
	s.mu.Lock()
	full := !s.hasRoom(priority)
	s.mu.Unlock()
	if full {
		return s.overloaded(priority)
	}
	return nil
}

// Limit returns how many requests may be in flight now.
func (s *Shedder) Limit() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limit.current()
}

func (s *Shedder) enter(priority Priority) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hasRoom(priority) {
		s.limit.reached()
		return false
	}
	s.inFlight++
	s.limit.used(s.inFlight)
	s.inUse.Set(float64(s.inFlight))
	return true
}

func (s *Shedder) hasRoom(priority Priority) bool {
	most := s.limit.current()
	if priority == Sheddable {
		most = most * 3 / 4
	}
	return priority == Critical || s.inFlight < most
}

func (s *Shedder) leave(now, begin time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	s.inUse.Set(float64(s.inFlight))
	if s.limit.observe(now, now.Sub(begin), err) {
		s.limitGauge.Set(float64(s.limit.current()))
	}
}

func (s *Shedder) overloaded(priority Priority) error {
	s.shed[priority].Inc()
	return outcome.Refuse(apierror.Unavailable, ReasonOverloaded, "the service has too much to do").
		WithRetryAfter(s.retryAfter + rand.N(s.retryAfter)) //nolint:gosec // spreads load, hides nothing
}
