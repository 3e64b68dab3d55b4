package middleware

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/idempotency"
)

// headerReplayed marks an answer that was given before.
const headerReplayed = "Idempotency-Replayed"

// Idempotent makes POST requests with an Idempotency-Key safe to repeat: the
// first one is answered by the handler, the others with the same answer. scope
// says whose keys these are. Requests without a key go on as they are; while keys
// cannot be remembered, requests with one are refused.
func Idempotent(guard *idempotency.Guard, scope func(c *gin.Context) string) gin.HandlerFunc {
	return func(c *gin.Context) {
		fields := c.Request.Header[idempotency.HeaderName]
		if c.Request.Method != http.MethodPost || len(fields) == 0 {
			c.Next()
			return
		}
		key, fingerprint, err := readKey(c, fields)
		if err != nil {
			FailRequest(c, err)
			return
		}
		attempt, err := guard.Begin(c.Request.Context(), scope(c), key, fingerprint)
		if err != nil {
			Fail(c, err)
			return
		}
		switch attempt.Outcome {
		case idempotency.New:
			work(c, guard, attempt)
		case idempotency.Replay:
			replay(c, attempt.Response)
		case idempotency.Mismatch:
			failUnprocessable(c, apierror.From(attempt.Err()))
		default:
			Fail(c, apierror.From(attempt.Err()).WithRetryAfter(attempt.RetryAfter))
		}
	}
}

// readKey returns the key of a request and what stands for its content. The body
// can still be read afterwards.
func readKey(c *gin.Context, fields []string) (key, fingerprint string, err error) {
	if len(fields) > 1 {
		return "", "", apierror.New(apierror.Invalid, "IDEMPOTENCY_KEY_INVALID", "one idempotency key is enough")
	}
	if key, err = idempotency.ParseKey(fields[0]); err != nil {
		return "", "", err
	}
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return "", "", err
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	return key, idempotency.Fingerprint([]byte(c.Request.Method), []byte(c.Request.URL.RequestURI()), body), nil
}

// work lets the handler answer and remembers what it says. The answer leaves
// whether or not it can be remembered: the work is done. A client that hangs up does
// not end it, or nobody would know how far it came; its time does. When the handler
// panics, the key stays taken for its lease.
func work(c *gin.Context, guard *idempotency.Guard, attempt idempotency.Attempt) {
	request := c.Request
	ctx, cancel := kept(request.Context())
	defer cancel()
	recorder := &recorder{ResponseWriter: c.Writer}
	c.Writer, c.Request = recorder, request.WithContext(ctx)
	c.Next()
	c.Request = request
	var failure error
	if last := c.Errors.Last(); last != nil {
		failure = last.Err
	}
	if err := guard.Finish(ctx, attempt, recorder.response(), failure); err != nil {
		_ = c.Error(err) // for the log
	}
}

// kept returns a context that ends with the time of the request only.
func kept(ctx context.Context) (context.Context, context.CancelFunc) {
	own := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(own, deadline)
	}
	return own, func() {}
}

func replay(c *gin.Context, response idempotency.Response) {
	for name, values := range response.Header {
		c.Writer.Header()[name] = values
	}
	c.Header(headerReplayed, "true")
	c.Status(response.Status)
	c.Writer.WriteHeaderNow()
	_, _ = c.Writer.Write(response.Body) // a client that has gone away cannot be told anything
	c.Abort()
}

// failUnprocessable answers with 422, as the draft asks for; no kind has it.
func failUnprocessable(c *gin.Context, err *apierror.Error) {
	_ = c.Error(err)
	failWith(c, statusProblem(http.StatusUnprocessableEntity, err.Reason, err.Message))
}

// recorder remembers an answer while it is sent.
type recorder struct {
	gin.ResponseWriter

	body bytes.Buffer
}

// Write sends and remembers a part of the body.
func (r *recorder) Write(part []byte) (int, error) {
	r.body.Write(part)
	return r.ResponseWriter.Write(part)
}

// WriteString sends and remembers a part of the body.
func (r *recorder) WriteString(part string) (int, error) {
	r.body.WriteString(part)
	return r.ResponseWriter.WriteString(part)
}

func (r *recorder) response() idempotency.Response {
	return idempotency.Response{Status: r.Status(), Header: r.Header().Clone(), Body: r.body.Bytes()}
}
