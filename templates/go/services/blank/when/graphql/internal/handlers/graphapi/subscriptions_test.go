package graphapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/handlers/graphapi"
	"goldpath.local/service/internal/services"
)

const changedQuery = `subscription Changes($id: ID) { taskChanged(id: $id) { kind task { id title version } } }`

// subscription is a stream of server-sent events.
type subscription struct {
	t       testing.TB
	scanner *bufio.Scanner
}

// subscribe listens over SSE until the test ends; id may be nil.
func (c *client) subscribe(id any) subscription {
	c.t.Helper()
	server := httptest.NewServer(c.router)
	c.t.Cleanup(server.Close)
	c.t.Cleanup(http.DefaultClient.CloseIdleConnections)
	body, err := json.Marshal(map[string]any{"query": changedQuery, "variables": map[string]any{"id": id}})
	require.NoError(c.t, err)
	ctx, cancel := context.WithCancel(c.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+graphapi.Path, strings.NewReader(string(body)))
	require.NoError(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { cancel(); _ = res.Body.Close() })
	s := subscription{c.t, bufio.NewScanner(res.Body)}
	require.True(c.t, s.scanner.Scan(), "the stream is open")
	return s
}

// next returns the data of the next event, or "complete".
func (s subscription) next() string {
	s.t.Helper()
	for s.scanner.Scan() {
		line := s.scanner.Text()
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return data
		}
		if line == "event: complete" {
			return "complete"
		}
	}
	return "EOF"
}

func changed(kind string, t task) string {
	return fmt.Sprintf(`{"data":{"taskChanged":{"kind":%q,"task":{"id":%q,"title":%q,"version":%d}}}}`, kind, t.ID, t.Title, t.Version)
}

func TestChangesOfAllTasksAreTold(t *testing.T) {
	c := newClient(t)
	s := c.subscribe(nil)
	a, b := c.create("a"), c.create("b")
	require.JSONEq(t, changed("CREATED", a), s.next())
	require.JSONEq(t, changed("CREATED", b), s.next())
	c.query(updateQuery, "input", input{"id": b.ID, "version": 1, "status": "DONE"})
	b.Version = 2
	require.JSONEq(t, changed("UPDATED", b), s.next())
	c.query(deleteQuery, "input", input{"id": b.ID, "version": 1})
	c.query(deleteQuery, "input", input{"id": a.ID, "version": 1})
	require.JSONEq(t, changed("DELETED", a), s.next(), "what was refused is not told")
}

func TestChangesOfOneTaskAreToldUntilItIsDeleted(t *testing.T) {
	c := newClient(t)
	a, b := c.create("a"), c.create("b")
	s := c.subscribe(b.ID)
	c.query(deleteQuery, "input", input{"id": a.ID, "version": 1})
	c.query(deleteQuery, "input", input{"id": b.ID, "version": 1})
	require.JSONEq(t, changed("DELETED", b), s.next())
	require.Equal(t, "complete", s.next())
}

func TestWhatCannotBeFollowedIsSaid(t *testing.T) {
	c := newClient(t)
	gone := c.create("a")
	c.query(deleteQuery, "input", input{"id": gone.ID, "version": 1})
	for id, reason := range map[string]string{gone.ID: "TASK_NOT_FOUND", "7": "INVALID_ID"} {
		s := c.subscribe(id)
		require.Contains(t, s.next(), reason)
		require.Equal(t, "complete", s.next())
	}
	for i := range 100 {
		_, err := c.hub.Subscribe()
		require.NoError(t, err, i)
	}
	require.Contains(t, c.subscribe(nil).next(), "TOO_MANY_SUBSCRIBERS")
}

// A subscriber that does not keep up is told so and dropped; nobody waits for it.
func TestASlowSubscriberIsDropped(t *testing.T) {
	c := newClient(t, func(s *settings) { s.buffer = 1 })
	s := c.subscribe(nil)
	seen := make(chan string)
	go func() {
		for event := s.next(); ; event = s.next() {
			if !strings.Contains(event, `"kind":"UPDATED"`) {
				seen <- event
				return
			}
		}
	}()
	for {
		c.hub.Publish(services.TaskChange{Kind: services.TaskUpdated})
		select {
		case last := <-seen:
			require.Contains(t, last, `"reason":"SUBSCRIBER_TOO_SLOW"`)
			return
		default:
		}
	}
}

func TestChangesAreToldOverAWebSocket(t *testing.T) {
	c := newClient(t)
	server := httptest.NewServer(c.router)
	t.Cleanup(server.Close)
	opts := &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}
	conn, _, err := websocket.Dial(t.Context(), server.URL+graphapi.Path, opts) //nolint:bodyclose // there is none
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	send := func(message string) {
		require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(message)))
	}
	receive := func() string {
		_, message, err := conn.Read(t.Context())
		require.NoError(t, err)
		return string(message)
	}

	send(`{"type":"connection_init"}`)
	require.JSONEq(t, `{"type":"connection_ack"}`, receive())
	task := c.create("a")
	send(fmt.Sprintf(`{"type":"subscribe","id":"1","payload":{"query":%q,"variables":{"id":%q}}}`, changedQuery, task.ID))
	send(`{"type":"ping"}`)
	require.JSONEq(t, `{"type":"pong"}`, receive())
	// A subscription is not acknowledged: try until it has begun.
	for version := 1; c.repository.single.Load() == 0; version++ {
		c.query(updateQuery, "input", input{"id": task.ID, "version": version, "notes": "x"})
		task.Version++
	}
	c.query(deleteQuery, "input", input{"id": task.ID, "version": task.Version})
	for message := receive(); ; message = receive() {
		if strings.Contains(message, `"kind":"DELETED"`) {
			break
		}
		require.Contains(t, message, `"kind":"UPDATED"`)
	}
	require.JSONEq(t, `{"type":"complete","id":"1"}`, receive())

	stopped := make(chan error)
	go func() { stopped <- c.server.Component().Stop(t.Context()) }()
	_, _, err = conn.Read(t.Context())
	require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
	require.NoError(t, <-stopped)
}
