package middleware_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/resilience/loadshed"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	m.Run()
}

// serve sends a request through the middleware to a handler at POST /x.
func serve(handler gin.HandlerFunc, before ...gin.HandlerFunc) *httptest.ResponseRecorder {
	engine := gin.New()
	engine.ContextWithFallback = true
	engine.Use(before...)
	engine.POST("/x", handler)
	rec := httptest.NewRecorder()
	engine.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/x", strings.NewReader("12345")))
	return rec
}

func problem(t *testing.T, rec *httptest.ResponseRecorder) apierror.Problem {
	t.Helper()
	var p apierror.Problem
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &p), rec.Body.String())
	return p
}

func TestFailAnswersWithTheProblemOfTheKind(t *testing.T) {
	for _, kind := range apierror.Kinds() {
		rec := serve(func(c *gin.Context) { middleware.Fail(c, apierror.New(kind, "WHY", "because")) }, middleware.RequestID())
		p := problem(t, rec)
		require.Equal(t, kind.HTTPStatus(), rec.Code)
		require.Equal(t, apierror.ContentType, rec.Header().Get("Content-Type"))
		require.Equal(t, "/x", p.Instance)
		require.Equal(t, rec.Header().Get(middleware.HeaderRequestID), p.RequestID)
		require.Equal(t, apierror.New(kind, "WHY", "because").WithFields(), apierror.FromProblem(p))
	}
}

func TestFailKeepsTheCauseInside(t *testing.T) {
	rec := serve(func(c *gin.Context) { middleware.Fail(c, errors.New("password is hunter2")) })
	require.Equal(t, http.StatusInternalServerError, rec.Code)
	require.NotContains(t, rec.Body.String(), "hunter2")
}

func TestFailAfterTheAnswerBeganAddsNothing(t *testing.T) {
	rec := serve(func(c *gin.Context) {
		c.String(http.StatusOK, "half")
		middleware.Fail(c, errors.New("late"))
	})
	require.Equal(t, http.StatusOK, rec.Code)
	require.Equal(t, "half", rec.Body.String())
}

func TestFailRequestBlamesTheClientUnlessTheErrorKnowsBetter(t *testing.T) {
	tests := map[int]error{
		http.StatusBadRequest:            errors.New("unexpected EOF"),
		http.StatusConflict:              apierror.New(apierror.Conflict, "X", "x"),
		http.StatusRequestEntityTooLarge: &http.MaxBytesError{Limit: 1},
		http.StatusRequestTimeout:        fmt.Errorf("read body: %w", os.ErrDeadlineExceeded),
	}
	for status, err := range tests {
		require.Equal(t, status, serve(func(c *gin.Context) { middleware.FailRequest(c, err) }).Code)
	}
}

func TestFailSaysWhenToTryAgain(t *testing.T) {
	busy := apierror.New(apierror.Unavailable, "BUSY", "busy")
	for want, err := range map[string]error{"": busy, "3": fmt.Errorf("call: %w", busy.WithRetryAfter(2500*time.Millisecond))} {
		require.Equal(t, want, serve(func(c *gin.Context) { middleware.Fail(c, err) }).Header().Get("Retry-After"))
	}
}

func TestPanicsBecomeProblemsAndTheStackIsLogged(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	rec := serve(func(*gin.Context) { panic("secret state") }, middleware.AccessLog(log), middleware.Recover(log))
	require.Equal(t, http.StatusInternalServerError, rec.Code)
	require.NotContains(t, rec.Body.String(), "secret")
	require.Contains(t, out.String(), "middleware_test.go", "the stack names the place")
	require.Contains(t, out.String(), "panic: secret state")
	require.Contains(t, out.String(), `"level":"ERROR"`)
}

func TestAbortedHandlersAreNotRecoveredButCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	require.PanicsWithValue(t, http.ErrAbortHandler, func() {
		serve(func(*gin.Context) { panic(http.ErrAbortHandler) },
			middleware.Metrics(metrics.NewHTTP(registry)), middleware.Recover(slog.New(slog.DiscardHandler)))
	})
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP http_server_requests_in_flight Requests that are being answered now.
# TYPE http_server_requests_in_flight gauge
http_server_requests_in_flight 0
`), "http_server_requests_in_flight"))
}

func TestAccessLogLevels(t *testing.T) {
	tests := map[string]struct {
		err  error
		want string
	}{
		"refusal":        {apierror.New(apierror.NotFound, "X", "x"), "INFO"},
		"client is gone": {context.Canceled, "INFO"},
		"defect":         {errors.New("boom"), "ERROR"},
		"timeout":        {context.DeadlineExceeded, "ERROR"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			serve(func(c *gin.Context) { middleware.Fail(c, tc.err) }, middleware.AccessLog(slog.New(slog.NewJSONHandler(&out, nil))))
			require.Contains(t, out.String(), `"level":"`+tc.want+`"`)
		})
	}
}

func TestBodyLimitCutsLongBodies(t *testing.T) {
	read := func(c *gin.Context) {
		if _, err := io.ReadAll(c.Request.Body); err != nil {
			middleware.Fail(c, err)
		}
	}
	require.Equal(t, http.StatusOK, serve(read, middleware.BodyLimit(5)).Code)
	rec := serve(read, middleware.BodyLimit(4))
	require.Equal(t, http.StatusRequestEntityTooLarge, rec.Code)
	require.Equal(t, "BODY_TOO_LARGE", problem(t, rec).Reason)
}

func TestShedTurnsAwayWhatIsTooMuch(t *testing.T) {
	cfg := loadshed.DefaultConfig()
	cfg.InitialLimit, cfg.MinLimit, cfg.MaxLimit = 1, 1, 1
	shed := middleware.Shed(loadshed.New("http", cfg, prometheus.NewRegistry()))
	var second *httptest.ResponseRecorder
	first := serve(func(c *gin.Context) {
		second = serve(func(*gin.Context) { t.Error("was let through") }, shed)
		c.Status(http.StatusNoContent)
	}, shed)
	require.Equal(t, http.StatusNoContent, first.Code)
	require.Equal(t, http.StatusServiceUnavailable, second.Code)
	require.Equal(t, loadshed.ReasonOverloaded, problem(t, second).Reason)
	require.NotEmpty(t, second.Header().Get("Retry-After"))

	panicked := serve(func(*gin.Context) { panic("boom") }, middleware.Recover(slog.New(slog.DiscardHandler)), shed)
	require.Equal(t, http.StatusInternalServerError, panicked.Code)
	require.Equal(t, http.StatusOK, serve(func(*gin.Context) {}, shed).Code, "every place is free again")
}

// Generated code passes *gin.Context where a context.Context is asked for. It
// must carry the deadline and the values of the request.
func TestDeadlineReachesHandlersThroughTheGinContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := serve(func(c *gin.Context) {
			var ctx context.Context = c
			<-ctx.Done()
			middleware.Fail(c, ctx.Err())
		}, middleware.Deadline(time.Second))
		require.Equal(t, http.StatusGatewayTimeout, rec.Code)
	})
}

// Proxies log 499 for clients that hang up. A status from 500 would count against
// the service.
func TestAClientThatHangsUpIsNoFailureOfTheService(t *testing.T) {
	hangUp := func(c *gin.Context) {
		ctx, cancel := context.WithCancel(c.Request.Context())
		cancel()
		c.Request = c.Request.WithContext(ctx)
	}
	fail := func(c *gin.Context) { middleware.Fail(c, fmt.Errorf("query: %w", context.Canceled)) }
	require.Equal(t, 499, serve(fail, hangUp).Code)
	require.Equal(t, "CANCELED", problem(t, serve(fail, hangUp)).Reason)
	require.Equal(t, http.StatusServiceUnavailable, serve(fail).Code, "the client is there: something else gave up")
}
