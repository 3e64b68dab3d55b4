package attack

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"

	"golang.org/x/net/http2"
)

// statusOther is the status of a call whose gRPC status is not the expected one.
const statusOther = 599

// unary makes calls of gRPC, which are POSTs over HTTP/2 ("gRPC over HTTP2"), over
// several connections in turn. It reads answers to their end, where the status of the
// call is: an answer with another than expected has the status 599.
type unary struct {
	expected    string
	connections []*http2.Transport
	next        atomic.Uint64
}

var _ http.RoundTripper = (*unary)(nil)

func newUnary(expected string, connections int) *unary {
	u := &unary{expected: expected}
	for range connections {
		u.connections = append(u.connections, &http2.Transport{
			AllowHTTP: true,
			DialTLSContext: func(ctx context.Context, network, address string, _ *tls.Config) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, address)
			},
		})
	}
	return u
}

// RoundTrip implements http.RoundTripper.
func (u *unary) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := u.connections[u.next.Add(1)%uint64(len(u.connections))].RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // it has been read
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	if status := res.Trailer.Get("Grpc-Status") + res.Header.Get("Grpc-Status"); status != u.expected {
		res.StatusCode, res.Status = statusOther, "gRPC status "+status
	}
	return res, nil
}
