package httpclient

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// exchange is one request with all its attempts.
type exchange struct {
	transport *Transport
	request   *http.Request
	sent      bool
	response  *http.Response // of the last attempt
	release   func()         // frees what the response holds
}

// send sends the request once. The context of the attempt ends with it, but the
// body of the response is read later: so the request goes out with a context that
// lives as long as the call, and follows the attempt's until the headers are here.
func (e *exchange) send(call, attempt context.Context) error {
	e.discard()
	ctx, cancel := context.WithCancel(call)
	req, err := e.next(ctx)
	if err != nil {
		cancel()
		return err
	}
	unfollow := context.AfterFunc(attempt, cancel)
	res, err := e.transport.base.RoundTrip(req)
	if !unfollow() || err != nil {
		return e.giveUp(attempt, cancel, res, err)
	}
	e.response, e.release = res, cancel
	return failure(res)
}

// giveUp ends an attempt without a response, or whose response came too late.
func (e *exchange) giveUp(attempt context.Context, cancel func(), late *http.Response, err error) error {
	cancel()
	if late != nil {
		_ = late.Body.Close()
	}
	if attempt.Err() != nil {
		return fmt.Errorf("send request: %w", attempt.Err())
	}
	return err
}

// next returns the request for one more attempt: the first one sends the body as
// it is, the others a copy.
func (e *exchange) next(ctx context.Context) (*http.Request, error) {
	req := e.request.Clone(ctx)
	if !e.sent {
		e.sent = true
		return req, nil
	}
	if req.GetBody == nil {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("get body again: %w", err)
	}
	req.Body = body
	return req, nil
}

// discard gives up the response of a failed attempt, and keeps its connection if
// there is little left to read.
func (e *exchange) discard() {
	if e.response == nil {
		return
	}
	late := time.AfterFunc(drainTime, e.release)
	defer late.Stop()
	closeResponse(e.response)
	e.release()
	e.response = nil
}

// result returns what the caller gets: the response of the last attempt, whose
// body holds the time of the request until it is closed, or an error.
func (e *exchange) result(err error, cancel context.CancelFunc) (*http.Response, error) {
	if !e.sent {
		closeBody(e.request)
	}
	if err != nil && !isResponse(err) {
		e.discard()
		cancel()
		return nil, err
	}
	body := e.response.Body
	if limit := e.transport.maxBody; limit > 0 {
		body = http.MaxBytesReader(nil, body, limit)
	}
	e.response.Body = &responseBody{ReadCloser: body, release: cancel}
	return e.response, nil
}

// isResponse reports whether the last attempt ended with a response. It must be
// the error itself: one that only wraps it, such as that of a caller who went
// away while waiting for the next attempt, is more than the response.
func isResponse(err error) bool {
	_, ok := err.(*statusError) //nolint:errorlint // see above
	return ok
}

type responseBody struct {
	io.ReadCloser

	release func()
}

// Close closes the body and frees the time of the request.
func (b *responseBody) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}

// How much of a discarded body is read to keep its connection, and for how long.
const (
	maxDrain  = 4 << 10
	drainTime = 50 * time.Millisecond
)

func closeResponse(res *http.Response) {
	_, _ = io.CopyN(io.Discard, res.Body, maxDrain)
	_ = res.Body.Close()
}
