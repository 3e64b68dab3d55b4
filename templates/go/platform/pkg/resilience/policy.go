package resilience

import (
	"context"
	"log/slog"
	"time"
)

// Policy is how calls to one target are made: see the package for what it
// consists of and in which order. It is safe for concurrent use, and only useful
// when all calls to the target share it.
type Policy struct {
	timeout  Timeout
	attempt  Timeout
	retry    *Retry
	breaker  *Breaker  // nil when left out
	bulkhead *Bulkhead // nil when left out
	classify Classifier
	metrics  *targetMetrics
}

// Option changes what NewPolicy makes.
type Option func(*Policy)

// WithClassifier replaces Classify. What it returns must be one of the outcomes;
// anything else counts as Failed.
func WithClassifier(classify Classifier) Option {
	return func(p *Policy) {
		p.classify = func(err error) Outcome {
			if outcome := classify(err); outcome >= Success && outcome <= Failed {
				return outcome
			}
			return Failed
		}
	}
}

// NewPolicy returns the policy for a target, whose name is the label of metrics
// and in logs. cfg must be valid.
func NewPolicy(target string, cfg Config, metrics *Metrics, log *slog.Logger, opts ...Option) *Policy {
	p := &Policy{
		timeout:  NewTimeout(cfg.Timeout.Total, cfg.Timeout.Reserve),
		attempt:  NewTimeout(cfg.Timeout.Attempt, 0),
		classify: Classify,
		metrics:  metrics.of(target),
	}
	for _, opt := range opts {
		opt(p)
	}
	p.retry = newRetry(cfg.Retry, p.metrics, p.classify)
	if cfg.Breaker.FailureRatio > 0 {
		p.breaker = newBreaker(target, cfg.Breaker, p.metrics, log, p.classify)
	}
	if cfg.Bulkhead.MaxConcurrent > 0 {
		p.bulkhead = newBulkhead(cfg.Bulkhead, p.metrics)
	}
	return p
}

// Do makes a call that may be made several times: fn must be idempotent, and
// must have stopped using its context when it returns.
func (p *Policy) Do(ctx context.Context, fn func(context.Context) error) error {
	return p.timed(ctx, p.retry.Do, fn)
}

// Once makes a call that must not be repeated. Everything but the retries
// applies.
func (p *Policy) Once(ctx context.Context, fn func(context.Context) error) error {
	return p.timed(ctx, p.retry.Once, fn)
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
	p.retry.budget.Deposit()
	leave, err := p.enter(ctx)
	if err != nil {
		return nil, p.ended(begin, err)
	}
	return func(err error) {
		leave(err)
		_ = p.ended(begin, err)
	}, nil
}

// repeater is Do or Once of a Retry.
type repeater func(context.Context, func(context.Context) error) error

func (p *Policy) timed(ctx context.Context, repeat repeater, fn func(context.Context) error) error {
	begin := time.Now()
	ctx, cancel, err := p.begin(ctx)
	if err != nil {
		return p.ended(begin, err)
	}
	defer cancel()
	return p.ended(begin, repeat(ctx, p.guarded(fn)))
}

// begin gives a call its time.
func (p *Policy) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	ctx, cancel, err := p.timeout.begin(ctx)
	if err != nil {
		p.metrics.noTimeLeft.Inc()
	}
	return ctx, cancel, err
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
