package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/config"
)

func TestStaticToken(t *testing.T) {
	source, err := auth.NewStaticToken("abc.def")
	require.NoError(t, err)
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "abc.def", token.Reveal())
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", source, source, source), "abc")

	_, err = auth.NewStaticToken("abc\r\nX: y")
	require.ErrorContains(t, err, "not a bearer token")
	require.NotContains(t, err.Error(), "abc")
}

// replace puts content into the file at path as a rotation would.
func replace(t *testing.T, path, content string) {
	t.Helper()
	next := path + ".next"
	require.NoError(t, os.WriteFile(next, []byte(content), 0o600))
	require.NoError(t, os.Rename(next, path))
}

func TestFileTokenFollowsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	source := auth.NewFileToken(path)
	_, err := source.Token(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)

	for _, want := range []string{"first", "other"} { // of one length, within one tick of the clock
		replace(t, path, want+"\n")
		for range 2 {
			got, err := source.Token(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, got.Reveal())
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", source, source, source), want)
		}
	}
	require.NoError(t, os.Remove(path))
	_, err = source.Token(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist, "a token that was taken away is not used on")
}

func TestFileTokenFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "token")
	source := auth.NewFileToken(link)
	for _, want := range []string{"one", "two"} {
		target := filepath.Join(dir, want)
		require.NoError(t, os.WriteFile(target, []byte(want), 0o600))
		require.NoError(t, os.Symlink(target, link+".next"))
		require.NoError(t, os.Rename(link+".next", link))
		got, err := source.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got.Reveal())
	}
}

func TestFileTokenRefusesWhatIsNoToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	source := auth.NewFileToken(path)
	for name, content := range map[string]string{
		"empty": "", "two lines": "abc\ndef", "header": "abc\r\nX: y", "huge": strings.Repeat("a", 16<<10+1),
	} {
		replace(t, path, content)
		_, err := source.Token(t.Context())
		require.ErrorContains(t, err, "not a bearer token", name)
	}
	directory := auth.NewFileToken(t.TempDir())
	_, err := directory.Token(t.Context())
	require.ErrorContains(t, err, "read token file")
}

// recorder is a transport that keeps the last request.
type recorder struct{ last *http.Request }

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
	source, err := auth.NewStaticToken("abc")
	require.NoError(t, err)
	base := &recorder{}
	transport, err := auth.NewTransport(base, source, "https://Orders.example")
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
		_, err := auth.NewTransport(nil, nil, origin)
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
	transport, err := auth.NewTransport(base, noToken{}, "http://orders")
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

func BenchmarkFileToken(b *testing.B) {
	path := filepath.Join(b.TempDir(), "token")
	require.NoError(b, os.WriteFile(path, []byte("abc"), 0o600))
	source := auth.NewFileToken(path)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source.Token(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
