package loadshed

import (
	"context"
	"errors"
	"math"
	"time"
)

// Config says what too much is.
type Config struct {
	// TargetLatency is how long requests should take at most: the latency of the
	// service level objective, or a little less.
	TargetLatency time.Duration `mapstructure:"target_latency"`
	// InitialLimit is how many requests may be in flight to begin with.
	InitialLimit int `mapstructure:"initial_limit"`
	// MinLimit and MaxLimit are never passed.
	MinLimit int `mapstructure:"min_limit"`
	MaxLimit int `mapstructure:"max_limit"`
	// Window is how often the limit is looked at again.
	Window time.Duration `mapstructure:"window"`
	// RetryAfter is how long those who are turned away are asked to stay away; up
	// to as much again is added at random.
	RetryAfter time.Duration `mapstructure:"retry_after"`
}

// DefaultConfig returns a Shedder for requests that should be answered
// within half a second.
func DefaultConfig() Config {
	return Config{
		TargetLatency: 500 * time.Millisecond,
		InitialLimit:  64,
		MinLimit:      8,
		MaxLimit:      1024,
		Window:        time.Second,
		RetryAfter:    time.Second,
	}
}

// Validate reports values that make no sense.
func (c Config) Validate() error {
	return errors.Join(
		check(c.TargetLatency > 0, "target_latency must be positive"),
		check(c.MinLimit >= 1, "min_limit must be at least 1"),
		check(c.MinLimit <= c.InitialLimit && c.InitialLimit <= c.MaxLimit, "initial_limit must be between min_limit and max_limit"),
		check(c.Window > 0, "window must be positive"),
		check(c.RetryAfter > 0, "retry_after must be positive"),
	)
}

func check(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}

const (
	// slowShare of the requests of a window over the target are too many.
	slowShare = 0.1
	// shrink is what a limit is multiplied by when too many were slow.
	shrink = 0.9
	// minSamples is how many requests a window needs to mean anything.
	minSamples = 10
)

// limit is a concurrency limit that follows the latency, by additive increase and
// multiplicative decrease, as congestion windows do in TCP (Chiu and Jain, 1989) and
// as in Netflix's concurrency-limits. See adapt. It is not safe for concurrent use.
type limit struct {
	cfg    Config
	value  float64
	begin  time.Time // of the window, as are all that follow
	total  int
	slow   int
	peak   int
	atFull bool
}

func newLimit(cfg Config, now time.Time) limit {
	return limit{cfg: cfg, value: float64(cfg.InitialLimit), begin: now}
}

func (l *limit) current() int { return int(l.value) }

// used notes how many requests are in flight.
func (l *limit) used(inFlight int) {
	l.peak = max(l.peak, inFlight)
	if inFlight >= l.current() {
		l.atFull = true
	}
}

// reached notes that somebody was turned away.
func (l *limit) reached() { l.atFull = true }

// observe notes the end of a request and reports whether the window ended with it.
// One that its caller gave up means nothing, one that missed its deadline was slow.
func (l *limit) observe(now time.Time, took time.Duration, err error) bool {
	late := errors.Is(err, context.DeadlineExceeded)
	if !late && errors.Is(err, context.Canceled) {
		return false
	}
	l.total++
	if late || took > l.cfg.TargetLatency {
		l.slow++
	}
	if l.total < minSamples || now.Sub(l.begin) < l.cfg.Window {
		return false
	}
	l.adapt()
	l.begin, l.total, l.slow, l.peak, l.atFull = now, 0, 0, 0, false
	return true
}

func (l *limit) adapt() {
	switch {
	case float64(l.peak) < l.value/2: // something else decides how fast requests are
		return
	case float64(l.slow) > slowShare*float64(l.total):
		l.value = max(l.value*shrink, float64(l.cfg.MinLimit))
	case l.atFull:
		l.value = min(l.value+math.Sqrt(l.value), float64(l.cfg.MaxLimit))
	}
}
