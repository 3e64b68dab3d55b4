package credentials

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Transport adds the token of a source to requests to one origin.
type Transport struct {
	base   http.RoundTripper
	source Source
	origin string
}

// NewTransport returns a transport for the service at origin, e.g.
// "https://orders:8443". Requests to elsewhere, as after a redirect, go without
// the token, and requests that have an Authorization field keep it.
func NewTransport(base http.RoundTripper, source Source, origin string) (*Transport, error) {
	address, err := url.Parse(origin)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, errors.New("origin must be scheme and host, http or https")
	}
	return &Transport{base: base, source: source, origin: originOf(address)}, nil
}

// RoundTrip sends the request. It fails without sending it when there is no token.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if originOf(req.URL) != t.origin || req.Header.Get("Authorization") != "" {
		return t.base.RoundTrip(req)
	}
	token, err := t.source.Token(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a RoundTripper must, even when it fails
		}
		return nil, fmt.Errorf("get token: %w", err)
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	return t.base.RoundTrip(req)
}

// originOf returns scheme, host and port, comparable as text.
func originOf(address *url.URL) string {
	port := address.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[address.Scheme]
	}
	return address.Scheme + "://" + strings.ToLower(address.Hostname()) + ":" + port
}
