package graphqlserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver"
)

const subscribeBody = `{"query":"subscription S {ticks}"}`

// ticker makes "Subscription.ticks" what a test sends into it, until it is closed.
func ticker(f *fixture) chan<- int {
	ticks := make(chan int)
	f.resolvers["Subscription.ticks"] = func(ctx context.Context) (any, error) {
		return graphqlserver.Stream(ctx, func(send func(int) bool) error {
			for {
				select {
				case tick, ok := <-ticks:
					if !ok || !send(tick) {
						return io.EOF
					}
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}), nil
	}
	return ticks
}

// events is a stream of server-sent events that a test reads.
type events struct {
	body    io.Closer
	scanner *bufio.Scanner
	close   context.CancelFunc
}

// listenSSE subscribes to the server at url.
func listenSSE(t testing.TB, url string) *events {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(subscribeBody))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req) //nolint:bodyclose // when the test ends
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	e := &events{body: res.Body, scanner: bufio.NewScanner(res.Body), close: cancel}
	t.Cleanup(func() {
		cancel()
		_ = e.body.Close()
	})
	require.Equal(t, ":", e.line(t), "the server says that it listens")
	return e
}

// line returns the next line that is not empty, or "" at the end.
func (e *events) line(t testing.TB) string {
	t.Helper()
	for e.scanner.Scan() {
		if line := e.scanner.Text(); line != "" {
			return line
		}
	}
	return ""
}

// next returns the next event as one line, without signs of life.
func (e *events) next(t testing.TB) string {
	t.Helper()
	line := e.line(t)
	for line == ":" {
		line = e.line(t)
	}
	if line == "" {
		return "EOF"
	}
	return strings.TrimPrefix(line, "event: ") + " " + strings.TrimPrefix(e.line(t), "data:")
}

func TestEventsAreStreamed(t *testing.T) {
	var ticks chan<- int
	f := newFixture(t, func(f *fixture) { ticks = ticker(f) })
	e := listenSSE(t, f.listen(t).URL)
	require.Contains(t, f.metrics(t, "graphql_subscriptions_active"), "value:1")
	for i := range 3 {
		ticks <- i
		require.Equal(t, `next  {"data":{"ticks":`+string(rune('0'+i))+`}}`, e.next(t))
	}
	close(ticks)
	require.Equal(t, "complete ", e.next(t))
	require.Equal(t, "EOF", e.next(t))
	f.waitForEnd(t, "completed")
	require.Equal(t, graphqlserver.Note{Type: "subscription", Name: "S"}, *f.note)
	require.Len(t, f.spans.Ended(), 2, "the span of a subscription does not last as long as its stream")
}

// waitForEnd waits until a subscription has ended for that reason and none is left.
func (f *fixture) waitForEnd(t testing.TB, why string) {
	t.Helper()
	require.Eventually(t, func() bool {
		ended := f.metrics(t, "graphql_subscriptions_ended")
		for line := range strings.SplitSeq(ended, "\n") {
			if strings.Contains(line, why) && strings.Contains(line, "value:1") {
				return strings.Contains(f.metrics(t, "graphql_subscriptions_active"), "value:0")
			}
		}
		return false
	}, waitLimit, tick, "no subscription has ended: "+why)
}

// The server's timeouts are for requests; silence is broken by signs of life.
func TestStreamsOutliveTheTimeoutsOfTheServer(t *testing.T) {
	var ticks chan<- int
	f := newFixture(t, func(f *fixture) {
		ticks = ticker(f)
		f.cfg.Streams.KeepAlive = 10 * time.Millisecond
	})
	const timeout = 100 * time.Millisecond
	server := f.listen(t, func(s *http.Server) { s.ReadTimeout, s.WriteTimeout = timeout, timeout })
	e := listenSSE(t, server.URL)
	for begin := time.Now(); time.Since(begin) < 4*timeout; {
		require.Equal(t, ":", e.line(t))
	}
	ticks <- 7
	require.Equal(t, `next  {"data":{"ticks":7}}`, e.next(t))
	close(ticks)
}

func TestAStreamEndsWithItsClient(t *testing.T) {
	f := newFixture(t, func(f *fixture) { ticker(f) })
	listenSSE(t, f.listen(t).URL).close()
	f.waitForEnd(t, "left")
}

func TestWhatEndsAStreamIsTheLastThingToldOnIt(t *testing.T) {
	tests := map[string]struct {
		end    error
		panics bool
		reason string
	}{
		"error of the model": {end: apierror.New(apierror.Unavailable, "TOO_SLOW", "too slow"), reason: `"reason":"TOO_SLOW"`},
		"another error":      {end: errors.New("hunter2"), reason: `"reason":"INTERNAL"`},
		"panic":              {panics: true, reason: `"reason":"INTERNAL"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(f *fixture) {
				f.resolvers["Subscription.ticks"] = func(ctx context.Context) (any, error) {
					return graphqlserver.Stream(ctx, func(send func(int) bool) error {
						send(1)
						if tc.panics {
							panic("hunter2")
						}
						return tc.end
					}), nil
				}
			})
			e := listenSSE(t, f.listen(t).URL)
			require.Equal(t, `next  {"data":{"ticks":1}}`, e.next(t))
			last := e.next(t)
			require.Contains(t, last, tc.reason)
			require.NotContains(t, last, "hunter2")
			require.Equal(t, "complete ", e.next(t))
			f.waitForEnd(t, "failed")
		})
	}
}

func TestASubscriptionThatIsRefusedIsNoStream(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		f.resolvers["Subscription.ticks"] = func(context.Context) (any, error) {
			return nil, apierror.New(apierror.NotFound, "CLOCK_NOT_FOUND", "there is no clock")
		}
	})
	e := listenSSE(t, f.listen(t).URL)
	require.Contains(t, e.next(t), `"reason":"CLOCK_NOT_FOUND"`)
	require.Equal(t, "complete ", e.next(t))

	for body, reason := range map[string]string{`{"query":"subscription {tocks}"}`: "VALIDATION_FAILED", `x`: "INVALID_REQUEST"} {
		got := f.do(t, request(t, http.MethodPost, "/graphql", body, "Accept", "text/event-stream")).refused(t, reason)
		require.Equal(t, http.StatusBadRequest, got.status)
		require.Equal(t, "application/graphql-response+json", got.header.Get("Content-Type"))
	}
}

func TestQueriesMayBeAnsweredByEvents(t *testing.T) {
	f := newFixture(t)
	server := f.listen(t)
	req := request(t, http.MethodPost, server.URL, `{"query":"{name}"}`, "Accept", "text/event-stream")
	req.RequestURI = ""
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Contains(t, string(content), "event: next\ndata: {\"data\":{\"name\":\"name\"}}\n\nevent: complete\n")
}

func TestStreamsEndWithTheCredentialsOfTheCaller(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		ticker(f)
		f.opts.ExpiresAt = func(context.Context) time.Time { return time.Now().Add(20 * time.Millisecond) }
	})
	e := listenSSE(t, f.listen(t).URL)
	last := e.next(t)
	require.Contains(t, last, `"code":"UNAUTHENTICATED"`)
	require.Contains(t, last, `"reason":"TOKEN_EXPIRED"`)
	require.Equal(t, "complete ", e.next(t))
	f.waitForEnd(t, "expired")
}

func TestStreamsAreBounded(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		ticker(f)
		f.cfg.Streams.Max = 2
	})
	server := f.listen(t)
	first := listenSSE(t, server.URL)
	listenSSE(t, server.URL)
	require.Contains(t, listenSSE(t, server.URL).next(t), `"reason":"TOO_MANY_STREAMS"`)
	first.close()
	f.waitForActive(t, "subscriptions", 1)
	listenSSE(t, server.URL)
	f.waitForActive(t, "subscriptions", 2)
}

// waitForActive waits until n subscriptions, or websockets, are open.
func (f *fixture) waitForActive(t testing.TB, what string, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		return strings.Contains(f.metrics(t, "graphql_"+what+"_active"), fmt.Sprintf("value:%d", n))
	}, waitLimit, tick)
}

func TestStopCompletesStreamsAndLetsNoneIn(t *testing.T) {
	f := newFixture(t, func(f *fixture) { ticker(f) })
	server := f.listen(t)
	e := listenSSE(t, server.URL)
	require.NoError(t, f.Component().Stop(t.Context()))
	require.Equal(t, "complete ", e.next(t), "there is nothing wrong")
	f.waitForEnd(t, "stopping")
	require.Contains(t, listenSSE(t, server.URL).next(t), `"reason":"SERVER_STOPPING"`)
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	hang := make(chan struct{})
	f := newFixture(t, func(f *fixture) {
		f.resolvers["Subscription.ticks"] = func(context.Context) (any, error) { <-hang; return nil, nil }
	})
	server := f.listen(t)
	go func() {
		req := request(t, http.MethodPost, server.URL, subscribeBody, "Accept", "text/event-stream")
		req.RequestURI = ""
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	f.waitForActive(t, "subscriptions", 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, f.Component().Stop(ctx), context.Canceled)
	close(hang)
}
