package lock_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/rediscache/lock"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

func TestALockHasOneHolder(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		locker := lock.NewLocker(r.Client)
		first, err := locker.TryAcquire(t.Context(), "report", time.Minute)
		require.NoError(t, err)
		_, err = locker.TryAcquire(t.Context(), "report", time.Minute)
		require.ErrorIs(t, err, lock.ErrLocked)
		_, err = locker.TryAcquire(t.Context(), "other", time.Minute)
		require.NoError(t, err)

		require.NoError(t, first.Release(t.Context()))
		second, err := locker.TryAcquire(t.Context(), "report", time.Minute)
		require.NoError(t, err)
		require.Greater(t, second.Fence(), first.Fence())
		require.ErrorIs(t, first.Release(t.Context()), lock.ErrLost)
		require.ErrorIs(t, first.Extend(t.Context(), time.Minute), lock.ErrLost)
		require.NoError(t, second.Extend(t.Context(), time.Hour), "who has lost it cannot end the lock of another")
		require.Greater(t, r.Client.PTTL(t.Context(), "lock:{report}").Val(), time.Minute)
	})
}

func TestALockThatIsNotExtendedExpires(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		const ttl = 50 * time.Millisecond
		locker := lock.NewLocker(r.Client)
		first, err := locker.TryAcquire(t.Context(), "report", ttl)
		require.NoError(t, err)
		testkit.Eventually(t, waitLimit, func() error {
			r.Advance(ttl)
			second, err := locker.TryAcquire(t.Context(), "report", time.Minute)
			if err == nil && second.Fence() <= first.Fence() {
				t.Errorf("fence %d after %d", second.Fence(), first.Fence())
			}
			return err
		})
		require.ErrorIs(t, first.Extend(t.Context(), ttl), lock.ErrLost)
	})
}

func TestFencesGrowThoughTheLastIsForgotten(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		locker := lock.NewLocker(r.Client)
		var last int64
		for range 5 {
			lock, err := locker.TryAcquire(t.Context(), "report", time.Minute)
			require.NoError(t, err)
			require.Greater(t, lock.Fence(), last)
			last = lock.Fence()
			r.Advance(time.Millisecond)
			require.NoError(t, r.Client.Del(t.Context(), "lock:{report}", "lock:{report}:fence").Err())
		}
	})
}

func TestAClockThatStandsStillOrGoesBackDoesNotRepeatAFence(t *testing.T) {
	fake := redistest.Fake(t)
	locker := lock.NewLocker(fake.Client)
	var last int64
	for range 3 {
		lock, err := locker.TryAcquire(t.Context(), "report", time.Minute)
		require.NoError(t, err)
		require.Greater(t, lock.Fence(), last)
		last = lock.Fence()
		require.NoError(t, lock.Release(t.Context()))
		fake.Fake.SetTime(time.Now().Add(-time.Hour))
	}
}

func TestWaitersGetTheLockOneAtATime(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		const workers, rounds = 8, 5
		locker := lock.NewLocker(r.Client)
		var (
			wg     sync.WaitGroup
			count  int // guarded by the lock under test: the race detector looks on
			fences []int64
		)
		for range workers {
			wg.Go(func() {
				for range rounds {
					lock, err := locker.Acquire(t.Context(), "count", time.Minute, time.Millisecond)
					if err != nil {
						t.Error(err)
						return
					}
					count++
					fences = append(fences, lock.Fence())
					if err := lock.Release(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		require.Equal(t, workers*rounds, count)
		require.IsIncreasing(t, fences)
	})
}

func TestAcquireWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := func(_ context.Context, cmd redis.Cmder) error {
			result, _ := cmd.(*redis.Cmd)
			result.SetVal(int64(0))
			return nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		_, err := lock.NewLocker(redistest.Answering(t, taken)).Acquire(ctx, "report", time.Minute, time.Second)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, lock.ErrLocked)
		require.Equal(t, time.Minute, time.Since(begin))
	})
}

func TestLocksReportWhatIsWrong(t *testing.T) {
	fake := redistest.Fake(t)
	locker := lock.NewLocker(fake.Client)
	_, err := locker.TryAcquire(t.Context(), "report", time.Microsecond)
	require.ErrorContains(t, err, "1 ms")
	held, err := locker.TryAcquire(t.Context(), "report", time.Minute)
	require.NoError(t, err)

	fake.Fake.SetError("LOADING Redis is loading the dataset in memory")
	_, err = locker.TryAcquire(t.Context(), "report", time.Minute)
	for _, err := range []error{err, held.Extend(t.Context(), time.Minute), held.Release(t.Context())} {
		require.Equal(t, apierror.Unavailable, apierror.From(err).Kind)
		require.NotErrorIs(t, err, lock.ErrLost, "not knowing is not knowing that it is lost")
	}
}

// However locks are taken, given up and lost, one at a time is held, and fences only
// grow.
func TestHoldersAndFencesFollowEachOther(t *testing.T) {
	r := redistest.Fake(t)
	rapid.Check(t, func(rt *rapid.T) {
		locker := lock.NewLocker(r.Client)
		name := rapid.StringMatching(`[a-z]{8}`).Draw(rt, "name")
		var holder *lock.Lock
		last := int64(0)
		rt.Repeat(map[string]func(*rapid.T){
			"acquire": func(rt *rapid.T) {
				got, err := locker.TryAcquire(t.Context(), name, time.Minute)
				if holder != nil {
					require.ErrorIs(rt, err, lock.ErrLocked)
					return
				}
				require.NoError(rt, err)
				require.Greater(rt, got.Fence(), last)
				holder, last = got, got.Fence()
			},
			"release": func(rt *rapid.T) {
				if holder != nil {
					require.NoError(rt, holder.Release(t.Context()))
					require.ErrorIs(rt, holder.Extend(t.Context(), time.Minute), lock.ErrLost)
					holder = nil
				}
			},
			"expire": func(*rapid.T) {
				r.Advance(time.Minute + time.Millisecond)
				holder = nil
			},
		})
		if holder != nil {
			require.NoError(rt, holder.Release(t.Context()))
		}
	})
}
