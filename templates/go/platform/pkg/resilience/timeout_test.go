package resilience_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/outcome"
)

func TestACallGetsItsShareOfTheTime(t *testing.T) {
	tests := map[string]struct {
		limit, reserve, callers, want time.Duration
	}{
		"its limit":                     {limit: time.Second, callers: time.Minute, want: time.Second},
		"its limit without a deadline":  {limit: time.Second, want: time.Second},
		"what the caller has left":      {limit: time.Minute, callers: time.Second, want: time.Second},
		"minus what the caller needs":   {limit: time.Minute, reserve: 100 * time.Millisecond, callers: time.Second, want: 900 * time.Millisecond},
		"the caller's without a limit":  {callers: time.Second, want: time.Second},
		"a reserve that does not touch": {limit: time.Second, reserve: time.Second, callers: time.Minute, want: time.Second},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tc.callers > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tc.callers)
					defer cancel()
				}
				begin := time.Now()
				err := resilience.NewTimeout(tc.limit, tc.reserve).Do(ctx, hang)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, tc.want, time.Since(begin))
			})
		})
	}
}

func TestACallWithoutTimeIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := resilience.NewTimeout(time.Second, 50*time.Millisecond).Do(ctx, func(context.Context) error {
			t.Error("was called")
			return nil
		})
		requireReason(t, err, apierror.Timeout, resilience.ReasonNoTimeLeft)
		require.True(t, outcome.Refused(err))
	})
}

func TestWithoutAnyLimitACallEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, resilience.NewTimeout(0, 0).Do(ctx, hang), context.Canceled)
}

// Whatever the numbers are, a call never has more time than its limit, and never
// the part of its caller's time that is reserved.
func TestTheBudgetIsNeverPassed(t *testing.T) {
	duration := rapid.Int64Range(1, int64(time.Hour))
	rapid.Check(t, func(rt *rapid.T) {
		limit := time.Duration(duration.Draw(rt, "limit"))
		reserve := time.Duration(duration.Draw(rt, "reserve"))
		callers := time.Duration(duration.Draw(rt, "callers"))
		var (
			err  error
			left []time.Duration
		)
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), callers)
			defer cancel()
			err = resilience.NewTimeout(limit, reserve).Do(ctx, func(ctx context.Context) error {
				deadline, _ := ctx.Deadline()
				left = append(left, time.Until(deadline))
				return nil
			})
		})
		if callers <= reserve {
			require.Error(rt, err)
			require.Empty(rt, left)
			return
		}
		require.NoError(rt, err)
		require.Equal(rt, []time.Duration{min(limit, callers-reserve)}, left)
	})
}
