package component

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const tasks = "/api/v1/tasks"

// exchange is everything that a client sees of an answer.
type exchange struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request to the API as the caller; headers are pairs of name and
// value, which replace those of the caller.
func (s *service) send(t *testing.T, method, path, body string, headers ...string) exchange {
	t.Helper()
	return s.stream(t, method, path, strings.NewReader(body), headers...)
}

// stream is send for a body whose length is not known when it begins.
func (s *service) stream(t *testing.T, method, path string, body io.Reader, headers ...string) exchange {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.api+path, body)
	require.NoError(t, err)
	req.Close = true
	req.Header.Set("Content-Type", "application/json")
	s.authorize(req)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return exchange{res.StatusCode, res.Header, content}
}

// refused requires a problem with this status and reason.
func (e exchange) refused(t *testing.T, status int, reason string) {
	t.Helper()
	require.Equal(t, status, e.status, string(e.body))
	var problem struct{ Reason string }
	require.NoError(t, json.Unmarshal(e.body, &problem), string(e.body))
	require.Equal(t, reason, problem.Reason)
}
