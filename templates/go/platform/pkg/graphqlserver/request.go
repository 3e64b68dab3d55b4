package graphqlserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"goldpath.local/service/pkg/apierror"
)

const (
	typeJSON     = "application/json"
	typeResponse = "application/graphql-response+json"
	typeEvents   = "text/event-stream"
)

// preflightHeaders are those of which a GET must have one. Pages of other
// origins can set none of them without asking first (CORS), so they cannot make a
// browser send queries with the user's cookies and time the answers. The first
// two are what clients of Apollo send.
var preflightHeaders = []string{"X-Apollo-Operation-Name", "Apollo-Require-Preflight", "GraphQL-Require-Preflight"}

// refusal is an answer of HTTP itself, before GraphQL has a say.
type refusal struct {
	status int
	err    *apierror.Error
}

func refuseWith(status int, reason, message string) *refusal {
	return &refusal{status, apierror.New(apierror.Invalid, reason, message)}
}

// IsStream reports whether a request asks for a stream: such a request has no
// deadline, and how long it takes says nothing about the service.
func IsStream(r *http.Request) bool { return isUpgrade(r) || acceptsEvents(r) }

func isUpgrade(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

func acceptsEvents(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.Contains(r.Header.Get("Accept"), typeEvents)
}

// admit reads the body of a request and says why it is refused, if it is.
// Content types that forms can send are refused, as are batches: a page of
// another origin must not be able to cause a mutation, and one request must not be
// able to hold many operations.
func admit(r *http.Request) *refusal {
	switch {
	case isUpgrade(r):
		return nil
	case r.Method == http.MethodGet:
		return admitGet(r)
	case r.Method != http.MethodPost:
		return refuseWith(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "use POST, or GET for queries")
	case mediaType(r) != typeJSON:
		return refuseWith(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "send "+typeJSON)
	default:
		return admitBody(r)
	}
}

func admitGet(r *http.Request) *refusal {
	if mediaType(r) == typeJSON {
		return nil
	}
	for _, name := range preflightHeaders {
		if r.Header.Get(name) != "" {
			return nil
		}
	}
	return refuseWith(http.StatusBadRequest, "PREFLIGHT_REQUIRED",
		"a GET needs one of the headers "+strings.Join(preflightHeaders, ", "))
}

func admitBody(r *http.Request) *refusal {
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refuseWith(http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", "the body is too large")
	case err != nil:
		return &refusal{http.StatusBadRequest, errUnreadable.WithCause(err)}
	}
	if strings.HasPrefix(string(bytes.TrimLeft(body, " \t\r\n")), "[") {
		return refuseWith(http.StatusBadRequest, "BATCH_NOT_SUPPORTED", "send one operation in a request")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

func mediaType(r *http.Request) string {
	name, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return name
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	s.opts.Metrics.refused(why.err.Reason)
	if why.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "GET, POST")
	}
	writeResponse(w, r, why.status, &graphql.Response{Errors: gqlerror.List{s.present(r.Context(), why.err)}})
}

// writeResponse answers in the type that the client prefers.
func writeResponse(w http.ResponseWriter, r *http.Request, status int, response *graphql.Response) {
	contentType := typeJSON
	if strings.Contains(r.Header.Get("Accept"), typeResponse) {
		contentType = typeResponse
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(response) // a client that has gone cannot be told anything
}
