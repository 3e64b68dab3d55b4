package streams

import (
	"net/http"
	"time"
)

// TypeEvents is the media type of server-sent events.
const TypeEvents = "text/event-stream"

// EventWriter writes server-sent events to a client that must take every one within
// a time.
type EventWriter struct {
	w          http.ResponseWriter
	controller *http.ResponseController
	timeout    time.Duration
}

// NewEventWriter begins the answer to a request whose body has been read.
func NewEventWriter(w http.ResponseWriter, timeout time.Duration) *EventWriter {
	header := w.Header()
	header.Set("Content-Type", TypeEvents)
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Accel-Buffering", "no") // proxies must not wait for more
	writer := &EventWriter{w: w, controller: http.NewResponseController(w), timeout: timeout}
	// The request has been read. Its deadline would end the context of the stream.
	_ = writer.controller.SetReadDeadline(time.Time{}) // there is none where it is not supported
	return writer
}

// Send sends text, and replaces the write deadline of the server, which is for whole
// answers.
func (e *EventWriter) Send(text string) error {
	_ = e.controller.SetWriteDeadline(time.Now().Add(e.timeout)) // as above
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.controller.Flush()
}
