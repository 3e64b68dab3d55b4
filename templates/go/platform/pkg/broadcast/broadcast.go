// Package broadcast hands every event to all who listen at that moment, within
// one process. Nothing is kept for those who come later, and who does not keep up
// is cut off: a publisher never waits for its listeners.
package broadcast

import (
	"context"
	"io"
	"sync"

	"goldpath.local/service/pkg/apierror"
)

var (
	// ErrSlow ends a stream whose reader let more events pile up than the buffer
	// holds. What it missed is lost to it: read the present state, then listen again.
	ErrSlow = apierror.New(apierror.Unavailable, "SUBSCRIBER_TOO_SLOW", "events came faster than they were taken: subscribe again")
	// ErrFull refuses a listener when there are as many as allowed.
	ErrFull = apierror.New(apierror.Unavailable, "TOO_MANY_SUBSCRIBERS", "there are too many subscribers: try again later")
)

// Stream is what one listener receives.
type Stream[T any] interface {
	// Next waits for the next event. It returns io.EOF once the hub is closed,
	// ErrSlow once the listener was cut off, and the error of ctx when that ends
	// first. What was buffered is received before any end.
	Next(ctx context.Context) (T, error)
	// Close stops listening. It may be called more than once.
	Close()
}

// Hub hands events to its listeners. It is safe for concurrent use.
type Hub[T any] struct {
	buffer int
	limit  int

	mu        sync.Mutex // guards what follows
	listeners map[*listener[T]]struct{}
	closed    bool
}

// New returns a hub for at most limit listeners, of which each may be buffer
// events behind. Both must be positive.
func New[T any](buffer, limit int) *Hub[T] {
	return &Hub[T]{buffer: buffer, limit: limit, listeners: map[*listener[T]]struct{}{}}
}

// Publish hands event to everybody who listens now, in the same order to all. It
// never blocks. After Close it does nothing.
func (h *Hub[T]) Publish(event T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		select {
		case l.events <- event:
		default:
			h.end(l, ErrSlow)
		}
	}
}

// Subscribe returns a stream of all events that are published from now on, or
// ErrFull. After Close the stream is at its end.
func (h *Hub[T]) Subscribe() (Stream[T], error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.listeners) >= h.limit {
		return nil, ErrFull
	}
	l := &listener[T]{hub: h, events: make(chan T, h.buffer)}
	h.listeners[l] = struct{}{}
	if h.closed {
		h.end(l, io.EOF)
	}
	return l, nil
}

// Close ends all streams and those that are still to come.
func (h *Hub[T]) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for l := range h.listeners {
		h.end(l, io.EOF)
	}
}

// end needs the lock. The reason is written before the channel is closed, so who
// sees it closed may read the reason.
func (h *Hub[T]) end(l *listener[T], reason error) {
	if _, ok := h.listeners[l]; !ok {
		return
	}
	delete(h.listeners, l)
	l.reason = reason
	close(l.events)
}

type listener[T any] struct {
	hub    *Hub[T]
	events chan T
	reason error // why events is closed
}

// Next implements Stream.
func (l *listener[T]) Next(ctx context.Context) (T, error) {
	select {
	case event, ok := <-l.events:
		if !ok {
			return event, l.reason
		}
		return event, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// Close implements Stream.
func (l *listener[T]) Close() {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.hub.end(l, io.EOF)
}
