package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Local is a limiter of this instance alone: n instances allow n times as much. It
// keeps a bounded number of keys and forgets the one that was not seen for longest,
// whose bucket is then full again. So give it room for all that come within the time
// in which a bucket fills.
type Local struct {
	policy string
	quota  Quota
	now    func() time.Time
	start  time.Time

	mu sync.Mutex
	// full holds by key when its bucket is full, since start: the theoretical
	// arrival time of GCRA.
	full *simplelru.LRU[string, time.Duration]
}

// Option changes what NewLocal makes.
type Option func(*Local)

// WithClock sets the clock, which is otherwise time.Now.
func WithClock(now func() time.Time) Option {
	return func(l *Local) { l.now = now }
}

// NewLocal returns a limiter that keeps at most maxKeys keys. The policy names it in
// decisions.
func NewLocal(policy string, quota Quota, maxKeys int, opts ...Option) (*Local, error) {
	if err := quota.Validate(); err != nil {
		return nil, err
	}
	if maxKeys < 1 {
		return nil, errors.New("a local limiter needs room for at least one key")
	}
	full, err := simplelru.NewLRU[string, time.Duration](maxKeys, nil)
	if err != nil {
		return nil, fmt.Errorf("create local limiter: %w", err)
	}
	l := &Local{policy: policy, quota: quota, now: time.Now, full: full}
	for _, opt := range opts {
		opt(l)
	}
	l.start = l.now()
	return l, nil
}

// Allow takes a token of key. It never fails.
func (l *Local) Allow(_ context.Context, key string) (Decision, error) {
	interval := l.quota.Interval()
	capacity := interval * time.Duration(l.quota.Burst)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now().Sub(l.start).Truncate(time.Microsecond)
	full, _ := l.full.Get(key)
	full = max(full, now)
	allowed := full+interval-now <= capacity
	if allowed {
		full += interval
		l.full.Add(key, full)
	}
	return l.quota.Decide(l.policy, allowed, full-now), nil
}
