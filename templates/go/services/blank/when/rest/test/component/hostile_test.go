package component

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Every hostile request has one clear answer, with and without the check against
// the OpenAPI document, and the service goes on.
func TestHostileRequestsAreRefused(t *testing.T) {
	title := func(text string) string { return `{"title":"` + text + `"}` }
	tests := map[string]struct {
		body   string
		status int
	}{
		"large body":        {title(strings.Repeat("x", 70<<10)), http.StatusRequestEntityTooLarge},
		"deep list":         {`{"title":` + strings.Repeat("[", 30<<10), http.StatusBadRequest},
		"deep object":       {strings.Repeat(`{"title":`, 5<<10), http.StatusBadRequest},
		"deep unknown":      {`{"title":"a","x":` + strings.Repeat("[", 20<<10) + strings.Repeat("]", 20<<10) + `}`, http.StatusBadRequest},
		"cut short":         {`{"title":"a`, http.StatusBadRequest},
		"not JSON":          {`<task/>`, http.StatusBadRequest},
		"nothing":           {``, http.StatusBadRequest},
		"null":              {`null`, http.StatusBadRequest},
		"a list":            {`[{"title":"a"}]`, http.StatusBadRequest},
		"long number":       {`{"title":` + strings.Repeat("9", 20<<10) + `}`, http.StatusBadRequest},
		"null byte":         {title(`a\u0000b`), http.StatusBadRequest},
		"terminal escapes":  {title(`a\u001b[31mb`), http.StatusBadRequest},
		"turned direction":  {title(`invoice\u202efdp.exe`), http.StatusBadRequest},
		"blank title":       {title(` \t `), http.StatusBadRequest},
		"many combinations": {title(`a` + strings.Repeat(`\u0301`, 2000)), http.StatusBadRequest},
	}
	for _, validate := range []string{"true", "false"} {
		t.Run("validate="+validate, func(t *testing.T) {
			t.Setenv("APP_REST_VALIDATE_REQUESTS", validate)
			t.Setenv("APP_HTTP_BODY_LIMIT", "65536")
			prepare(t)
			s := start(t)
			for name, tc := range tests {
				got := s.send(t, http.MethodPost, tasks, tc.body)
				require.Equal(t, tc.status, got.status, "%s: %s", name, got.body)
				require.Equal(t, "application/problem+json", got.header.Get("Content-Type"), name)
				require.Less(t, len(got.body), 2<<10, "%s: an answer does not repeat what was sent", name)
			}
			endless := s.stream(t, http.MethodPost, tasks, io.LimitReader(ones{}, 10<<20))
			endless.refused(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
			headers := s.send(t, http.MethodGet, tasks, "", "X-Long", strings.Repeat("x", 100<<10))
			require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, headers.status)

			require.Equal(t, http.StatusOK, s.send(t, http.MethodGet, tasks, "").status)
			s.stop()
			require.Zero(t, <-s.code)
		})
	}
}

// ones is a body that goes on for as long as it is read.
type ones struct{}

func (ones) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '1'
	}
	return len(p), nil
}

// Clients that are slow are cut off, and keep nobody else waiting.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Setenv("APP_HTTP_READ_HEADER_TIMEOUT", "200ms")
	t.Setenv("APP_HTTP_READ_TIMEOUT", "400ms")
	prepare(t)
	s := start(t)
	begin := "POST " + tasks + " HTTP/1.1\r\nHost: ledger\r\n"
	whole := http.Header{"Content-Type": {"application/json"}, "Content-Length": {"1000"}}
	request := &http.Request{Header: whole}
	s.authorize(request)
	var fields strings.Builder
	require.NoError(t, request.Header.Write(&fields))

	var slow []net.Conn
	for i := range 40 {
		text := begin // headers that never end
		if i%2 == 0 {
			text += fields.String() + "\r\n{" // a body that never ends
		}
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.api)
		require.NoError(t, err)
		_, err = io.WriteString(conn, text)
		require.NoError(t, err)
		slow = append(slow, conn)
	}
	require.Equal(t, http.StatusOK, s.send(t, http.MethodGet, tasks, "").status)
	for i, conn := range slow {
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		answer, err := io.ReadAll(bufio.NewReader(conn))
		require.NoError(t, err, "the connection is closed")
		if i%2 == 0 {
			require.Contains(t, string(answer), fmt.Sprintf("HTTP/1.1 %d", http.StatusRequestTimeout))
			require.Contains(t, string(answer), "REQUEST_TOO_SLOW")
		}
		require.NoError(t, conn.Close())
	}
	s.stop()
	require.Zero(t, <-s.code)
}
