package jwks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// firstRetry is the pause after a failed refresh; it doubles up to maxRetry.
const (
	firstRetry = time.Second
	maxRetry   = time.Minute
)

// set is what one fetch found. It never changes.
type set struct {
	keys    map[string]Key
	fetched time.Time
	version uint64 // counts the sets, from 1
}

// What Find answers when it finds no key.
var (
	// ErrNoKeys is no judgement on an id: no keys have been fetched yet.
	ErrNoKeys = errors.New("no keys yet")
	// ErrUnknownKey says that the issuer publishes no usable key with the id.
	ErrUnknownKey = errors.New("unknown key")
)

// Cache holds the keys of the issuer. One loop fetches; requests only read,
// and at most ask the loop to fetch sooner. Whatever the issuer does, the last
// good set stays in force.
type Cache struct {
	cfg       Config
	fetcher   fetcher
	log       *slog.Logger
	refreshes *prometheus.CounterVec
	current   atomic.Pointer[set]
	wake      chan struct{}

	mu       sync.Mutex    // guards what follows, never while a fetch runs
	pending  chan struct{} // closed when the fetch asked for or under way ends; nil if none
	patience time.Time     // until when requests wait for pending
	nextAsk  time.Time     // when requests may ask again
}

// New returns a cache that has no keys until Run fetches them, and registers its
// metrics.
func New(cfg Config, registry prometheus.Registerer, log *slog.Logger) *Cache {
	cfg = cfg.withDefaults()
	c := &Cache{
		cfg:       cfg,
		fetcher:   newFetcher(cfg),
		log:       log,
		refreshes: newRefreshes(),
		wake:      make(chan struct{}, 1),
	}
	registry.MustRegister(c.refreshes, c.age(), c.count())
	return c
}

// Loaded reports whether there are keys. Once there are, no failure of the
// issuer takes them away.
func (c *Cache) Loaded() bool { return c.current.Load() != nil }

// Version returns a number that changes whenever keys are put in force: what was
// decided by earlier ones may not hold any more. It is 0 while there are none.
func (c *Cache) Version() uint64 {
	if found := c.current.Load(); found != nil {
		return found.version
	}
	return 0
}

// Find returns the key with the id. A known one is found at once. For an unknown
// one the issuer is asked, rarely and by one fetch for all, and waited for
// briefly: the id is chosen by a caller who has proved nothing yet. It returns ErrNoKeys,
// ErrUnknownKey, or the error of a ctx that ended.
func (c *Cache) Find(ctx context.Context, id string) (Key, error) {
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
			return Key{}, ctx.Err()
		}
	}
	return c.lookup(id)
}

func (c *Cache) lookup(id string) (Key, error) {
	found := c.current.Load()
	if found == nil {
		return Key{}, ErrNoKeys
	}
	key, ok := found.keys[id]
	if !ok {
		return Key{}, ErrUnknownKey
	}
	return key, nil
}

// ask returns a channel that is closed when the fetch under way or due now has
// ended, and how long to wait for it: not at all when none is due, or when it
// has hung for so long already that waiting helps nobody.
func (c *Cache) ask() (done <-chan struct{}, patience time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Now()
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

func (c *Cache) open(now time.Time) {
	c.pending = make(chan struct{})
	c.patience = now.Add(c.cfg.UnknownKeyWait)
}

// Run fetches at once, then at every interval and whenever asked, until ctx ends.
func (c *Cache) Run(ctx context.Context) error {
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
func (c *Cache) refresh(ctx context.Context) (ignored, err error) {
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
	c.current.Store(&set{keys: keys, fetched: c.cfg.Now(), version: c.Version() + 1})
	return ignored, nil
}

// begin makes requests wait for the fetch that starts, whether it was asked for
// or not.
func (c *Cache) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.wake: // asked for while the timer fired: one fetch serves both
	default:
	}
	if c.pending == nil {
		c.open(c.cfg.Now())
	}
}

func (c *Cache) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.pending)
	c.pending = nil
}

// report counts the result and logs what is new compared to last, the previous
// report.
func (c *Cache) report(ctx context.Context, ignored, err error, last string) string {
	result := resultOK
	switch {
	case errors.Is(err, errAnswer):
		result = resultInvalid
	case err != nil:
		result = resultUnreachable
	}
	c.refreshes.WithLabelValues(result).Inc()

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
