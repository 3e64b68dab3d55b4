package attack

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// closedLoop sends the next request of a connection as soon as the answer to the
// last one has been read. It speaks HTTP/1.1 over bare connections: a client of
// net/http takes more of the machine than the servers that are measured on it,
// and would hide what they cost.
type closedLoop struct {
	opts     Options
	requests []request
	next     atomic.Uint64
	results  chan *vegeta.Result
}

// request is a GET as it goes over the wire.
type request struct {
	host string
	text []byte
}

func newClosedLoop(opts Options) (*closedLoop, error) {
	l := &closedLoop{opts: opts, results: make(chan *vegeta.Result, 1024)}
	for _, raw := range opts.URLs {
		prepared, err := prepare(raw, opts.Header)
		if err != nil {
			return nil, err
		}
		l.requests = append(l.requests, prepared)
	}
	return l, nil
}

func prepare(raw string, header http.Header) (request, error) {
	target, err := url.Parse(raw)
	if err != nil {
		return request{}, fmt.Errorf("parse URL: %w", err)
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "GET %s HTTP/1.1\r\nHost: %s\r\n", target.RequestURI(), target.Host)
	if err := header.Write(&text); err != nil {
		return request{}, fmt.Errorf("write header: %w", err)
	}
	text.WriteString("\r\n")
	return request{host: target.Host, text: text.Bytes()}, nil
}

// run sends requests until ctx ends; results are closed when all are in.
func (l *closedLoop) run(ctx context.Context) <-chan *vegeta.Result {
	var connections sync.WaitGroup
	for range l.opts.Connections {
		connections.Go(func() { l.connection(ctx) })
	}
	go func() {
		connections.Wait()
		close(l.results)
	}()
	return l.results
}

// connection sends one request after the other, by a new connection whenever one
// has failed.
func (l *closedLoop) connection(ctx context.Context) {
	var w wire
	defer w.close()
	for ctx.Err() == nil {
		seq := l.next.Add(1) - 1
		req := l.requests[seq%uint64(len(l.requests))]
		result := &vegeta.Result{Seq: seq, Timestamp: time.Now()}
		status, err := w.exchange(ctx, req, l.opts.Timeout)
		result.Latency = time.Since(result.Timestamp)
		if err != nil {
			result.Error = err.Error()
			w.close()
		} else {
			result.Code = status
		}
		l.results <- result
	}
}

// wire is one connection, opened when it is needed.
type wire struct {
	conn   net.Conn
	reader *bufio.Reader
	host   string
}

func (w *wire) exchange(ctx context.Context, req request, timeout time.Duration) (status uint16, err error) {
	if w.conn == nil || w.host != req.host {
		if err := w.open(ctx, req.host, timeout); err != nil {
			return 0, err
		}
	}
	if err := w.conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return 0, fmt.Errorf("set deadline: %w", err)
	}
	if _, err := w.conn.Write(req.text); err != nil {
		return 0, fmt.Errorf("send request: %w", err)
	}
	return w.answer()
}

func (w *wire) open(ctx context.Context, host string, timeout time.Duration) error {
	w.close()
	dialer := net.Dialer{Timeout: timeout}
	conn, err := dialer.DialContext(context.WithoutCancel(ctx), "tcp", host) // a request that has begun is finished
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	w.conn, w.reader, w.host = conn, bufio.NewReader(conn), host
	return nil
}

// answer reads an answer to its end and throws away all but its status.
func (w *wire) answer() (status uint16, err error) {
	res, err := http.ReadResponse(w.reader, nil)
	if err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end, or given up with the connection
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, fmt.Errorf("read body: %w", err)
	}
	if res.Close {
		w.close()
	}
	return uint16(res.StatusCode), nil //nolint:gosec // three digits
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close() // there is nothing left to lose
		w.conn = nil
	}
}
