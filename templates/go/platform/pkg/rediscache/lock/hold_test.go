package lock_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/rediscache/lock"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

const ttl = 12 * time.Second

// lockServer grants every lock and answers each attempt to extend it with extend.
type lockServer struct {
	commands atomic.Int64
	extended atomic.Int64
	extend   func(attempt int64) (int64, error)
}

// answer knows commands by their number of arguments: EVALSHA, hash, count of keys,
// the keys, and what the script takes.
func (s *lockServer) answer(_ context.Context, cmd redis.Cmder) error {
	s.commands.Add(1)
	result, _ := cmd.(*redis.Cmd)
	switch len(cmd.Args()) {
	case 8: // acquire
		result.SetVal(int64(7))
	case 6: // extend
		value, err := s.extend(s.extended.Add(1))
		result.SetVal(value)
		return err
	default: // release
		result.SetVal(int64(1))
	}
	return nil
}

func TestHoldKeepsTheLockForAsLongAsItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &lockServer{extend: func(attempt int64) (int64, error) {
			if attempt%2 == 1 {
				return 0, errors.New("connection reset") // every other attempt fails
			}
			return 1, nil
		}}
		done := errors.New("done")
		err := lock.NewLocker(redistest.Answering(t, server.answer)).Hold(t.Context(), "report", ttl,
			func(ctx context.Context, fence int64) error {
				require.EqualValues(t, 7, fence)
				time.Sleep(10*ttl + time.Second)
				require.NoError(t, ctx.Err())
				return done
			})
		require.ErrorIs(t, err, done)
		require.EqualValues(t, 30, server.extended.Load(), "three times per ttl")
		require.EqualValues(t, 32, server.commands.Load(), "acquired and released")
	})
}

func TestHoldStopsTheWorkWhenTheLockIsLost(t *testing.T) {
	tests := map[string]struct {
		extend func(int64) (int64, error)
		after  time.Duration
	}{
		"taken by another": {func(int64) (int64, error) { return 0, nil }, ttl / 3},
		"cannot be renewed in time": {
			func(int64) (int64, error) { return 0, errors.New("connection refused") }, ttl * 3 / 4,
		},
		"renewed once, then not": {func(attempt int64) (int64, error) {
			if attempt == 1 {
				return 1, nil
			}
			return 0, errors.New("connection refused")
		}, ttl/3 + ttl*3/4},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				server := &lockServer{extend: tc.extend}
				err := lock.NewLocker(redistest.Answering(t, server.answer)).Hold(t.Context(), "report", ttl,
					func(ctx context.Context, _ int64) error {
						<-ctx.Done()
						require.ErrorIs(t, context.Cause(ctx), lock.ErrLost)
						return ctx.Err()
					})
				require.ErrorIs(t, err, lock.ErrLost)
				require.Equal(t, tc.after, time.Since(begin))
			})
		})
	}
}

func TestHoldGivesTheLockUpHoweverTheWorkEnds(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		locker := lock.NewLocker(r.Client)
		ctx, cancel := context.WithCancel(t.Context())
		require.ErrorIs(t, locker.Hold(ctx, "report", ttl, func(ctx context.Context, _ int64) error {
			require.ErrorIs(t, locker.Hold(ctx, "report", ttl, nil), lock.ErrLocked)
			cancel()
			return ctx.Err()
		}), context.Canceled)
		require.Panics(t, func() {
			_ = locker.Hold(t.Context(), "report", ttl, func(context.Context, int64) error { panic("boom") })
		})
		require.NoError(t, locker.Hold(t.Context(), "report", ttl, func(context.Context, int64) error { return nil }))
	})
}

func TestHoldNoticesThatItsKeyIsGone(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		err := lock.NewLocker(r.Client).Hold(t.Context(), "report", 300*time.Millisecond,
			func(ctx context.Context, _ int64) error {
				require.NoError(t, r.Client.Del(ctx, "lock:{report}").Err())
				testkit.Eventually(t, waitLimit, func() error {
					if ctx.Err() == nil {
						return errors.New("not noticed")
					}
					return nil
				})
				return nil
			})
		require.ErrorIs(t, err, lock.ErrLost)
	})
}
