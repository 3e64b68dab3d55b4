package retry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/outcome"
	"goldpath.local/service/pkg/resilience/retry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errDown     = apierror.New(apierror.Unavailable, "DOWN", "down")
	errNotFound = apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "task not found")
	errDefect   = errors.New("index out of range")
)

func config(attempts int) retry.Config {
	return retry.Config{
		MaxAttempts:    attempts,
		InitialBackoff: 50 * time.Millisecond,
		MaxBackoff:     time.Second,
		MaxElapsed:     time.Hour,
		Budget:         retry.BudgetConfig{Ratio: 1, Burst: 1000},
	}
}

func newCounter() prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: "events_total"})
}

func newRetry(cfg retry.Config) *retry.Retry {
	return retry.New(cfg, outcome.Classify, newCounter(), newCounter())
}

// failTimes fails the first n times.
func failTimes(n int, err error) (fn func(context.Context) error, calls *int) {
	calls = new(int)
	return func(context.Context) error {
		*calls++
		if *calls <= n {
			return err
		}
		return nil
	}, calls
}

func TestOnlyWhatMayPassIsTriedAgain(t *testing.T) {
	tests := map[string]struct {
		err   error
		calls int
	}{
		"down":      {errDown, 4},
		"throttled": {apierror.New(apierror.RateLimited, "LIMIT", ""), 4},
		"slow":      {context.DeadlineExceeded, 4},
		"not found": {errNotFound, 1},
		"defect":    {errDefect, 1},
		"cancelled": {context.Canceled, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fn, calls := failTimes(100, tc.err)
				require.Equal(t, tc.err, newRetry(config(4)).Do(t.Context(), fn), "the error comes as it is")
				require.Equal(t, tc.calls, *calls)
			})
		})
	}
}

func TestRetriesEndWithSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		retries := newCounter()
		subject := retry.New(config(5), outcome.Classify, retries, newCounter())
		fn, calls := failTimes(2, errDown)
		require.NoError(t, subject.Do(t.Context(), fn))
		require.Equal(t, 3, *calls)
		require.InDelta(t, 2, testutil.ToFloat64(retries), 0)
	})
}

func TestOnceNeverRetries(t *testing.T) {
	fn, calls := failTimes(1, errDown)
	require.ErrorIs(t, newRetry(config(5)).Once(t.Context(), fn), errDown)
	require.Equal(t, 1, *calls)
	require.NoError(t, newRetry(config(1)).Do(t.Context(), fn))
}

// The number of attempts, every single wait, and the whole time stay within
// their bounds, whatever these are.
func TestAttemptsAndWaitsAreBounded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := retry.Config{
			MaxAttempts:    rapid.IntRange(1, 10).Draw(rt, "attempts"),
			InitialBackoff: time.Duration(rapid.Int64Range(2, int64(time.Second)).Draw(rt, "initial")),
			MaxElapsed:     time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(rt, "elapsed")),
			Budget:         retry.BudgetConfig{Ratio: 1, Burst: rapid.IntRange(1, 12).Draw(rt, "burst")},
		}
		cfg.MaxBackoff = cfg.InitialBackoff * time.Duration(rapid.IntRange(1, 20).Draw(rt, "factor"))
		require.NoError(rt, cfg.Validate())
		failures := rapid.IntRange(0, 12).Draw(rt, "failures")
		var (
			at  []time.Time
			err error
		)
		synctest.Test(t, func(t *testing.T) {
			err = newRetry(cfg).Do(t.Context(), func(context.Context) error {
				at = append(at, time.Now())
				if len(at) <= failures {
					return errDown
				}
				return nil
			})
		})
		require.LessOrEqual(rt, len(at), min(cfg.MaxAttempts, failures+1, cfg.Budget.Burst+1))
		require.Equal(rt, len(at) > failures, err == nil)
		require.LessOrEqual(rt, at[len(at)-1].Sub(at[0]), cfg.MaxElapsed)
		bound := cfg.InitialBackoff
		for i := 1; i < len(at); i++ {
			require.LessOrEqual(rt, at[i].Sub(at[i-1]), bound+1)
			bound = min(2*bound, cfg.MaxBackoff)
		}
	})
}

func TestWaitsUseTheirWholeRange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config(2)
		cfg.InitialBackoff, cfg.MaxBackoff = 100*time.Millisecond, 100*time.Millisecond
		subject := newRetry(cfg)
		short, long := 0, 0
		for range 300 {
			begin := time.Now()
			fn, _ := failTimes(1, errDown)
			require.NoError(t, subject.Do(t.Context(), fn))
			switch wait := time.Since(begin); {
			case wait < 20*time.Millisecond:
				short++
			case wait > 80*time.Millisecond:
				long++
			}
		}
		// Each is a fifth of the range: 60 of 300, give or take five deviations.
		require.InDelta(t, 60, short, 35)
		require.InDelta(t, 60, long, 35)
	})
}

func TestTheTargetSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := apierror.New(apierror.RateLimited, "LIMIT", "").WithRetryAfter(7 * time.Second)
		fn, calls := failTimes(1, busy)
		begin := time.Now()
		require.NoError(t, newRetry(config(2)).Do(t.Context(), fn))
		require.Equal(t, 7*time.Second, time.Since(begin))
		require.Equal(t, 2, *calls)
	})
}

func TestAWaitThatDoesNotFitIsNotBegun(t *testing.T) {
	busy := errDown.WithRetryAfter(time.Minute)
	for name, elapsed := range map[string]time.Duration{"deadline": time.Hour, "max elapsed": 10 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := config(5)
				cfg.MaxElapsed = elapsed
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				fn, calls := failTimes(5, busy)
				begin := time.Now()
				require.Equal(t, error(busy), newRetry(cfg).Do(ctx, fn))
				require.Zero(t, time.Since(begin))
				require.Equal(t, 1, *calls)
			})
		})
	}
}

func TestACallerWhoLeavesEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		fn, calls := failTimes(5, errDown.WithRetryAfter(time.Minute))
		err := newRetry(config(5)).Do(ctx, fn)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, errDown)
		require.Equal(t, outcome.Ignored, outcome.Classify(err))
		require.Equal(t, 1, *calls)
	})
}

func TestAnAnswerOutlivesItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := newRetry(config(5)).Do(ctx, func(context.Context) error {
		cancel()
		return errNotFound
	})
	require.Equal(t, error(errNotFound), err)
}

func TestRetriesEndWhenTheBudgetIsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		denied := newCounter()
		cfg := config(3)
		cfg.Budget = retry.BudgetConfig{Ratio: 0.1, Burst: 5}
		subject := retry.New(cfg, outcome.Classify, newCounter(), denied)
		calls := 0
		for range 100 {
			err := subject.Do(t.Context(), func(context.Context) error { calls++; return errDown })
			require.ErrorIs(t, err, errDown)
		}
		require.LessOrEqual(t, calls, 100+5+10)
		require.Greater(t, calls, 100)
		require.Positive(t, testutil.ToFloat64(denied))
	})
}

// However calls and retries alternate, retries never exceed their share.
func TestRetriesNeverExceedTheirShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := retry.BudgetConfig{
			Ratio: rapid.Float64Range(0.001, 1).Draw(t, "ratio"),
			Burst: rapid.IntRange(1, 50).Draw(t, "burst"),
		}
		require.NoError(t, cfg.Validate())
		budget := retry.NewBudget(cfg)
		calls, retries := 0, 0
		for _, isCall := range rapid.SliceOfN(rapid.Bool(), 1, 400).Draw(t, "calls") {
			if isCall {
				budget.Deposit()
				calls++
			} else if budget.Withdraw() {
				retries++
			}
			require.LessOrEqual(t, float64(retries), float64(cfg.Burst)+cfg.Ratio*float64(calls))
		}
	})
}

func TestTheBudgetIsSafeForConcurrentUse(t *testing.T) {
	budget := retry.NewBudget(retry.BudgetConfig{Ratio: 0.5, Burst: 10})
	const workers, calls = 8, 1000
	spent := make(chan int, workers)
	for range workers {
		go func() {
			n := 0
			for range calls {
				budget.Deposit()
				if budget.Withdraw() {
					n++
				}
			}
			spent <- n
		}()
	}
	total := 0
	for range workers {
		total += <-spent
	}
	require.LessOrEqual(t, total, 10+workers*calls/2)
	require.Greater(t, total, workers*calls/2-10)
}

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, retry.Config{MaxAttempts: 1}.Validate(), "without retries the rest does not matter")
	tests := map[string]func(*retry.Config){
		"retry.max_attempts":    func(c *retry.Config) { c.MaxAttempts = 0 },
		"retry.initial_backoff": func(c *retry.Config) { c.InitialBackoff = 0 },
		"retry.max_backoff":     func(c *retry.Config) { c.MaxBackoff = 1 },
		"retry.max_elapsed":     func(c *retry.Config) { c.MaxElapsed = 0 },
		"retry.budget.ratio":    func(c *retry.Config) { c.Budget.Ratio = 1.1 },
		"retry.budget.burst":    func(c *retry.Config) { c.Budget.Burst = 0 },
	}
	for want, spoil := range tests {
		cfg := config(3)
		require.NoError(t, cfg.Validate())
		spoil(&cfg)
		require.ErrorContains(t, cfg.Validate(), want)
	}
}
