package graphqlserver_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
)

func TestWhoMayListenToNothingGetsNoWebSocket(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		f.opts.Authorize = func(context.Context, string) error {
			return apierror.New(apierror.Unauthenticated, "TOKEN_MISSING", "a token is needed")
		}
	})
	c, _ := dial(t, f.listen(t).URL)
	c.send(`{"type":"connection_init"}`)
	c.closed(4403)
	f.waitForActive(t, "websockets", 0)
	require.Contains(t, f.metrics(t, "graphql_requests_refused"), "TOKEN_MISSING")
}

func TestOneCallerDoesNotTakeAllPlaces(t *testing.T) {
	var caller atomic.Pointer[string]
	as := func(name string) { caller.Store(&name) }
	f := newFixture(t, func(f *fixture) {
		ticker(f)
		f.cfg.Streams.MaxPerCaller = 2
		f.opts.Caller = func(context.Context) string { return *caller.Load() }
	})
	url := f.listen(t).URL
	as("ada")
	first, second := connect(t, url), connect(t, url)
	third, _ := dial(t, url)
	third.send(`{"type":"connection_init"}`)
	third.closed(int(websocket.StatusTryAgainLater))

	first.subscribe("1")
	second.subscribe("1")
	f.waitForActive(t, "subscriptions", 2)
	second.subscribe("2")
	require.Contains(t, second.receive(), `"reason":"TOO_MANY_STREAMS_OF_CALLER"`)
	as("bob")
	connect(t, url).subscribe("1")
	f.waitForActive(t, "subscriptions", 3)

	as("ada")
	require.NoError(t, first.conn.CloseNow())
	f.waitForActive(t, "websockets", 2)
	connect(t, url).subscribe("1")
	f.waitForActive(t, "subscriptions", 3)
}

func TestOperationsOnAWebSocketAreLimited(t *testing.T) {
	var left atomic.Int64
	f := newFixture(t, func(f *fixture) {
		ticker(f)
		f.opts.Limit = func(context.Context) error {
			if left.Add(-1) < 0 {
				return apierror.New(apierror.RateLimited, "RATE_LIMITED", "too many").WithRetryAfter(time.Second)
			}
			return nil
		}
	})
	left.Store(2)
	c := connect(t, f.listen(t).URL)
	c.subscribe("1")
	f.waitForActive(t, "subscriptions", 1)
	c.send(`{"type":"subscribe","id":"2","payload":{"query":"nonsense"}}`)
	require.Contains(t, c.receive(), "PARSE_FAILED", "it counts, too")
	require.JSONEq(t, `{"type":"complete","id":"2"}`, c.receive())
	c.subscribe("3")
	refused := c.receive()
	require.Contains(t, refused, `"reason":"RATE_LIMITED"`)
	require.Contains(t, refused, `"id":"3"`)
	require.Contains(t, f.metrics(t, "graphql_requests_refused"), "RATE_LIMITED")
	require.Equal(t, "name", f.post(t, "{name}", "").Data["name"], "on HTTP it is not asked")
}

func TestAFloodOfWebSocketsIsRefused(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.cfg.Streams.MaxConnections = 5 })
	url := f.listen(t).URL
	var open []*client
	for range 50 {
		c, res := dial(t, url)
		if c != nil {
			open = append(open, c)
			continue
		}
		require.Equal(t, http.StatusServiceUnavailable, res.status)
		require.Contains(t, res.body, "TOO_MANY_STREAMS")
	}
	require.Len(t, open, 5)
	for _, c := range open {
		require.NoError(t, c.conn.CloseNow())
	}
	f.waitForActive(t, "websockets", 0)
	connect(t, url)
}

func TestSubscriptionsOnOneWebSocketAreBounded(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		ticker(f)
		f.cfg.Streams.MaxPerConnection = 2
		f.cfg.Streams.Max = 3
	})
	url := f.listen(t).URL
	c := connect(t, url)
	for i := range 3 {
		c.subscribe(strconv.Itoa(i))
	}
	require.Contains(t, c.receive(), `"reason":"TOO_MANY_SUBSCRIPTIONS"`)
	require.Contains(t, c.receive(), "complete")
	other := connect(t, url)
	other.subscribe("1")
	f.waitForActive(t, "subscriptions", 3)
	other.subscribe("2")
	require.Contains(t, other.receive(), `"reason":"TOO_MANY_STREAMS"`)
	require.NoError(t, c.conn.CloseNow())
	f.waitForActive(t, "subscriptions", 1)
}

func TestMessagesAreBounded(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.cfg.Streams.MaxMessageBytes = 100 })
	c := connect(t, f.listen(t).URL)
	c.send(strings.Repeat(" ", 101))
	c.closed(int(websocket.StatusMessageTooBig))
	f.waitForActive(t, "websockets", 0)
}
