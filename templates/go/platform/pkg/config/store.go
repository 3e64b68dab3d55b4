package config

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// Store holds the configuration in force. Readers never block and never see a
// half-changed value. A reload replaces the dynamic part only.
type Store[T any] struct {
	load    func() (T, error)
	merge   func(current, next T) T
	current atomic.Pointer[T]

	mu        sync.Mutex // serialises reloads and guards listeners
	listeners []func(T)
}

// NewStore loads the first configuration. load must validate what it returns;
// merge returns current with the dynamic part of next.
func NewStore[T any](load func() (T, error), merge func(current, next T) T) (*Store[T], error) {
	first, err := load()
	if err != nil {
		return nil, err
	}
	s := &Store[T]{load: load, merge: merge}
	s.current.Store(&first)
	return s, nil
}

// Get returns a copy of the configuration in force.
func (s *Store[T]) Get() T { return *s.current.Load() }

// OnChange calls fn with the configuration now and after every reload, one at a time.
func (s *Store[T]) OnChange(fn func(T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, fn)
	fn(s.Get())
}

// Outcome tells what a reload found.
type Outcome struct {
	// Applied is true when the dynamic part changed and is now in force.
	Applied bool
	// NeedsRestart is true when other parts changed, which stay as they were.
	NeedsRestart bool
}

// Reload reads the sources again. When they are invalid, nothing changes.
func (s *Store[T]) Reload() (Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, err := s.load()
	if err != nil {
		return Outcome{}, err
	}
	current := s.Get()
	merged := s.merge(current, next)
	outcome := Outcome{
		Applied:      !reflect.DeepEqual(merged, current),
		NeedsRestart: !reflect.DeepEqual(merged, next),
	}
	if outcome.Applied {
		s.current.Store(&merged)
		for _, fn := range s.listeners {
			fn(merged)
		}
	}
	return outcome, nil
}

// Watch reloads at every interval until ctx ends, and logs each distinct failure once.
// It polls: a mounted ConfigMap changes by a swap of symbolic links, which file
// notifications miss or report twice.
func (s *Store[T]) Watch(ctx context.Context, interval time.Duration, log *slog.Logger) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	var last string
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			last = s.reloadOnce(ctx, log, last)
		}
	}
}

// reloadOnce reloads and logs what is new compared to last, the previous report.
func (s *Store[T]) reloadOnce(ctx context.Context, log *slog.Logger, last string) string {
	outcome, err := s.Reload()
	report := ""
	switch {
	case err != nil:
		report = err.Error()
		if report != last {
			log.ErrorContext(ctx, "config reload refused", "error", err)
		}
	case outcome.NeedsRestart:
		report = "restart needed"
		if report != last {
			log.WarnContext(ctx, "config changes outside the dynamic section need a restart")
		}
	}
	if outcome.Applied {
		log.InfoContext(ctx, "config reloaded")
	}
	return report
}
