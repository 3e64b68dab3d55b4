package health_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/health"
	"goldpath.local/service/pkg/lifecycle"
)

func probe(t *testing.T, handler http.HandlerFunc) (int, health.Report) {
	t.Helper()
	rec := httptest.NewRecorder()
	handler(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	var report health.Report
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &report))
	require.Equal(t, "application/json", rec.Header().Get("Content-Type"))
	return rec.Code, report
}

func TestProbesFollowTheStateOfTheService(t *testing.T) {
	tests := map[lifecycle.State][3]int{ // live, started, ready
		lifecycle.New:      {200, 503, 503},
		lifecycle.Starting: {200, 503, 503},
		lifecycle.Running:  {200, 200, 200},
		lifecycle.Draining: {200, 200, 503},
		lifecycle.Stopping: {200, 200, 503},
	}
	for state, want := range tests {
		t.Run(state.String(), func(t *testing.T) {
			r := health.New(slog.New(slog.DiscardHandler), func() lifecycle.State { return state }, time.Second)
			for i, handler := range []http.HandlerFunc{r.Live, r.Started, r.Ready} {
				code, report := probe(t, handler)
				require.Equal(t, want[i], code)
				require.Equal(t, state.String(), report.State)
			}
		})
	}
}

func TestReadyNamesFailedChecksAndHidesTheirCause(t *testing.T) {
	var logged bytes.Buffer
	r := health.New(slog.New(slog.NewTextHandler(&logged, nil)), func() lifecycle.State { return lifecycle.Running }, time.Second)
	down := true
	r.Register("cache", func(context.Context) error { return nil })
	r.Register("database", func(context.Context) error {
		if down {
			return errors.New("password wrong for user app")
		}
		return nil
	})

	for range 2 {
		code, report := probe(t, r.Ready)
		require.Equal(t, http.StatusServiceUnavailable, code)
		require.Equal(t, map[string]string{"cache": "ok", "database": "failed"}, report.Checks)
	}
	require.Equal(t, 1, strings.Count(logged.String(), "password wrong"), "logged once per change")

	down = false
	code, _ := probe(t, r.Ready)
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, logged.String(), "usable=true")
}

func TestSlowChecksRunTogetherAndAreCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := health.New(slog.New(slog.DiscardHandler), func() lifecycle.State { return lifecycle.Running }, time.Second)
		hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		r.Register("a", hang)
		r.Register("b", hang)
		begin := time.Now()
		code, _ := probe(t, r.Ready)
		require.Equal(t, http.StatusServiceUnavailable, code)
		require.Equal(t, time.Second, time.Since(begin))
	})
}

func TestReadinessAnswersOtherTransportsToo(t *testing.T) {
	state := lifecycle.Running
	r := health.New(slog.New(slog.DiscardHandler), func() lifecycle.State { return state }, time.Second)
	asked := 0
	r.Register("database", func(context.Context) error { asked++; return nil })

	report, ready := r.Readiness(t.Context())
	require.True(t, ready)
	require.Equal(t, health.Report{State: "running", Checks: map[string]string{"database": "ok"}}, report)

	state = lifecycle.Draining
	report, ready = r.Readiness(t.Context())
	require.False(t, ready)
	require.Equal(t, health.Report{State: "draining"}, report)
	require.Equal(t, 1, asked, "a service that leaves asks nobody")
	require.Equal(t, lifecycle.Draining, r.State())
}

func TestWhatTheServiceCanDoWithoutDegradesIt(t *testing.T) {
	r := health.New(slog.New(slog.DiscardHandler), func() lifecycle.State { return lifecycle.Running }, time.Second)
	r.Register("database", func(context.Context) error { return nil })
	r.RegisterOptional("cache", func(context.Context) error { return errors.New("connection refused") })
	code, report := probe(t, r.Ready)
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, map[string]string{"cache": "degraded", "database": "ok"}, report.Checks)
}

// A service is ready if and only if everything passes that it cannot do without.
func TestReadinessIsThatOfWhatIsNeeded(t *testing.T) {
	type check struct{ Optional, Fails bool }
	draw := rapid.Custom(func(t *rapid.T) check {
		return check{rapid.Bool().Draw(t, "optional"), rapid.Bool().Draw(t, "fails")}
	})
	rapid.Check(t, func(t *rapid.T) {
		r := health.New(slog.New(slog.DiscardHandler), func() lifecycle.State { return lifecycle.Running }, time.Minute)
		want, ready := map[string]string{}, true
		for name, c := range rapid.MapOf(rapid.StringMatching(`[a-z]{1,5}`), draw).Draw(t, "checks") {
			register, failed := r.Register, "failed"
			if c.Optional {
				register, failed = r.RegisterOptional, "degraded"
			}
			want[name] = "ok"
			register(name, func(context.Context) error {
				if c.Fails {
					return errors.New("down")
				}
				return nil
			})
			if c.Fails {
				want[name], ready = failed, ready && c.Optional
			}
		}
		report, got := r.Readiness(t.Context())
		require.Equal(t, ready, got)
		require.Equal(t, want, report.Checks)
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
