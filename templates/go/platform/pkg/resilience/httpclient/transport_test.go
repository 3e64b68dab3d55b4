package httpclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/httpclient"
)

// body counts what is closed, and follows the context of its request as those of
// net/http do.
type body struct {
	io.Reader

	ctx  context.Context
	open *atomic.Int64
}

func (b *body) Read(p []byte) (int, error) {
	if b.ctx.Err() != nil {
		return 0, b.ctx.Err()
	}
	return b.Reader.Read(p)
}

func (b *body) Close() error {
	b.open.Add(-1)
	return nil
}

// target answers requests with one status after the other; the last one stays.
type target struct {
	statuses []int
	headers  http.Header
	delay    time.Duration
	fail     error

	calls  int
	bodies []string
	open   atomic.Int64
}

func (s *target) RoundTrip(req *http.Request) (*http.Response, error) {
	status := s.statuses[min(s.calls, len(s.statuses)-1)]
	s.calls++
	if req.Body != nil {
		sent, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		_ = req.Body.Close()
		s.bodies = append(s.bodies, string(sent))
	}
	select {
	case <-time.After(s.delay):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if status == 0 {
		return nil, s.fail
	}
	s.open.Add(1)
	return &http.Response{
		StatusCode: status, Status: strconv.Itoa(status), Header: s.headers, Request: req,
		Body: &body{Reader: strings.NewReader(fmt.Sprintf("answer %d", s.calls)), ctx: req.Context(), open: &s.open},
	}, nil
}

func newTransport(cfg resilience.Config, base http.RoundTripper) *httpclient.Transport {
	return httpclient.NewTransport(base, resilience.NewPolicy("payments", cfg, newMetrics(), discard), 1<<20)
}

func request(t *testing.T, method, content string) *http.Request {
	t.Helper()
	var reader io.Reader
	if content != "" {
		reader = strings.NewReader(content)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://payments/charges", reader)
	require.NoError(t, err)
	return req
}

func TestOnlyRepeatableRequestsAreRepeated(t *testing.T) {
	withKey := func(req *http.Request) { req.Header.Set("Idempotency-Key", "k-1") }
	withoutCopy := func(req *http.Request) { req.GetBody = nil }
	tests := map[string]struct {
		method, content string
		change          func(*http.Request)
		calls           int
	}{
		"GET":                      {method: http.MethodGet, calls: 3},
		"HEAD":                     {method: http.MethodHead, calls: 3},
		"PUT with a body":          {method: http.MethodPut, content: "amount=1", calls: 3},
		"PUT without a copy":       {method: http.MethodPut, content: "amount=1", change: withoutCopy, calls: 1},
		"DELETE":                   {method: http.MethodDelete, calls: 3},
		"POST":                     {method: http.MethodPost, content: "amount=1", calls: 1},
		"POST with a key":          {method: http.MethodPost, content: "amount=1", change: withKey, calls: 3},
		"POST with a key, no body": {method: http.MethodPost, change: withKey, calls: 3},
		"PATCH":                    {method: http.MethodPatch, content: "amount=1", calls: 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &target{statuses: []int{503}}
				req := request(t, tc.method, tc.content)
				if tc.change != nil {
					tc.change(req)
				}
				res, err := newTransport(policyConfig(), server).RoundTrip(req)
				require.NoError(t, err)
				require.Equal(t, http.StatusServiceUnavailable, res.StatusCode, "the last answer is the answer")
				require.Equal(t, tc.calls, server.calls)
				for _, sent := range server.bodies {
					require.Equal(t, tc.content, sent)
				}
				text, err := io.ReadAll(res.Body)
				require.NoError(t, err)
				require.Equal(t, fmt.Sprintf("answer %d", tc.calls), string(text))
				require.NoError(t, res.Body.Close())
				require.Zero(t, server.open.Load(), "every body is closed")
			})
		})
	}
}

func TestStatusesDecideWhatIsRepeated(t *testing.T) {
	tests := map[int]int{200: 1, 302: 1, 404: 1, 409: 1, 429: 3, 500: 1, 501: 1, 502: 3, 503: 3, 504: 3}
	for status, calls := range tests {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &target{statuses: []int{status}}
				res, err := newTransport(policyConfig(), server).RoundTrip(request(t, http.MethodGet, ""))
				require.NoError(t, err)
				require.Equal(t, status, res.StatusCode)
				require.Equal(t, calls, server.calls)
				require.NoError(t, res.Body.Close())
			})
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for name, value := range map[string]func() string{
		"seconds": func() string { return "3" },
		"a date":  func() string { return time.Now().Add(3 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				server := &target{statuses: []int{429, 200}, headers: http.Header{"Retry-After": {value()}}}
				res, err := newTransport(policyConfig(), server).RoundTrip(request(t, http.MethodGet, ""))
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())
				require.Equal(t, 3*time.Second, time.Since(begin))
			})
		})
	}
}

func TestTheBodyMayBeReadAfterTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &target{statuses: []int{200}}
		res, err := newTransport(policyConfig(), server).RoundTrip(request(t, http.MethodGet, ""))
		require.NoError(t, err)
		time.Sleep(2 * time.Second) // longer than the attempt's timeout
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, "answer 1", string(text))
		require.NoError(t, res.Body.Close())
		require.Error(t, res.Request.Context().Err(), "nothing is held after Close")
	})
	synctest.Test(t, func(t *testing.T) {
		server := &target{statuses: []int{200}}
		res, err := newTransport(policyConfig(), server).RoundTrip(request(t, http.MethodGet, ""))
		require.NoError(t, err)
		time.Sleep(policyConfig().Timeout.Total + 1) // but not longer than the whole
		_, err = io.ReadAll(res.Body)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, res.Body.Close())
	})
}

func TestSlowAttemptsAreRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &target{statuses: []int{200}, delay: time.Hour}
		begin := time.Now()
		_, err := newTransport(policyConfig(), server).RoundTrip(request(t, http.MethodGet, "")) //nolint:bodyclose // there is none
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3, server.calls)
		require.GreaterOrEqual(t, time.Since(begin), 3*time.Second)
		require.LessOrEqual(t, time.Since(begin), 4*time.Second)
	})
}

func TestBrokenConnectionsAreRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &target{statuses: []int{0, 503, 0, 0}, fail: io.ErrUnexpectedEOF}
		_, err := newTransport(policyConfig(), server).RoundTrip(request(t, http.MethodGet, "")) //nolint:bodyclose // there is none
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, 3, server.calls)
		require.Zero(t, server.open.Load(), "the answer in between is closed")
	})
}

func TestACallerWhoLeavesGetsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &target{statuses: []int{503}, headers: http.Header{"Retry-After": {"5"}}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		req := request(t, http.MethodGet, "").WithContext(ctx)
		_, err := newTransport(policyConfig(), server).RoundTrip(req) //nolint:bodyclose // there is none
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, server.open.Load())
	})
}

// closeRecorder is the body of a request that is never sent.
type closeRecorder struct {
	io.Reader

	closed bool
}

func (c *closeRecorder) Close() error {
	c.closed = true
	return nil
}

func TestARefusedRequestIsClosed(t *testing.T) {
	cfg := policyConfig()
	cfg.Breaker.MinCalls = 1
	server := &target{statuses: []int{500}}
	transport := newTransport(cfg, server)
	res, err := transport.RoundTrip(request(t, http.MethodGet, ""))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())

	content := &closeRecorder{Reader: strings.NewReader("amount=1")}
	req := request(t, http.MethodPost, "")
	req.Body = content
	_, err = transport.RoundTrip(req) //nolint:bodyclose // there is none
	requireReason(t, err, apierror.Unavailable, resilience.ReasonCircuitOpen)
	require.True(t, content.closed)
	require.Equal(t, 1, server.calls)

	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	content.closed = false
	<-ctx.Done()
	_, err = transport.RoundTrip(req.WithContext(ctx)) //nolint:bodyclose // there is none
	requireReason(t, err, apierror.Timeout, resilience.ReasonNoTimeLeft)
	require.True(t, content.closed)
}

func TestABodyThatCannotBeCopiedEndsTheRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errGone := errors.New("file is gone")
		server := &target{statuses: []int{503}}
		req := request(t, http.MethodPut, "amount=1")
		req.GetBody = func() (io.ReadCloser, error) { return nil, errGone }
		_, err := newTransport(policyConfig(), server).RoundTrip(req) //nolint:bodyclose // there is none
		require.ErrorIs(t, err, errGone)
		require.Zero(t, server.open.Load())
	})
}

func TestResponsesAreBounded(t *testing.T) {
	server := &target{statuses: []int{200}}
	policy := resilience.NewPolicy("payments", policyConfig(), newMetrics(), discard)
	res, err := httpclient.NewTransport(server, policy, 3).RoundTrip(request(t, http.MethodGet, ""))
	require.NoError(t, err)
	text, err := io.ReadAll(res.Body)
	var tooLarge *http.MaxBytesError
	require.ErrorAs(t, err, &tooLarge)
	require.Equal(t, "ans", string(text))
	require.NoError(t, res.Body.Close())
}

// nothing answers without a network.
type nothing struct{}

func (nothing) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("")), Request: req}, nil
}

func BenchmarkTransport(b *testing.B) {
	policy := resilience.NewPolicy("payments", resilience.DefaultConfig(), newMetrics(), discard)
	for name, transport := range map[string]http.RoundTripper{
		"plain": nothing{}, "policy": httpclient.NewTransport(nothing{}, policy, 1<<20),
	} {
		b.Run(name, func(b *testing.B) {
			req := httptest.NewRequest(http.MethodGet, "http://payments/", nil).WithContext(context.Background())
			b.ReportAllocs()
			for b.Loop() {
				res, err := transport.RoundTrip(req)
				require.NoError(b, err)
				_ = res.Body.Close()
			}
		})
	}
}
