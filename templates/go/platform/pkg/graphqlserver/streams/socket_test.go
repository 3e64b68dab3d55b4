package streams_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/graphqlserver/streams"
)

// pair is both ends of a WebSocket.
type pair struct {
	*streams.Socket
	leave  context.CancelCauseFunc // ends the context of the connection
	client *websocket.Conn
}

// open returns a WebSocket that is closed when the test ends.
func open(t *testing.T) pair {
	t.Helper()
	sockets := make(chan *streams.Socket, 1)
	ctx, leave := context.WithCancelCause(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			return // it has answered
		}
		sockets <- streams.NewSocket(ctx, conn, bounds())
		<-done
	}))
	opts := &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}
	client, _, err := websocket.Dial(t.Context(), server.URL, opts) //nolint:bodyclose // there is none
	require.NoError(t, err)
	p := pair{<-sockets, leave, client}
	t.Cleanup(func() {
		_ = client.CloseNow()
		p.Finish()
		leave(nil)
		close(done)
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return p
}

// closed returns how the client sees the connection end.
func (p pair) closed(t *testing.T) (code int, reason string) {
	t.Helper()
	_, _, err := p.client.Read(context.WithoutCancel(t.Context()))
	var end websocket.CloseError
	require.ErrorAs(t, err, &end)
	return int(end.Code), end.Reason
}

func TestMessagesTravelBothWays(t *testing.T) {
	p := open(t)
	conn, err := p.Accept(nil, nil, transport.WebsocketAcceptOptions{})
	require.NoError(t, err)
	require.Equal(t, "graphql-transport-ws", conn.Subprotocol())
	require.NoError(t, conn.WriteJSON(map[string]int{"a": 1}))
	_, message, err := p.client.Read(t.Context())
	require.NoError(t, err)
	require.JSONEq(t, `{"a":1}`, string(message))
	require.Error(t, conn.WriteJSON(func() {}), "what is no JSON is not sent")

	require.NoError(t, p.client.Write(t.Context(), websocket.MessageText, []byte("b")))
	kind, reader, err := conn.NextReader()
	require.NoError(t, err)
	require.Equal(t, int(websocket.MessageText), kind)
	received, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, "b", string(received))
	require.NoError(t, conn.Close(), "WriteClose has closed it")
}

func TestPlacesOnASocketAreBounded(t *testing.T) {
	p := open(t)
	require.True(t, p.Take())
	require.True(t, p.Take())
	require.False(t, p.Take())
	p.Give()
	require.True(t, p.Take(), "a refusal takes no place")
}

func TestClientsMayLeave(t *testing.T) {
	p := open(t)
	go func() { _ = p.client.Close(websocket.StatusGoingAway, "") }() // it waits for the answer
	_, _, err := p.NextReader()
	require.ErrorIs(t, err, transport.ErrWebsocketClosed)
}

// What gqlgen says when it closes is put into the codes that clients know, unless
// there is a better reason.
func TestTheCodeTellsTheClientWhatToDo(t *testing.T) {
	tests := map[string]struct {
		cause  error
		reason string
		code   int
		told   string
	}{
		"done":              {nil, "", 1000, ""},
		"no first message":  {nil, "connection initialisation timeout", 4408, "connection initialisation timeout"},
		"no JSON":           {nil, "decoding error", 4400, "decoding error"},
		"not to be said":    {nil, "unexpected message", 4400, "unexpected message"},
		"the server stops":  {streams.ErrStopping, "terminated", 1001, "the server stops"},
		"credentials ended": {streams.ErrExpired, "terminated", 4403, "the token has expired"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := open(t)
			if tc.cause != nil {
				p.leave(tc.cause)
			}
			require.NoError(t, p.WriteClose(transport.WebsocketCloseNormalClosure, tc.reason))
			require.NoError(t, p.WriteClose(closeAgain, "only the first counts"))
			code, told := p.closed(t)
			require.Equal(t, tc.code, code)
			require.Equal(t, tc.told, told)
		})
	}
}

const closeAgain = 4999

func TestASocketEndsALittleAfterTheCredentials(t *testing.T) {
	p := open(t)
	ctx := t.Context()
	require.Equal(t, ctx, p.Until(ctx, time.Time{}), "they do not end")

	expires := time.Now().Add(time.Hour)
	at, ok := p.Until(ctx, expires).Deadline()
	require.True(t, ok)
	require.True(t, at.After(expires), "the last messages must get out")

	ended := open(t)
	ctx = ended.Until(ctx, time.Now().Add(-time.Hour))
	require.ErrorIs(t, context.Cause(ctx), streams.ErrExpired)
	require.NoError(t, ended.WriteClose(transport.WebsocketCloseNormalClosure, ""))
	code, _ := ended.closed(t)
	require.Equal(t, streams.CloseForbidden, code)
}

func TestMessagesThatAreTooLongEndTheConnection(t *testing.T) {
	p := open(t)
	p.SetReadLimit(10)
	require.NoError(t, p.client.Write(t.Context(), websocket.MessageText, make([]byte, 11)))
	_, _, err := p.NextReader()
	require.ErrorIs(t, err, websocket.ErrMessageTooBig)
}

func TestASilentConnectionIsCutAtItsDeadline(t *testing.T) {
	p := open(t)
	require.NoError(t, p.SetReadDeadline(time.Now().Add(time.Hour)))
	require.NoError(t, p.SetReadDeadline(time.Time{}), "there is none any more")
	require.NoError(t, p.SetReadDeadline(time.Now().Add(time.Millisecond)))
	_, _, err := p.NextReader()
	require.Error(t, err)
	require.NotErrorIs(t, err, transport.ErrWebsocketClosed, "nobody said goodbye")
}
