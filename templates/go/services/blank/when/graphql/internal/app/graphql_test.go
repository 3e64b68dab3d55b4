package app

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listen subscribes to all changes and returns a function that waits for the next
// line that holds text.
func listen(t *testing.T, r *running) (waitFor func(text string)) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	body := strings.NewReader(`{"query":"subscription { taskChanged { kind task { title } } }"}`)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+r.api.Addr()+"/graphql", body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	r.authorize(req)
	res, err := client.Do(req)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	require.True(t, lines.Scan(), "the stream is open")
	return func(text string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return
			}
		}
		t.Fatalf("the stream ended without %q", text)
	}
}

func createTask(t *testing.T, r *running, title string) {
	t.Helper()
	body := fmt.Sprintf(`{"query":"mutation { createTask(input: {title: %s}) { task { id } } }"}`, `\"`+title+`\"`)
	status, answer, err := request(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		http.MethodPost, r.api.Addr(), "/graphql", body, r.caller)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, answer)
	require.NotContains(t, answer, "errors")
}

// The time of a request is no limit for a stream, and a stream no measure of
// how fast requests are answered.
func TestASubscriptionOutlivesTheTimeOfARequest(t *testing.T) {
	t.Setenv("APP_HTTP_REQUEST_TIMEOUT", "100ms")
	t.Setenv("APP_HTTP_READ_TIMEOUT", "150ms")
	t.Setenv("APP_HTTP_WRITE_TIMEOUT", "200ms")
	t.Setenv("APP_GRAPHQL_STREAMS_KEEP_ALIVE", "50ms")
	r := start(t, 0)
	waitFor := listen(t, r)
	for range 8 { // signs of life
		waitFor(":")
	}
	createTask(t, r, "late")
	waitFor(`"title":"late"`)

	_, page, err := get(r.admin.Addr(), "/metrics")
	require.NoError(t, err)
	require.Contains(t, page, "graphql_subscriptions_active 1")
	require.Contains(t, page, `graphql_operation_duration_seconds_count{outcome="ok",type="mutation"} 1`)
	require.Contains(t, page, `http_server_request_duration_seconds_count{method="POST",route="/graphql",status="200"} 1`)
	r.stop()
	require.NoError(t, <-r.ended)
}

// A service that leaves serves its subscriptions until load balancers have
// noticed, then completes them, and does not wait for their clients.
func TestDrainCompletesSubscriptions(t *testing.T) {
	r := start(t, time.Second)
	waitFor := listen(t, r)
	r.stop()
	require.Eventually(t, func() bool { return !r.ready() }, 5*time.Second, time.Millisecond)
	createTask(t, r, "while draining")
	waitFor(`"title":"while draining"`)
	waitFor("event: complete")
	require.NoError(t, <-r.ended)
}
