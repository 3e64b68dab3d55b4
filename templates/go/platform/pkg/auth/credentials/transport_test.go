package credentials_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/auth/credentials"
	"goldpath.local/service/pkg/config"
)

// recorder is a transport that keeps the last request.
type recorder struct{ last *http.Request }

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.last = req
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

func send(t *testing.T, transport http.RoundTripper, address string, header http.Header) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	req.Header = header
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func TestTransportShowsTheTokenToItsOriginOnly(t *testing.T) {
	source, err := credentials.NewStaticToken("abc")
	require.NoError(t, err)
	base := &recorder{}
	transport, err := credentials.NewTransport(base, source, "https://Orders.example")
	require.NoError(t, err)
	tests := map[string]string{
		"https://orders.example/x":           "Bearer abc",
		"https://ORDERS.example:443/x?y=z":   "Bearer abc",
		"https://orders.example:8443/x":      "",
		"http://orders.example/x":            "",
		"https://orders.example.evil.org/x":  "",
		"https://evil.org/orders.example":    "",
		"https://orders.example@evil.org/x":  "",
		"https://storage.orders.example/obj": "",
	}
	for address, want := range tests {
		header := http.Header{}
		require.NoError(t, send(t, transport, address, header))
		require.Equal(t, want, base.last.Header.Get("Authorization"), address)
		require.Empty(t, header, "the request of the caller is not changed")
	}

	require.NoError(t, send(t, transport, "https://orders.example", http.Header{"Authorization": {"Basic x"}}))
	require.Equal(t, "Basic x", base.last.Header.Get("Authorization"), "what the caller set stays")
}

func TestNewTransportRefusesWhatIsNoOrigin(t *testing.T) {
	for _, origin := range []string{"", "orders:8443", "ftp://orders", "https://", "https://\x7f"} {
		_, err := credentials.NewTransport(nil, nil, origin)
		require.ErrorContains(t, err, "origin must be", origin)
	}
}

type noToken struct{}

var errNoToken = errors.New("issuer is down")

func (noToken) Token(context.Context) (config.Secret, error) { return "", errNoToken }

// body remembers whether it was closed.
type body struct {
	*strings.Reader

	closed bool
}

func (b *body) Close() error {
	b.closed = true
	return nil
}

func TestTransportSendsNothingWithoutAToken(t *testing.T) {
	base := &recorder{}
	transport, err := credentials.NewTransport(base, noToken{}, "http://orders")
	require.NoError(t, err)
	require.ErrorIs(t, send(t, transport, "http://orders/x", http.Header{}), errNoToken)

	content := &body{Reader: strings.NewReader("x")}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://orders/x", content)
	require.NoError(t, err)
	_, err = transport.RoundTrip(req) //nolint:bodyclose // there is no response
	require.ErrorIs(t, err, errNoToken)
	require.True(t, content.closed)
	require.Nil(t, base.last)
}
