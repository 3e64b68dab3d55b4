package replica

import (
	"context"
	"sync/atomic"
)

type sessionKey struct{}

// session is what a Router remembers of one request.
type session struct {
	// pinned sends every read to the primary.
	pinned atomic.Bool
}

// WithPrimary returns a context whose reads all go to the primary, for a caller
// who must see the last commit, such as one that wrote in an earlier request.
func WithPrimary(ctx context.Context) context.Context {
	s := &session{}
	s.pinned.Store(true)
	return context.WithValue(ctx, sessionKey{}, s)
}

// TrackWrites returns a context for one request: once something was written in
// it (Router.Writer, Router.InTx), its reads go to the primary, so that the
// request sees its own writes.
func TrackWrites(ctx context.Context) context.Context {
	return context.WithValue(ctx, sessionKey{}, &session{})
}
