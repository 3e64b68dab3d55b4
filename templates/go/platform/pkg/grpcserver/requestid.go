package grpcserver

import (
	"context"
	"strings"

	"google.golang.org/grpc/metadata"

	"goldpath.local/service/pkg/requestid"
)

// requestIDKey carries the id of a request in both directions.
var requestIDKey = strings.ToLower(requestid.Header)

// requestID gives every call an id: the caller's, if it is harmless, or a new
// one. It is in the answer and in every log record of the call.
func requestID(ctx context.Context, c *call, next func(context.Context) error) error {
	sent := ""
	if values := metadata.ValueFromIncomingContext(ctx, requestIDKey); len(values) == 1 {
		sent = values[0]
	}
	id := requestid.Accept(sent)
	c.reply.set(requestIDKey, id)
	ctx = requestid.With(ctx, id)
	c.innermost = ctx
	return next(ctx)
}
