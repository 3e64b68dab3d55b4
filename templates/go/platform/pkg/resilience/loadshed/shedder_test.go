package loadshed_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/metrics/metricstest"
	"goldpath.local/service/pkg/resilience/loadshed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func requireReason(t require.TestingT, err error, kind apierror.Kind, reason string) {
	var typed *apierror.Error
	require.ErrorAs(t, err, &typed)
	require.Equal(t, kind, typed.Kind)
	require.Equal(t, reason, typed.Reason)
}

func config(initial int) loadshed.Config {
	return loadshed.Config{
		TargetLatency: 60 * time.Millisecond, InitialLimit: initial, MinLimit: 1, MaxLimit: 1000,
		Window: 100 * time.Millisecond, RetryAfter: time.Second,
	}
}

func newShedder(cfg loadshed.Config) *loadshed.Shedder {
	return loadshed.New("api", cfg, prometheus.NewRegistry())
}

func TestRequestsOverTheLimitAreTurnedAway(t *testing.T) {
	registry := prometheus.NewRegistry()
	shedder := loadshed.New("api", config(4), registry)
	var dones []func(error)
	for range 4 {
		done, err := shedder.Admit(t.Context())
		require.NoError(t, err)
		dones = append(dones, done)
	}
	require.InDelta(t, 4, metricstest.Value(t, registry, "resilience_shedder_in_flight", "api"), 0)
	require.InDelta(t, 4, metricstest.Value(t, registry, "resilience_shedder_limit", "api"), 0)

	_, err := shedder.Admit(t.Context())
	requireReason(t, err, apierror.Unavailable, loadshed.ReasonOverloaded)
	after := apierror.From(err).RetryAfter
	require.GreaterOrEqual(t, after, time.Second)
	require.Less(t, after, 2*time.Second)
	requireReason(t, shedder.Check(t.Context()), apierror.Unavailable, loadshed.ReasonOverloaded)
	require.InDelta(t, 2, metricstest.Value(t, registry, "resilience_shedder_shed_total", "api", "normal"), 0)

	dones[0](nil)
	require.NoError(t, shedder.Check(t.Context()))
	done, err := shedder.Admit(t.Context())
	require.NoError(t, err)
	done(nil)
}

func TestTheUnimportantGoesFirstAndProbesNever(t *testing.T) {
	shedder := newShedder(config(4))
	sheddable := loadshed.WithPriority(t.Context(), loadshed.Sheddable)
	critical := loadshed.WithPriority(t.Context(), loadshed.Critical)
	for range 3 {
		_, err := shedder.Admit(t.Context())
		require.NoError(t, err)
	}
	_, err := shedder.Admit(sheddable)
	requireReason(t, err, apierror.Unavailable, loadshed.ReasonOverloaded)
	require.Error(t, shedder.Check(sheddable))
	_, err = shedder.Admit(t.Context())
	require.NoError(t, err, "normal requests may use the last quarter")

	for range 100 {
		done, err := shedder.Admit(critical)
		require.NoError(t, err)
		done(nil)
		require.NoError(t, shedder.Check(critical))
	}
	require.Equal(t, "critical", loadshed.Critical.String())
}

// serve answers requests of one length with a few workers, first come first
// served, and reports how long requests took that were answered before their
// callers left. Work for those who have left is done too, as real servers do.
func serve(t *testing.T, admit func(context.Context) (func(error), error)) (answered []time.Duration) {
	const (
		workers  = 10
		work     = 20 * time.Millisecond // 500 requests a second
		arrivals = time.Second / 1500
		patience = 200 * time.Millisecond
		duration = 20 * time.Second
	)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		busy = make(chan struct{}, workers)
	)
	for begin := time.Now(); time.Since(begin) < duration; time.Sleep(arrivals) {
		wg.Go(func() {
			arrived := time.Now()
			done, err := admit(t.Context())
			if err != nil {
				return
			}
			busy <- struct{}{}
			time.Sleep(work)
			<-busy
			done(nil)
			if took := time.Since(arrived); took <= patience {
				mu.Lock()
				defer mu.Unlock()
				answered = append(answered, took)
			}
		})
	}
	wg.Wait()
	slices.Sort(answered)
	return answered
}

func TestAnOverloadedServerStaysUseful(t *testing.T) {
	const capacity = 500 * 20
	synctest.Test(t, func(t *testing.T) {
		unprotected := serve(t, func(context.Context) (func(error), error) { return func(error) {}, nil })
		require.Less(t, len(unprotected), capacity/10, "three times too much work: nearly nobody is answered in time")
	})
	for name, initial := range map[string]int{"limit too high": 1000, "limit too low": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shedder := newShedder(config(initial))
				protected := serve(t, shedder.Admit)
				t.Logf("%d of %d answered, p95 %s, limit %d", len(protected), capacity,
					protected[len(protected)*95/100], shedder.Limit())
				require.Greater(t, len(protected), capacity*8/10)
				require.Less(t, protected[len(protected)*95/100], 2*config(1).TargetLatency)
				require.InDelta(t, 30, shedder.Limit(), 15, "what fits into the target: 60 ms of 500 requests a second")
			})
		})
	}
}

func TestTheLimitMovesOnlyWithEvidence(t *testing.T) {
	tests := map[string]struct {
		took     time.Duration
		err      error
		inFlight int
		want     int
	}{
		"fast and full":      {time.Millisecond, nil, 100, 110},
		"fast and not full":  {time.Millisecond, nil, 99, 100},
		"slow and full":      {time.Second, nil, 100, 90},
		"slow and half full": {time.Second, nil, 50, 90},
		"slow and empty":     {time.Second, nil, 49, 100},
		"late":               {time.Millisecond, context.DeadlineExceeded, 100, 90},
		"given up":           {time.Second, context.Canceled, 100, 100},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := config(100)
				cfg.Window = tc.took // ends with the first request
				shedder := newShedder(cfg)
				var dones []func(error)
				for range tc.inFlight {
					done, err := shedder.Admit(t.Context())
					require.NoError(t, err)
					dones = append(dones, done)
				}
				time.Sleep(tc.took)
				for _, done := range dones[:10] {
					done(tc.err)
				}
				require.Equal(t, tc.want, shedder.Limit())
			})
		})
	}
}

// However requests come and go, none is admitted over the limit of the moment,
// and the limit stays between its bounds.
func TestAdmissionAndLimitAreBounded(t *testing.T) {
	type step struct {
		Leave bool
		Wait  int
		Err   int
	}
	outcomes := []error{nil, apierror.New(apierror.Unavailable, "DOWN", "down"), context.DeadlineExceeded, context.Canceled}
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			Leave: rapid.Bool().Draw(t, "leave"),
			Wait:  rapid.IntRange(0, 100).Draw(t, "wait"),
			Err:   rapid.IntRange(0, len(outcomes)-1).Draw(t, "err"),
		}
	}), 1, 300)
	rapid.Check(t, func(rt *rapid.T) {
		cfg := config(10)
		cfg.MinLimit, cfg.MaxLimit, cfg.Window = 5, 20, 10*time.Millisecond
		todo := steps.Draw(rt, "steps")
		type seen struct{ inFlight, before, limit int }
		var admitted []seen
		synctest.Test(t, func(t *testing.T) {
			shedder := newShedder(cfg)
			var dones []func(error)
			for _, s := range todo {
				time.Sleep(time.Duration(s.Wait) * time.Millisecond)
				if s.Leave && len(dones) > 0 {
					dones[0](outcomes[s.Err])
					dones = dones[1:]
					continue
				}
				before := shedder.Limit()
				if done, err := shedder.Admit(t.Context()); err == nil {
					dones = append(dones, done)
					admitted = append(admitted, seen{len(dones), before, shedder.Limit()})
				}
			}
		})
		for _, s := range admitted {
			require.LessOrEqual(rt, s.inFlight, s.before)
			require.GreaterOrEqual(rt, s.limit, cfg.MinLimit)
			require.LessOrEqual(rt, s.limit, cfg.MaxLimit)
		}
	})
}

func TestConfigNamesEveryMistake(t *testing.T) {
	require.NoError(t, loadshed.DefaultConfig().Validate())
	err := loadshed.Config{}.Validate()
	for _, want := range []string{"target_latency", "min_limit", "window", "retry_after"} {
		require.ErrorContains(t, err, want)
	}
	cfg := loadshed.DefaultConfig()
	cfg.InitialLimit = cfg.MaxLimit + 1
	require.ErrorContains(t, cfg.Validate(), "initial_limit")
}

func TestMetricNamesFollowTheConventions(t *testing.T) {
	registry := prometheus.NewRegistry()
	loadshed.New("api", loadshed.DefaultConfig(), registry)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func BenchmarkShedder(b *testing.B) {
	shedder := loadshed.New("api", loadshed.DefaultConfig(), prometheus.NewRegistry())
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if done, err := shedder.Admit(b.Context()); err == nil {
				done(nil)
			}
		}
	})
}

func BenchmarkShedderRefuses(b *testing.B) {
	cfg := loadshed.DefaultConfig()
	cfg.InitialLimit, cfg.MinLimit, cfg.MaxLimit = 1, 1, 1
	shedder := loadshed.New("api", cfg, prometheus.NewRegistry())
	_, err := shedder.Admit(b.Context())
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = shedder.Admit(b.Context())
	}
}
