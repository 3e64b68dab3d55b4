package graphqlserver

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// sse serves operations as server-sent events, in the "distinct connections mode"
// of GraphQL over SSE: one POST is one operation, which its responses and an event
// "complete" answer. gqlgen's own transport is not used: it writes from a goroutine
// that outlives the handler, and it logs bodies.
type sse struct{ *Server }

var _ graphql.Transport = sse{}

// Supports implements graphql.Transport.
func (sse) Supports(r *http.Request) bool { return acceptsEvents(r) && !isUpgrade(r) }

// Do implements graphql.Transport. It answers as POST does while there is no
// stream yet.
func (t sse) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	begin := graphql.Now()
	params := &graphql.RawParams{Headers: r.Header}
	if err := decode(r.Body, params); err != nil {
		t.refuse(w, r, &refusal{http.StatusBadRequest, errUnreadable.WithCause(err)})
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: begin, End: graphql.Now()}
	ctx, cancel := context.WithCancel(withTransport(r.Context(), transportSSE))
	defer cancel()
	operation, errs := exec.CreateOperationContext(ctx, params)
	if errs != nil {
		response := exec.DispatchError(graphql.WithOperationContext(ctx, operation), errs)
		writeResponse(w, r, http.StatusBadRequest, response)
		return
	}
	responses, ctx := exec.DispatchOperation(ctx, operation)
	events := produce(ctx, responses)
	t.write(newEventWriter(w, t.cfg.Streams.WriteTimeout), events)
	cancel()
	for range events { // until the operation has ended, so that nothing outlives the request
	}
}

// decode keeps numbers as they are written, as gqlgen wants them.
func decode(body io.Reader, params *graphql.RawParams) error {
	decoder := json.NewDecoder(body)
	decoder.UseNumber()
	return decoder.Decode(params)
}

// produce encodes responses as they come. It does so before it asks for the next,
// whose data gqlgen writes into the same memory.
func produce(ctx context.Context, responses graphql.ResponseHandler) <-chan []byte {
	events := make(chan []byte)
	go func() {
		defer close(events)
		for response := responses(ctx); response != nil; response = responses(ctx) {
			encoded, err := json.Marshal(response)
			if err != nil {
				encoded = unencodable
			}
			events <- encoded
		}
	}()
	return events
}

// unencodable stands for a response that is no JSON, which a scalar of the schema
// would have to make.
var unencodable = []byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL_SERVER_ERROR","reason":"INTERNAL"}}]}`)

// write sends events until there are no more or the client is gone.
func (t sse) write(w *eventWriter, events <-chan []byte) {
	alive := time.NewTicker(t.cfg.Streams.KeepAlive)
	defer alive.Stop()
	if w.send(":\n\n") != nil { // lets the client know that it is listened to
		return
	}
	for {
		var err error
		select {
		case event, ok := <-events:
			if !ok {
				_ = w.send("event: complete\ndata:\n\n") // a client that has gone cannot be told anything
				return
			}
			err = w.send("event: next\ndata: " + string(event) + "\n\n")
			alive.Reset(t.cfg.Streams.KeepAlive)
		case <-alive.C:
			err = w.send(":\n\n")
		}
		if err != nil {
			return
		}
	}
}

// eventWriter writes to a client that must take every message within a time.
type eventWriter struct {
	w          http.ResponseWriter
	controller *http.ResponseController
	timeout    time.Duration
}

func newEventWriter(w http.ResponseWriter, timeout time.Duration) *eventWriter {
	header := w.Header()
	header.Set("Content-Type", typeEvents)
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Accel-Buffering", "no") // proxies must not wait for more
	writer := &eventWriter{w: w, controller: http.NewResponseController(w), timeout: timeout}
	// The request has been read. Its deadline would end the context of the stream.
	_ = writer.controller.SetReadDeadline(time.Time{}) // there is none where it is not supported
	return writer
}

// send replaces the write deadline of the server, which is for whole answers.
func (e *eventWriter) send(text string) error {
	_ = e.controller.SetWriteDeadline(time.Now().Add(e.timeout)) // as above
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.controller.Flush()
}
