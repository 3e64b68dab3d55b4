package config_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/config"
)

type levels struct{ Static, Dynamic string }

// source is a configuration source that a test can change.
type source struct {
	mu    sync.Mutex
	value levels
	err   error
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func (s *source) set(value levels, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.err = value, err
}

func (s *source) load() (levels, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.err
}

func dynamicOnly(current, next levels) levels {
	current.Dynamic = next.Dynamic
	return current
}

func newStore(t *testing.T) (*config.Store[levels], *source) {
	t.Helper()
	src := &source{value: levels{"a", "1"}}
	store, err := config.NewStore(src.load, dynamicOnly)
	require.NoError(t, err)
	return store, src
}

func TestNewStoreRefusesAnInvalidFirstConfig(t *testing.T) {
	src := &source{err: errors.New("bad")}
	_, err := config.NewStore(src.load, dynamicOnly)
	require.EqualError(t, err, "bad")
}

func TestReloadAppliesTheDynamicPartOnly(t *testing.T) {
	store, src := newStore(t)
	var seen []string
	store.OnChange(func(l levels) { seen = append(seen, l.Dynamic) })

	outcome, err := store.Reload()
	require.NoError(t, err)
	require.Equal(t, config.Outcome{}, outcome)

	src.set(levels{"b", "2"}, nil)
	outcome, err = store.Reload()
	require.NoError(t, err)
	require.Equal(t, config.Outcome{Applied: true, NeedsRestart: true}, outcome)
	require.Equal(t, levels{"a", "2"}, store.Get())
	require.Equal(t, []string{"1", "2"}, seen)
}

func TestReloadKeepsTheConfigInForceWhenTheNewOneIsInvalid(t *testing.T) {
	store, src := newStore(t)
	src.set(levels{}, errors.New("bad level"))
	_, err := store.Reload()
	require.EqualError(t, err, "bad level")
	require.Equal(t, levels{"a", "1"}, store.Get())
}

func TestReadersNeverSeeAMixture(t *testing.T) {
	src := &source{value: levels{"x", "x"}}
	whole := func(_, next levels) levels { return next }
	store, err := config.NewStore(src.load, whole)
	require.NoError(t, err)

	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if got := store.Get(); got.Static != got.Dynamic {
						t.Errorf("mixture: %+v", got)
						return
					}
				}
			}
		})
	}
	for i := range 200 {
		value := strings.Repeat("v", i%7)
		src.set(levels{value, value}, nil)
		_, err := store.Reload()
		require.NoError(t, err)
	}
	close(stop)
	readers.Wait()
}

func TestWatchReloadsAndReportsEachProblemOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, src := newStore(t)
		var out strings.Builder
		log := slog.New(slog.NewTextHandler(&out, nil))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- store.Watch(ctx, time.Second, log) }()
		step := func(value levels, err error) {
			src.set(value, err)
			time.Sleep(3 * time.Second)
			synctest.Wait()
		}

		step(levels{"a", "2"}, nil)
		step(levels{}, errors.New("bad level"))
		step(levels{"b", "2"}, nil)
		cancel()
		require.NoError(t, <-done)

		require.Equal(t, "2", store.Get().Dynamic)
		for _, line := range []string{"config reloaded", "bad level", "need a restart"} {
			require.Equal(t, 1, strings.Count(out.String(), line), out.String())
		}
	})
}

func BenchmarkGet(b *testing.B) {
	store, err := config.NewStore((&source{}).load, dynamicOnly)
	require.NoError(b, err)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = io.Discard.Write([]byte(store.Get().Dynamic))
		}
	})
}
