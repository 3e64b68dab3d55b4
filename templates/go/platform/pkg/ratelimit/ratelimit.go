// Package ratelimit bounds how often a caller may do something.
//
// All limiters here are the generic cell rate algorithm (GCRA, from ITU-T I.371),
// which behaves as a token bucket but keeps one number per key: a bucket of Burst
// tokens gets a new token every Period/Requests, and a request takes one. In any
// span of time no more than Burst requests and those that the rate allows pass.
package ratelimit

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
)

// Bounds that keep the numbers of the limiters small enough to be exact in Lua.
const (
	maxRequests = 1_000_000_000
	// maxWindow is for the time in which a bucket fills.
	maxWindow = 366 * 24 * time.Hour
	// minInterval is for the time in which one token comes back: limiters count in
	// microseconds, and rounding a short interval would change the rate too much.
	minInterval = 10 * time.Microsecond
)

// Limiter decides about one request of whoever key stands for. An error means that
// it could not decide; that of a context means that the caller has gone.
type Limiter interface {
	Allow(ctx context.Context, key string) (Decision, error)
}

// Quota is a rate and how much of it may be used at once.
type Quota struct {
	// Requests is how many requests may be made per Period in the long run.
	Requests int `mapstructure:"requests"`
	// Period is the time that Requests is meant for.
	Period time.Duration `mapstructure:"period"`
	// Burst is how many requests may come at once after a pause.
	Burst int `mapstructure:"burst"`
}

// Validate reports what would make the quota useless.
func (q Quota) Validate() error {
	if q.Requests < 1 || q.Period <= 0 || q.Burst < 1 {
		return errors.New("requests, period and burst must be positive")
	}
	if q.Requests > maxRequests || q.Interval() < minInterval {
		return errors.New("a rate may be 100000 requests per second at most")
	}
	if float64(q.Interval())*float64(q.Burst) > float64(maxWindow) {
		return errors.New("the burst takes more than a year to come back")
	}
	return nil
}

// Interval returns the time in which one token comes back, rounded up to a whole
// microsecond.
func (q Quota) Interval() time.Duration {
	perMicrosecond := int64(min(max(q.Requests, 1), maxRequests)) * time.Microsecond.Nanoseconds()
	return time.Duration((q.Period.Nanoseconds()+perMicrosecond-1)/perMicrosecond) * time.Microsecond
}

// Decision is what a limiter decided, and what the caller may do next.
type Decision struct {
	// Allowed reports whether the request may go on.
	Allowed bool
	// Policy names the quota that decided.
	Policy string
	// Limit is the size of the bucket: how many requests may come at once.
	Limit int
	// Window is the time in which Limit tokens come back.
	Window time.Duration
	// Remaining is how many more requests may come right now.
	Remaining int
	// ResetAfter is when the bucket is full again if no more requests come.
	ResetAfter time.Duration
	// RetryAfter is when the next request can be allowed; 0 if this one was.
	RetryAfter time.Duration
}

// Decide makes the decision of a limiter that found a bucket which is full again
// after reset, this request included if it was allowed.
func (q Quota) Decide(policy string, allowed bool, reset time.Duration) Decision {
	interval := q.Interval()
	capacity := interval * time.Duration(q.Burst)
	d := Decision{
		Allowed: allowed, Policy: policy,
		Limit: q.Burst, Window: capacity, ResetAfter: reset,
	}
	if allowed {
		d.Remaining = int((capacity - reset) / interval)
	} else {
		d.RetryAfter = reset + interval - capacity
	}
	return d
}

// Err returns nil for a request that is allowed, and otherwise an error of kind
// RateLimited that tells when to try again.
func (d Decision) Err() error {
	if d.Allowed {
		return nil
	}
	return apierror.Newf(apierror.RateLimited, "RATE_LIMITED",
		"too many requests, try again in %d s", seconds(d.RetryAfter))
}

// Metrics measures all limiters of a service.
type Metrics struct {
	decisions      *prometheus.CounterVec
	failed, paused prometheus.Counter
}

// NewMetrics registers the metrics of limiters, once per service.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	decisions := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ratelimit_decisions_total",
		Help: "Decisions by policy and result (allowed, limited).",
	}, []string{"policy", "result"})
	fallbacks := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ratelimit_fallbacks_total",
		Help: "Decisions made by this instance alone: the shared limiter failed, or is left alone (paused).",
	}, []string{"reason"})
	registry.MustRegister(decisions, fallbacks)
	return &Metrics{
		decisions: decisions,
		failed:    fallbacks.WithLabelValues("failed"),
		paused:    fallbacks.WithLabelValues("paused"),
	}
}

func (m *Metrics) measure(policy string, l Limiter) limiter {
	return limiter{
		Limiter: l,
		allowed: m.decisions.WithLabelValues(policy, "allowed"),
		limited: m.decisions.WithLabelValues(policy, "limited"),
	}
}
