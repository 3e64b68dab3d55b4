package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// firstRetry is the pause after a failed refresh; it doubles up to maxRetry.
const (
	firstRetry = time.Second
	maxRetry   = time.Minute
)

// keySet is what one fetch found. It never changes.
type keySet struct {
	keys    map[string]verificationKey
	fetched time.Time
}

// keyCache holds the keys of the issuer. One loop fetches; requests only read,
// and at most ask the loop to fetch sooner. Whatever the issuer does, the last
// good set stays in force.
type keyCache struct {
	cfg     Config
	fetcher fetcher
	log     *slog.Logger
	metrics *metrics
	now     func() time.Time
	current atomic.Pointer[keySet]
	wake    chan struct{}

	mu       sync.Mutex    // guards what follows, never while a fetch runs
	pending  chan struct{} // closed when the fetch asked for or under way ends; nil if none
	patience time.Time     // until when requests wait for pending
	nextAsk  time.Time     // when requests may ask again
}

// find returns the key with the id. A known one is found at once. For an unknown
// one the issuer is asked, rarely and by one fetch for all, and waited for
// briefly: the id is chosen by a caller who has proved nothing yet.
func (c *keyCache) find(ctx context.Context, id string) (verificationKey, error) {
	if key, err := c.lookup(id); err == nil {
		return key, nil
	}
	if done, patience := c.ask(); patience > 0 {
		timeout := time.NewTimer(patience)
		defer timeout.Stop()
		select {
		case <-done:
		case <-timeout.C:
		case <-ctx.Done():
			return verificationKey{}, ctx.Err()
		}
	}
	return c.lookup(id)
}

func (c *keyCache) lookup(id string) (verificationKey, error) {
	set := c.current.Load()
	if set == nil {
		return verificationKey{}, errNoKeys
	}
	key, ok := set.keys[id]
	if !ok {
		return verificationKey{}, errUnknownKey
	}
	return key, nil
}

// ask returns a channel that is closed when the fetch under way or due now has
// ended, and how long to wait for it: not at all when none is due, or when it
// has hung for so long already that waiting helps nobody.
func (c *keyCache) ask() (done <-chan struct{}, patience time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	switch {
	case c.pending != nil:
	case now.Before(c.nextAsk):
		return nil, 0
	default:
		c.nextAsk = now.Add(c.cfg.UnknownKeyInterval)
		c.open(now)
		c.wake <- struct{}{} // has room: it is emptied before pending is nil again
	}
	return c.pending, c.patience.Sub(now)
}

func (c *keyCache) open(now time.Time) {
	c.pending = make(chan struct{})
	c.patience = now.Add(c.cfg.UnknownKeyWait)
}

// run fetches at once, then at every interval and whenever asked, until ctx ends.
func (c *keyCache) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failures, reported := 0, ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-c.wake:
		}
		ignored, err := c.refresh(ctx)
		if ctx.Err() != nil {
			return nil
		}
		failures++
		if err == nil {
			failures = 0
		}
		reported = c.report(ctx, ignored, err, reported)
		timer.Reset(pause(c.cfg.RefreshInterval, failures))
	}
}

// pause returns the time to the next fetch after so many failures in a row.
func pause(interval time.Duration, failures int) time.Duration {
	if failures == 0 {
		return interval
	}
	retry := firstRetry << min(failures-1, 10)
	return min(retry, maxRetry, interval)
}

// refresh fetches once and puts what it found in force.
func (c *keyCache) refresh(ctx context.Context) (ignored, err error) {
	c.begin()
	defer c.end()
	document, err := c.fetcher.fetch(ctx)
	if err != nil {
		return nil, err
	}
	keys, ignored, err := parseKeys(document, c.cfg.Algorithms, c.cfg.MaxKeys)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	c.current.Store(&keySet{keys: keys, fetched: c.now()})
	return ignored, nil
}

// begin makes requests wait for the fetch that starts, whether it was asked for
// or not.
func (c *keyCache) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.wake: // asked for while the timer fired: one fetch serves both
	default:
	}
	if c.pending == nil {
		c.open(c.now())
	}
}

func (c *keyCache) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.pending)
	c.pending = nil
}

// report counts the result and logs what is new compared to last, the previous
// report.
func (c *keyCache) report(ctx context.Context, ignored, err error, last string) string {
	result := resultOK
	switch {
	case errors.Is(err, errAnswer):
		result = resultInvalid
	case err != nil:
		result = resultUnreachable
	}
	c.metrics.refreshes.WithLabelValues(result).Inc()

	text := fmt.Sprint(err, ignored)
	switch {
	case text == last:
	case err != nil:
		c.log.ErrorContext(ctx, "signing keys not refreshed", "error", err)
	case ignored != nil:
		c.log.WarnContext(ctx, "signing keys refreshed, some ignored", "error", ignored)
	default:
		c.log.InfoContext(ctx, "signing keys refreshed")
	}
	return text
}
