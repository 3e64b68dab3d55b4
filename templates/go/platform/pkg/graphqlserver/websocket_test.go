package graphqlserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver"
)

const protocol = "graphql-transport-ws"

// client is one end of a WebSocket.
type client struct {
	t    testing.TB
	conn *websocket.Conn
}

// refusal is the answer to a handshake that failed.
type refusal struct {
	status int
	body   string
}

// dial opens a WebSocket and says nothing yet; headers are pairs of name and
// value. The client is nil when it is refused.
func dial(t testing.TB, url string, headers ...string) (*client, refusal) {
	t.Helper()
	return dialAs(t, url, protocol, headers...)
}

func dialAs(t testing.TB, url, subprotocol string, headers ...string) (*client, refusal) {
	t.Helper()
	header := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	opts := &websocket.DialOptions{HTTPHeader: header, Subprotocols: []string{subprotocol}}
	conn, res, err := websocket.Dial(t.Context(), url, opts) //nolint:bodyclose // it is in memory
	if err != nil {
		require.NotNil(t, res, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return nil, refusal{res.StatusCode, string(body)}
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t, conn}, refusal{}
}

// connect opens a WebSocket and initialises it.
func connect(t testing.TB, url string) *client {
	t.Helper()
	c, _ := dial(t, url)
	require.NotNil(t, c)
	c.send(`{"type":"connection_init"}`)
	require.JSONEq(t, `{"type":"connection_ack"}`, c.receive())
	return c
}

func (c *client) send(message string) {
	c.t.Helper()
	require.NoError(c.t, c.conn.Write(c.t.Context(), websocket.MessageText, []byte(message)))
}

func (c *client) subscribe(id string) {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"type":"subscribe","id":%q,"payload":%s}`, id, subscribeBody))
}

// receive returns the next message that is no sign of life.
func (c *client) receive() string {
	c.t.Helper()
	for {
		_, message, err := c.conn.Read(c.t.Context())
		require.NoError(c.t, err)
		var head struct{ Type string }
		require.NoError(c.t, json.Unmarshal(message, &head))
		if head.Type != "ping" {
			return string(message)
		}
		c.send(`{"type":"pong"}`)
	}
}

// closed requires that nothing follows but the end, with this code.
func (c *client) closed(code int) {
	c.t.Helper()
	_, message, err := c.conn.Read(c.t.Context())
	require.Error(c.t, err, string(message))
	require.Equal(c.t, code, int(websocket.CloseStatus(err)), err)
}

func TestEventsArriveOnAWebSocket(t *testing.T) {
	var ticks chan<- int
	f := newFixture(t, func(f *fixture) { ticks = ticker(f) })
	c := connect(t, f.listen(t).URL)
	c.subscribe("1")
	ticks <- 7
	require.JSONEq(t, `{"type":"next","id":"1","payload":{"data":{"ticks":7}}}`, c.receive())
	close(ticks)
	require.JSONEq(t, `{"type":"complete","id":"1"}`, c.receive())
	f.waitForEnd(t, "completed")
	require.NoError(t, c.conn.Close(websocket.StatusNormalClosure, ""))
	f.waitForActive(t, "websockets", 0)
}

func TestAClientMayStopAnyOfItsSubscriptions(t *testing.T) {
	f := newFixture(t, func(f *fixture) { ticker(f) })
	c := connect(t, f.listen(t).URL)
	c.subscribe("1")
	c.subscribe("2")
	f.waitForActive(t, "subscriptions", 2)
	c.send(`{"type":"complete","id":"1"}`)
	require.JSONEq(t, `{"type":"complete","id":"1"}`, c.receive())
	f.waitForActive(t, "subscriptions", 1)
	c.send(`{"type":"ping"}`)
	require.JSONEq(t, `{"type":"pong"}`, c.receive())
}

// Queries and mutations would pass by what guards requests of HTTP.
func TestAWebSocketCarriesSubscriptionsOnly(t *testing.T) {
	f := newFixture(t)
	c := connect(t, f.listen(t).URL)
	for id, query := range map[string]string{"1": "{name}", "2": `mutation {set(name: \"a\")}`} {
		c.send(fmt.Sprintf(`{"type":"subscribe","id":%q,"payload":{"query":"%s"}}`, id, query))
		require.Contains(t, c.receive(), `"reason":"STREAM_NOT_ALLOWED"`)
		require.JSONEq(t, fmt.Sprintf(`{"type":"complete","id":%q}`, id), c.receive())
	}
	c.send(`{"type":"subscribe","id":"3","payload":{"query":"subscription {tocks}"}}`)
	require.Contains(t, c.receive(), `"type":"error"`)
}

func TestHandshakesAreRefused(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.cfg.Streams.AllowedOrigins = []string{"https://app.example.com"} })
	url := f.listen(t).URL
	for origin, allowed := range map[string]bool{
		"":                              true,
		url:                             true,
		"https://app.example.com":       true,
		"HTTPS://APP.example.com":       true,
		"http://app.example.com":        false,
		"https://app.example.com:8443":  false,
		"https://app.example.com.evil":  false,
		"https://evil.example.com":      false,
		"null":                          false,
		"https://[not.an.address":       false,
		"file://":                       false,
		"https://evil@app.example.com/": false,
	} {
		c, res := dial(t, url, "Origin", origin)
		require.Equal(t, allowed, c != nil, origin)
		if !allowed {
			require.Equal(t, http.StatusForbidden, res.status)
			require.Contains(t, res.body, "ORIGIN_NOT_ALLOWED")
		}
	}

	_, res := dialAs(t, url, "graphql-ws")
	require.Contains(t, res.body, "SUBPROTOCOL_REQUIRED")

	req := request(t, http.MethodGet, url, "", "Upgrade", "websocket", "Sec-WebSocket-Protocol", protocol)
	req.RequestURI = ""
	upgrade, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, upgrade.Body.Close())
	require.Equal(t, http.StatusUpgradeRequired, upgrade.StatusCode, "a handshake that is none")
}

func TestAWebSocketMustSayWhoItIs(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		f.opts.Authenticate = func(ctx context.Context, authorization string) (context.Context, error) {
			if authorization != "Bearer good" {
				return nil, apierror.New(apierror.Unauthenticated, "TOKEN_INVALID", "the token is not valid").WithCause(errors.New("hunter2"))
			}
			return ctx, nil
		}
	})
	url := f.listen(t).URL
	for first, code := range map[string]int{
		`{"type":"connection_init","payload":{"Authorization":"Bearer bad"}}`: 4403,
		`{"type":"connection_init","payload":7}`:                              1000,
		`{"type":"subscribe","id":"1"}`:                                       4400,
		`{"type":"nonsense"}`:                                                 4400,
		`nonsense`:                                                            4400,
	} {
		c, _ := dial(t, url)
		c.send(first)
		c.closed(code)
	}
	c, _ := dial(t, url)
	c.send(`{"type":"connection_init","payload":{"authorization":"Bearer good"}}`)
	require.JSONEq(t, `{"type":"connection_ack"}`, c.receive())
	c.send(`{"type":"connection_init"}`)
	c.closed(4400)
	f.waitForActive(t, "websockets", 0)
}

func TestAWebSocketMustSayInTimeWhoItIs(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.cfg.Streams.InitTimeout = 20 * time.Millisecond })
	c, _ := dial(t, f.listen(t).URL)
	c.closed(4408)
	f.waitForActive(t, "websockets", 0)
}

func TestASubscriptionNeedsWhatItsFieldNeeds(t *testing.T) {
	var refuse atomic.Bool
	f := newFixture(t, func(f *fixture) {
		ticker(f)
		f.opts.Authorize = func(_ context.Context, field string) error {
			if !refuse.Load() {
				return nil
			}
			return apierror.New(apierror.PermissionDenied, "PERMISSION_DENIED", field)
		}
	})
	c := connect(t, f.listen(t).URL)
	refuse.Store(true)
	c.subscribe("1")
	require.Contains(t, c.receive(), `"message":"Subscription.ticks"`)
	require.JSONEq(t, `{"type":"complete","id":"1"}`, c.receive())
	f.waitForActive(t, "subscriptions", 0)
}

func TestAWebSocketEndsSoonAfterTheCredentialsOfItsCaller(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		ticker(f)
		expiry := sync.OnceValue(func() time.Time { return time.Now().Add(500 * time.Millisecond) })
		f.opts.ExpiresAt = func(context.Context) time.Time { return expiry() }
	})
	c := connect(t, f.listen(t).URL)
	c.subscribe("1")
	require.Contains(t, c.receive(), `"reason":"TOKEN_EXPIRED"`)
	require.JSONEq(t, `{"type":"complete","id":"1"}`, c.receive())
	c.closed(4403)
	f.waitForEnd(t, "expired")
}

func TestAWebSocketThatIsSilentForTooLongIsClosed(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.cfg.Streams.KeepAlive = 200 * time.Millisecond })
	url := f.listen(t).URL
	c := connect(t, url)
	for range 5 { // it lives as long as it answers
		_, message, err := c.conn.Read(t.Context())
		require.NoError(t, err)
		require.JSONEq(t, `{"type":"ping"}`, string(message))
		c.send(`{"type":"pong"}`)
	}
	f.waitForActive(t, "websockets", 0)
}

// A client that does not read holds up nobody for longer than the write timeout.
func TestAClientThatDoesNotReadIsCutOff(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		f.cfg.Streams.WriteTimeout = 50 * time.Millisecond
		f.resolvers["Subscription.ticks"] = func(ctx context.Context) (any, error) {
			return graphqlserver.Stream(ctx, func(send func(int) bool) error {
				for open := true; open; {
					open = send(1)
				}
				return io.EOF
			}), nil
		}
	})
	server := f.listen(t)
	c := connect(t, server.URL)
	long := `{"query":"subscription {` + strings.Repeat("x", 10_000) + `: ticks}"}` // fills buffers soon
	c.send(`{"type":"subscribe","id":"1","payload":` + long + `}`)
	f.waitForEnd(t, "left")
	f.waitForActive(t, "websockets", 0)

	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n"+
		"Content-Length: %d\r\n\r\n%s", len(long), long)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return strings.Contains(f.metrics(t, "graphql_subscriptions_ended"), "value:2")
	}, waitLimit, tick)
	require.NoError(t, conn.Close())
}

func TestStopCompletesSubscriptionsAndClosesWebSockets(t *testing.T) {
	f := newFixture(t, func(f *fixture) { ticker(f) })
	url := f.listen(t).URL
	c, idle := connect(t, url), connect(t, url)
	c.subscribe("1")
	c.subscribe("2")
	f.waitForActive(t, "subscriptions", 2)
	stopped := make(chan error)
	go func() { stopped <- f.Component().Stop(t.Context()) }()
	require.Contains(t, c.receive(), `"type":"complete"`)
	require.Contains(t, c.receive(), `"type":"complete"`)
	c.closed(int(websocket.StatusGoingAway))
	idle.closed(int(websocket.StatusGoingAway))
	require.NoError(t, <-stopped)
	require.Contains(t, f.metrics(t, "graphql_websockets_active"), "value:0")

	_, res := dial(t, url)
	require.Equal(t, http.StatusServiceUnavailable, res.status)
	require.Contains(t, res.body, "SERVER_STOPPING")
}
