package admission_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/graphqlserver/admission"
)

// request returns a request; headers are pairs of name and value.
func request(t *testing.T, method string, body io.Reader, headers ...string) *http.Request {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, "http://api.example.com/graphql", body)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

// requireRefusal requires a status and a reason, or no refusal if status is 0.
func requireRefusal(t *testing.T, got *admission.Refusal, status int, reason string) {
	t.Helper()
	if status == 0 {
		require.Nil(t, got)
		return
	}
	require.NotNil(t, got)
	require.Equal(t, status, got.Status)
	require.Equal(t, reason, got.Err.Reason)
}

func TestRequestsAreAdmittedOrRefused(t *testing.T) {
	json := []string{"Content-Type", "application/json; charset=utf-8"}
	tests := map[string]struct {
		method, body string
		headers      []string
		status       int
		reason       string
	}{
		"POST":                {http.MethodPost, `{"query":"{name}"}`, json, 0, ""},
		"form":                {http.MethodPost, "a=b", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"no type":             {http.MethodPost, "{}", nil, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"batch":               {http.MethodPost, " \r\n\t[{}]", json, 400, "BATCH_NOT_SUPPORTED"},
		"other method":        {http.MethodPut, "{}", json, 405, "METHOD_NOT_ALLOWED"},
		"GET of a page":       {http.MethodGet, "", nil, 400, "PREFLIGHT_REQUIRED"},
		"GET of a client":     {http.MethodGet, "", []string{"Apollo-Require-Preflight", "1"}, 0, ""},
		"GET with a type":     {http.MethodGet, "", json, 0, ""},
		"upgrade, seen later": {http.MethodGet, "", []string{"Upgrade", "websocket"}, 0, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			req := request(t, tc.method, strings.NewReader(tc.body), tc.headers...)
			requireRefusal(t, admission.Request(req), tc.status, tc.reason)
		})
	}
}

func TestABodyThatIsAdmittedCanBeReadAgain(t *testing.T) {
	req := request(t, http.MethodPost, strings.NewReader(`{"query":"{name}"}`), "Content-Type", "application/json")
	require.Nil(t, admission.Request(req))
	body, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	require.JSONEq(t, `{"query":"{name}"}`, string(body))
}

func TestBodiesThatCannotBeReadAreRefused(t *testing.T) {
	broken := request(t, http.MethodPost, iotest.ErrReader(errors.New("cut")), "Content-Type", "application/json")
	requireRefusal(t, admission.Request(broken), http.StatusBadRequest, "INVALID_REQUEST")

	large := request(t, http.MethodPost, strings.NewReader("{          }"), "Content-Type", "application/json")
	large.Body = http.MaxBytesReader(httptest.NewRecorder(), large.Body, 10)
	requireRefusal(t, admission.Request(large), http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
}

func TestStreamsAreToldFromRequests(t *testing.T) {
	for want, headers := range map[bool][]string{false: {}, true: {"Accept", "text/event-stream"}} {
		require.Equal(t, want, admission.IsStream(request(t, http.MethodPost, http.NoBody, headers...)))
		require.False(t, admission.IsStream(request(t, http.MethodGet, http.NoBody, headers...)))
	}
	require.True(t, admission.IsStream(request(t, http.MethodGet, http.NoBody, "Upgrade", "websocket")))
}

func TestEventsArePreferredOrNot(t *testing.T) {
	// What urql sends with every query and mutation.
	const urql = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
	for accept, want := range map[string]bool{
		"text/event-stream":                         true,
		"Text/Event-Stream; q=0.5":                  true,
		"text/event-stream, multipart/mixed":        true,
		"text/event-stream, application/json":       true,
		"application/json;q=0.5, text/event-stream": true,
		urql:                                  false,
		"application/json, text/event-stream": false,
		"text/event-stream;q=0.5, application/json":    false,
		"text/event-stream;q=0":                        false,
		"text/event-stream;q=many":                     false,
		"text/event-streams":                           false,
		"*/*":                                          false,
		"application/graphql-response+json;q=1, text/": false,
	} {
		require.Equal(t, want, admission.IsEvents(request(t, http.MethodPost, http.NoBody, "Accept", accept)), accept)
	}
}

func TestOnlyWebSocketsAreUpgrades(t *testing.T) {
	for upgrade, want := range map[string]bool{"websocket": true, "h2c, WebSocket": true, "h2c": false, "": false, "websockets": false} {
		require.Equal(t, want, admission.IsUpgrade(request(t, http.MethodGet, http.NoBody, "Upgrade", upgrade)), upgrade)
		require.False(t, admission.IsUpgrade(request(t, http.MethodPost, http.NoBody, "Upgrade", upgrade)), upgrade)
	}
}

func TestSocketsOfStrangersAreRefused(t *testing.T) {
	allowed := []string{"https://app.example.com"}
	for origin, status := range map[string]int{
		"":                             0, // no page
		"http://API.example.com":       0, // of this host
		"HTTPS://app.example.com":      0,
		"http://app.example.com":       http.StatusForbidden,
		"https://app.example.com.evil": http.StatusForbidden,
		"https://[not.an.address":      http.StatusForbidden,
		"null":                         http.StatusForbidden,
	} {
		req := request(t, http.MethodGet, http.NoBody, "Origin", origin, "Sec-WebSocket-Protocol", admission.Protocol)
		requireRefusal(t, admission.Socket(req, allowed), status, "ORIGIN_NOT_ALLOWED")
	}
}

func TestSocketsMustSpeakTheProtocol(t *testing.T) {
	for offered, status := range map[string]int{
		"graphql-ws, " + admission.Protocol: 0,
		"graphql-ws":                        http.StatusBadRequest,
		"":                                  http.StatusBadRequest,
	} {
		req := request(t, http.MethodGet, http.NoBody, "Sec-WebSocket-Protocol", offered)
		requireRefusal(t, admission.Socket(req, nil), status, "SUBPROTOCOL_REQUIRED")
	}
}

func TestAnswersComeInTheTypeThatIsAskedFor(t *testing.T) {
	for accept, want := range map[string]string{
		"":                                  "application/graphql-response+json",
		"text/html":                         "application/graphql-response+json",
		"text/html, application/json;q=0.9": "application/json",
		"*/*, application/json":             "application/graphql-response+json",
		"application/graphql-response+json": "application/graphql-response+json",
	} {
		rec := httptest.NewRecorder()
		req := request(t, http.MethodPost, http.NoBody, "Accept", accept)
		admission.WriteResponse(rec, req, http.StatusTeapot, &graphql.Response{Data: []byte(`{"name":"a"}`)})
		require.Equal(t, http.StatusTeapot, rec.Code)
		require.Equal(t, want, rec.Header().Get("Content-Type"))
		require.JSONEq(t, `{"data":{"name":"a"}}`, rec.Body.String())
	}
}
