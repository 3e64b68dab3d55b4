package app

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/auth/authtest"
)

const subscribeAll = `{"type":"subscribe","id":"1","payload":{"query":"subscription { taskChanged { kind } }"}}`

// socket is a WebSocket to the service.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial opens a WebSocket whose first message shows a token, if it is not "".
func dial(t *testing.T, r *running, token string) socket {
	t.Helper()
	opts := &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}
	conn, _, err := websocket.Dial(context.Background(), "ws://"+r.api.Addr()+"/graphql", opts) //nolint:bodyclose // there is none
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	s := socket{t, conn}
	payload := map[string]any{}
	if token != "" {
		payload["Authorization"] = "Bearer " + token
	}
	message, err := json.Marshal(map[string]any{"type": "connection_init", "payload": payload})
	require.NoError(t, err)
	s.send(string(message))
	return s
}

func (s socket) send(message string) {
	s.t.Helper()
	require.NoError(s.t, s.conn.Write(context.Background(), websocket.MessageText, []byte(message)))
}

func (s socket) receive() string {
	s.t.Helper()
	_, message, err := s.conn.Read(context.Background())
	require.NoError(s.t, err)
	return string(message)
}

func (s socket) closed(code websocket.StatusCode) {
	s.t.Helper()
	_, message, err := s.conn.Read(context.Background())
	require.Equal(s.t, code, websocket.CloseStatus(err), string(message))
}

func TestOperationsNeedACaller(t *testing.T) {
	r := start(t, 0)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, query := range []string{`{ tasks { edges { cursor } } }`, `mutation { createTask(input: {title: \"a\"}) { task { id } } }`} {
		status, answer, err := request(client, http.MethodPost, r.api.Addr(), "/graphql", `{"query":"`+query+`"}`)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, answer, `"reason":"TOKEN_MISSING"`)
	}
	createTask(t, r, "as the caller")
	r.stop()
	require.NoError(t, <-r.ended)
}

func TestSubscriptionsNeedACaller(t *testing.T) {
	r := start(t, 0)
	for _, token := range []string{"", "forged", r.issuer.Token(authtest.ExpiresIn(-time.Minute))} {
		dial(t, r, token).closed(4403)
	}
	somebody := dial(t, r, r.token)
	require.JSONEq(t, `{"type":"connection_ack"}`, somebody.receive())
	somebody.send(subscribeAll)
	require.Eventually(t, func() bool {
		_, page, err := get(r.admin.Addr(), "/metrics")
		return err == nil && strings.Contains(page, "graphql_subscriptions_active 1")
	}, 5*time.Second, time.Millisecond, "the subscription was refused")
	r.stop()
	require.JSONEq(t, `{"type":"complete","id":"1"}`, somebody.receive())
	somebody.closed(websocket.StatusGoingAway)
	require.NoError(t, <-r.ended)
}

func TestSubscriptionsEndWithTheToken(t *testing.T) {
	r := start(t, 0)
	s := dial(t, r, r.issuer.Token(authtest.Roles("editor"), authtest.ExpiresIn(2*time.Second)))
	require.JSONEq(t, `{"type":"connection_ack"}`, s.receive())
	s.send(subscribeAll)
	require.Contains(t, s.receive(), `"reason":"TOKEN_EXPIRED"`)
	require.JSONEq(t, `{"type":"complete","id":"1"}`, s.receive())
	s.closed(4403)
	r.stop()
	require.NoError(t, <-r.ended)
}
