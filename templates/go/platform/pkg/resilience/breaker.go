package resilience

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/outcome"
)

// BreakerConfig says when a target counts as down, and for how long.
type BreakerConfig struct {
	// FailureRatio is the share of the attempts within Window that must fail to
	// open the breaker, e.g. 0.5; 0 leaves the breaker out.
	FailureRatio float64 `mapstructure:"failure_ratio"`
	// MinCalls is how many attempts there must be within Window before their
	// share means anything.
	MinCalls int `mapstructure:"min_calls"`
	// Window is how long an attempt is remembered.
	Window time.Duration `mapstructure:"window"`
	// OpenTimeout is how long an open breaker refuses everything before it lets
	// a few attempts through.
	OpenTimeout time.Duration `mapstructure:"open_timeout"`
	// HalfOpenCalls is how many attempts are let through then; they must all
	// succeed to close the breaker.
	HalfOpenCalls int `mapstructure:"half_open_calls"`
}

// windowBuckets is how finely a window moves on.
const windowBuckets = 10

// errPanicked stands for the error of a call that panicked.
var errPanicked = errors.New("call panicked")

// Breaker refuses calls to a target that is down, so that callers fail fast and
// the target can recover (Nygard, "Release It!": Circuit Breaker). Only what the
// classifier calls Transient or Failed opens it: mistakes of the caller,
// cancelled calls and throttling do not.
type Breaker struct {
	circuit     *gobreaker.TwoStepCircuitBreaker[struct{}]
	openTimeout time.Duration
	openedAt    atomic.Pointer[time.Time]
	metrics     *targetMetrics
}

// NewBreaker returns a closed breaker. It logs every change, with the name of
// the target.
func NewBreaker(target string, cfg BreakerConfig, metrics *Metrics, log *slog.Logger, classify outcome.Classifier) *Breaker {
	return newBreaker(target, cfg, metrics.of(target), log, classify)
}

func newBreaker(target string, cfg BreakerConfig, metrics *targetMetrics, log *slog.Logger, classify outcome.Classifier) *Breaker {
	b := &Breaker{openTimeout: cfg.OpenTimeout, metrics: metrics}
	b.circuit = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:         target,
		MaxRequests:  uint32(max(cfg.HalfOpenCalls, 1)), //nolint:gosec // validated to be small
		Interval:     cfg.Window,
		BucketPeriod: cfg.Window / windowBuckets,
		Timeout:      cfg.OpenTimeout,
		ReadyToTrip:  func(counts gobreaker.Counts) bool { return tooManyFailures(cfg, counts) },
		IsSuccessful: func(err error) bool { return classify(err) == outcome.Success },
		IsExcluded: func(err error) bool {
			end := classify(err)
			return end == outcome.Ignored || end == outcome.Throttled
		},
		OnStateChange: func(_ string, from, to gobreaker.State) {
			b.changed(to)
			log.Warn("circuit breaker changed", "target", target, "from", from.String(), "to", to.String())
		},
	})
	b.show(gobreaker.StateClosed)
	return b
}

func tooManyFailures(cfg BreakerConfig, counts gobreaker.Counts) bool {
	judged := counts.TotalSuccesses + counts.TotalFailures
	return int64(judged) >= int64(cfg.MinCalls) &&
		float64(counts.TotalFailures) >= cfg.FailureRatio*float64(judged)
}

// Allow asks for one call. The caller must call done with its error, once; nil
// is a success. The error is an apierror Unavailable with the reason
// CIRCUIT_OPEN and, if it is known, the time until calls are let through again.
func (b *Breaker) Allow() (done func(error), err error) {
	done, err = b.circuit.Allow()
	if err != nil {
		b.metrics.circuitOpen.Inc()
		return nil, outcome.Refuse(apierror.Unavailable, ReasonCircuitOpen, "a service that is needed for this is down").
			WithRetryAfter(b.untilHalfOpen())
	}
	return done, nil
}

// Do runs fn unless the breaker is open. A panic counts as a failure and goes on.
func (b *Breaker) Do(ctx context.Context, fn func(context.Context) error) error {
	done, err := b.Allow()
	if err != nil {
		return err
	}
	err = errPanicked
	defer func() { done(err) }()
	err = fn(ctx)
	return err
}

// State returns closed, half-open or open.
func (b *Breaker) State() string { return b.circuit.State().String() }

func (b *Breaker) untilHalfOpen() time.Duration {
	opened := b.openedAt.Load()
	if opened == nil {
		return 0
	}
	return max(b.openTimeout-time.Since(*opened), 0)
}

// changed is called by the library while it holds its lock.
func (b *Breaker) changed(to gobreaker.State) {
	if to == gobreaker.StateOpen {
		now := time.Now()
		b.openedAt.Store(&now)
	}
	b.metrics.breakerChanges.WithLabelValues(to.String()).Inc()
	b.show(to)
}

func (b *Breaker) show(now gobreaker.State) {
	for _, state := range []gobreaker.State{gobreaker.StateClosed, gobreaker.StateHalfOpen, gobreaker.StateOpen} {
		value := 0.0
		if state == now {
			value = 1
		}
		b.metrics.breakerState.WithLabelValues(state.String()).Set(value)
	}
}
