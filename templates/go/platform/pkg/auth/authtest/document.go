package authtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Document answers every request for keys with a status and a body, as an issuer
// does that a test makes up. Its redirects lead elsewhere.
type Document struct {
	// Status is that of the answer.
	Status int
	// Body is its content.
	Body string
}

// KeySet returns a JWK Set as an answer; members are the keys.
func KeySet(t testing.TB, members ...map[string]any) Document {
	t.Helper()
	body, err := json.Marshal(map[string]any{"keys": members})
	require.NoError(t, err)
	return Document{http.StatusOK, string(body)}
}

// RoundTrip answers without a network.
func (d Document) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: d.Status,
		Header:     http.Header{"Location": {"https://elsewhere.example/keys"}},
		Body:       io.NopCloser(strings.NewReader(d.Body)),
		Request:    r,
	}, nil
}
