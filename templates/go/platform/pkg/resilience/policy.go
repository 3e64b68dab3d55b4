// Package resilience makes calls to other services that may be slow, failing or
// down.
//
// A Policy puts the blocks around a call to one target, from the outside in:
//
//	Timeout    the call, with all its attempts and waits, ends in time
//	Retry      what failed for a moment is tried again, within a budget
//	Breaker    every attempt is refused while the target is known to be down
//	Bulkhead   few attempts are in flight at once, and few wait
//	(attempt)  one attempt has a timeout of its own
//
// The breaker judges attempts, and ends the retries when it opens. Nobody waits in
// line for a target that is down, and waiting in line is not counted against it.
// One layer retries: where a mesh does, set retry.max_attempts to 1.
package resilience

import (
	"context"
	"log/slog"
	"time"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/outcome"
	"goldpath.local/service/pkg/resilience/retry"
)

// The reasons of errors that this package makes.
const (
	// ReasonCircuitOpen is a call that was not made because its target is down.
	ReasonCircuitOpen = "CIRCUIT_OPEN"
	// ReasonBulkheadFull is a call for which there was no place.
	ReasonBulkheadFull = "BULKHEAD_FULL"
	// ReasonNoTimeLeft is a call that was not made because its caller would not
	// have been there for the answer.
	ReasonNoTimeLeft = "NO_TIME_LEFT"
)

// Policy is how calls to one target are made: see the package for what it
// consists of and in which order. It is safe for concurrent use, and only useful
// when all calls to the target share it.
type Policy struct {
	timeout  Timeout
	attempt  Timeout
	retry    *retry.Retry
	breaker  *Breaker  // nil when left out
	bulkhead *Bulkhead // nil when left out
	classify outcome.Classifier
	metrics  *targetMetrics
}

// Option changes what NewPolicy makes.
type Option func(*Policy)

// WithClassifier replaces outcome.Classify. What it returns must be one of the outcomes;
// anything else counts as Failed.
func WithClassifier(classify outcome.Classifier) Option {
	return func(p *Policy) {
		p.classify = func(err error) outcome.Outcome {
			if end := classify(err); end >= outcome.Success && end <= outcome.Failed {
				return end
			}
			return outcome.Failed
		}
	}
}

// NewPolicy returns the policy for a target, whose name is the label of metrics
// and in logs. cfg must be valid.
func NewPolicy(target string, cfg Config, metrics *Metrics, log *slog.Logger, opts ...Option) *Policy {
	p := &Policy{
		timeout:  NewTimeout(cfg.Timeout.Total, cfg.Timeout.Reserve),
		attempt:  NewTimeout(cfg.Timeout.Attempt, 0),
		classify: outcome.Classify,
		metrics:  metrics.of(target),
	}
	for _, opt := range opts {
		opt(p)
	}
	p.retry = retry.New(cfg.Retry, p.classify, p.metrics.retries, p.metrics.retriesDenied)
	if cfg.Breaker.FailureRatio > 0 {
		p.breaker = newBreaker(target, cfg.Breaker, p.metrics, log, p.classify)
	}
	if cfg.Bulkhead.MaxConcurrent > 0 {
		p.bulkhead = newBulkhead(cfg.Bulkhead, p.metrics)
	}
	return p
}

// Do makes a call that may be made several times: fn must be idempotent.
func (p *Policy) Do(ctx context.Context, fn func(context.Context) error) error {
	return p.run(ctx, true, fn)
}

// Once makes a call that must not be repeated.
func (p *Policy) Once(ctx context.Context, fn func(context.Context) error) error {
	return p.run(ctx, false, fn)
}

func (p *Policy) run(ctx context.Context, repeatable bool, fn func(context.Context) error) error {
	end, err := p.Start(ctx, repeatable, func(_, attempt context.Context) error { return fn(attempt) })
	defer end()
	return err
}

// Start is Do, or Once for what is not repeatable, for calls whose result is used
// after their last attempt, such as the body of a response. Besides the context of
// the attempt fn gets that of the call, which lasts until the caller calls end.
func (p *Policy) Start(
	ctx context.Context, repeatable bool, fn func(call, attempt context.Context) error,
) (end context.CancelFunc, err error) {
	begin := time.Now()
	call, end, err := p.timeout.begin(ctx)
	if err != nil {
		p.metrics.noTimeLeft.Inc()
		return func() {}, p.ended(begin, err)
	}
	panicked := true
	defer func() {
		if panicked {
			end() // nobody else will
		}
	}()
	repeat := p.retry.Once
	if repeatable {
		repeat = p.retry.Do
	}
	err = repeat(call, p.guarded(func(attempt context.Context) error { return fn(call, attempt) }))
	panicked = false
	return end, p.ended(begin, err)
}

// Call is Do for calls that return a value.
func Call[T any](ctx context.Context, p *Policy, fn func(context.Context) (T, error)) (T, error) {
	var value T
	err := p.Do(ctx, func(ctx context.Context) error {
		var err error
		value, err = fn(ctx)
		return err
	})
	return value, err
}

// Admit asks for one call that ends elsewhere, such as a stream: it goes through
// breaker and bulkhead only. The caller must call done once with its error.
func (p *Policy) Admit(ctx context.Context) (done func(error), err error) {
	begin := time.Now()
	p.retry.Deposit()
	leave, err := p.enter(ctx)
	if err != nil {
		return nil, p.ended(begin, err)
	}
	return func(err error) {
		leave(err)
		_ = p.ended(begin, err)
	}, nil
}

// guarded returns fn as one attempt: within breaker, bulkhead and its timeout.
func (p *Policy) guarded(fn func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		leave, err := p.enter(ctx)
		if err != nil {
			return err
		}
		err = errPanicked
		defer func() { leave(err) }()
		err = p.attempt.Do(ctx, fn)
		return err
	}
}

// enter lets one attempt through breaker and bulkhead. leave takes its error.
func (p *Policy) enter(ctx context.Context) (leave func(error), err error) {
	settle, release := func(error) {}, func() {}
	if p.breaker != nil {
		if settle, err = p.breaker.Allow(); err != nil {
			return nil, err
		}
	}
	if p.bulkhead != nil {
		if release, err = p.bulkhead.Acquire(ctx); err != nil {
			settle(err)
			return nil, err
		}
	}
	return func(err error) {
		release()
		settle(err)
		p.metrics.attempts[p.classify(err)].Inc()
	}, nil
}

// ended counts a call and returns its error.
func (p *Policy) ended(begin time.Time, err error) error {
	p.metrics.called(p.classify(err), time.Since(begin))
	return err
}

// TimeoutConfig divides the time of a call.
type TimeoutConfig struct {
	// Total bounds the call with all its attempts and waits.
	Total time.Duration `mapstructure:"total"`
	// Attempt bounds one attempt; 0 leaves it to Total.
	Attempt time.Duration `mapstructure:"attempt"`
	// Reserve is left of the caller's own time, for an answer about a call that
	// was too slow.
	Reserve time.Duration `mapstructure:"reserve"`
}

// Timeout gives a call its share of the time that its context has left.
type Timeout struct {
	limit   time.Duration
	reserve time.Duration
}

// NewTimeout returns a Timeout that gives a call at most limit (0: no limit of
// its own), and always leaves reserve of the caller's time, so that the caller
// can still do something about a call that was too slow.
func NewTimeout(limit, reserve time.Duration) Timeout {
	return Timeout{limit: limit, reserve: reserve}
}

// Do runs fn with a context that ends in time. When nothing is left of the
// caller's time, fn is not run and the error is an apierror Timeout.
func (t Timeout) Do(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	return fn(ctx)
}

// begin is Do for calls whose end is seen elsewhere; they call cancel.
func (t Timeout) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	budget := t.limit
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline) - t.reserve
		if left <= 0 {
			return nil, nil, outcome.Refuse(apierror.Timeout, ReasonNoTimeLeft, "there is no time left for this call")
		}
		if budget == 0 || left < budget {
			budget = left
		}
	}
	if budget == 0 {
		return ctx, func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	return ctx, cancel, nil
}
