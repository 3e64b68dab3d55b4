package lock

import (
	"context"
	"errors"
	"time"
)

// renewalsPerTTL is how often a lock is renewed in the time it would live without:
// two attempts may fail before it is lost.
const renewalsPerTTL = 3

// Hold runs fn while it holds the lock, and renews the lock for as long as fn runs.
// It returns ErrLocked at once when somebody else has it. When the lock is lost, or
// could not be renewed in time, the context of fn is cancelled with the cause
// ErrLost, and Hold returns that together with the error of fn. A lock that could
// not be renewed lasts for another quarter of ttl, in which fn should stop; one that
// is lost may have its next holder already.
func (l *Locker) Hold(
	ctx context.Context, name string, ttl time.Duration, fn func(ctx context.Context, fence int64) error,
) error {
	taken := time.Now()
	lock, err := l.TryAcquire(ctx, name, ttl)
	if err != nil {
		return err
	}
	held, cancel := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		lock.renew(held, cancel, taken, ttl)
	}()
	// Deferred, so that the lock is given up even if fn panics.
	defer func() {
		cancel(nil)
		<-renewed
		release, stop := context.WithTimeout(context.WithoutCancel(ctx), ttl)
		defer stop()
		// A lock that cannot be released expires by itself.
		_ = lock.Release(release)
	}()
	err = fn(held, lock.Fence())
	if errors.Is(context.Cause(held), ErrLost) {
		return errors.Join(ErrLost, err)
	}
	return err
}

// renew extends the lock until ctx ends, and cancels ctx when the lock is lost. What
// counts is the time before a command was sent: Redis counts from a later one.
func (l *Lock) renew(ctx context.Context, cancel context.CancelCauseFunc, since time.Time, ttl time.Duration) {
	usable := ttl - ttl/4
	expired := time.AfterFunc(time.Until(since.Add(usable)), func() { cancel(ErrLost) })
	defer expired.Stop()
	ticker := time.NewTicker(ttl / renewalsPerTTL)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		since = time.Now()
		switch err := l.extendWithin(ctx, ttl); {
		case err == nil:
			expired.Reset(time.Until(since.Add(usable)))
		case errors.Is(err, ErrLost):
			cancel(err)
			return
		}
	}
}

// extendWithin gives one attempt the time until the next.
func (l *Lock) extendWithin(ctx context.Context, ttl time.Duration) error {
	ctx, stop := context.WithTimeout(ctx, ttl/renewalsPerTTL)
	defer stop()
	return l.Extend(ctx, ttl)
}
