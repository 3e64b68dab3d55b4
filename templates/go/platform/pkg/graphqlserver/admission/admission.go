// Package admission decides which HTTP requests may ask GraphQL anything, and
// answers the others.
package admission

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver/streams"
)

const (
	typeJSON     = "application/json"
	typeResponse = "application/graphql-response+json"
)

// preflightHeaders are those of which a GET must have one. Pages of other
// origins can set none of them without asking first (CORS), so they cannot make a
// browser send queries with the user's cookies and time the answers. The first
// two are what clients of Apollo send.
var preflightHeaders = []string{"X-Apollo-Operation-Name", "Apollo-Require-Preflight", "GraphQL-Require-Preflight"}

// ErrUnreadable is a request that is no GraphQL request.
var ErrUnreadable = apierror.New(apierror.Invalid, "INVALID_REQUEST", "the request cannot be read")

// Refusal is an answer of HTTP itself, before GraphQL has a say.
type Refusal struct {
	// Status is that of the answer.
	Status int
	// Err says why.
	Err *apierror.Error
	// Allow names the methods that there are, if the status is about the method.
	Allow string
}

func refuseWith(status int, reason, message string) *Refusal {
	return &Refusal{Status: status, Err: apierror.New(apierror.Invalid, reason, message)}
}

// How requests of other methods are refused, and GET requests with mutations.
var (
	wrongMethod = refuseMethod("use POST, or GET for queries", "GET, POST")
	// QueriesOnly refuses a GET for anything but a query, which caches and pages of
	// other origins could repeat.
	QueriesOnly = refuseMethod("GET is for queries: use POST", http.MethodPost)
)

func refuseMethod(message, allow string) *Refusal {
	why := refuseWith(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", message)
	why.Allow = allow
	return why
}

// IsStream reports whether a request asks for a stream: such a request has no
// deadline, and how long it takes says nothing about the service.
func IsStream(r *http.Request) bool { return IsUpgrade(r) || IsEvents(r) }

// IsUpgrade reports whether a request wants to become a WebSocket. Offers of other
// protocols, such as h2c, are ignored (RFC 9110, 7.8).
func IsUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && slices.ContainsFunc(list(r.Header["Upgrade"]), func(offer string) bool {
		return strings.EqualFold(offer, "websocket")
	})
}

// IsEvents reports whether a request prefers server-sent events: clients that take
// them, too, but name JSON before, are answered with JSON.
func IsEvents(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	events, other := 0.0, 0.0
	for _, accepted := range list(r.Header["Accept"]) {
		media, params, err := mime.ParseMediaType(accepted)
		if err != nil {
			continue
		}
		quality := qualityOf(params)
		switch media {
		case streams.TypeEvents:
			if quality > other { // of two that are liked as much, the first
				events = max(events, quality)
			}
		case typeJSON, typeResponse:
			if quality > events {
				other = max(other, quality)
			}
		}
	}
	return events > other
}

// qualityOf returns the weight of a media range, 1 if it has none (RFC 9110, 12.4.2).
func qualityOf(params map[string]string) float64 {
	text, ok := params["q"]
	if !ok {
		return 1
	}
	quality, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return quality
}

// list returns the members of a header whose fields are lists.
func list(fields []string) []string {
	var members []string
	for member := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		members = append(members, strings.TrimSpace(member))
	}
	return members
}

// Request reads the body of a request and says why it is refused, or nil.
// Content types that forms can send are refused, as are batches: a page of
// another origin must not be able to cause a mutation, and one request must not be
// able to hold many operations.
func Request(r *http.Request) *Refusal {
	switch {
	case IsUpgrade(r):
		return nil
	case r.Method == http.MethodGet:
		return admitGet(r)
	case r.Method != http.MethodPost:
		return wrongMethod
	case mediaType(r) != typeJSON:
		return refuseWith(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "send "+typeJSON)
	default:
		return admitBody(r)
	}
}

func admitGet(r *http.Request) *Refusal {
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

func admitBody(r *http.Request) *Refusal {
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refuseWith(http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", "the body is too large")
	case err != nil:
		return &Refusal{Status: http.StatusBadRequest, Err: ErrUnreadable.WithCause(err)}
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

// WriteResponse answers in the type that the client prefers.
func WriteResponse(w http.ResponseWriter, r *http.Request, status int, response *graphql.Response) {
	w.Header().Set("Content-Type", responseType(r))
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(response) // a client that has gone cannot be told anything
}

// responseType returns the type of GraphQL over HTTP, unless the client names JSON
// before it.
func responseType(r *http.Request) string {
	for _, accepted := range list(r.Header["Accept"]) {
		media, _, err := mime.ParseMediaType(accepted)
		if err == nil && media == typeJSON {
			return typeJSON
		}
		if err == nil && slices.Contains([]string{typeResponse, "application/*", "*/*"}, media) {
			break
		}
	}
	return typeResponse
}

// Protocol is the only subprotocol that is spoken ("GraphQL over WebSocket").
const Protocol = "graphql-transport-ws"

// Socket refuses pages of strangers, which browsers let open WebSockets with
// the cookies of their users, and clients that do not speak the protocol.
func Socket(r *http.Request, allowedOrigins []string) *Refusal {
	switch {
	case !allowedOrigin(r, allowedOrigins):
		err := apierror.New(apierror.PermissionDenied, "ORIGIN_NOT_ALLOWED", "the origin is not allowed")
		return &Refusal{Status: http.StatusForbidden, Err: err}
	case !offers(r, Protocol):
		return refuseWith(http.StatusBadRequest, "SUBPROTOCOL_REQUIRED", "speak "+Protocol)
	default:
		return nil
	}
}

// allowedOrigin reports whether a request comes from no page, from one of this
// host, or from one of the others that are allowed.
func allowedOrigin(r *http.Request, others []string) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	address, err := url.Parse(origin)
	sameHost := err == nil && strings.EqualFold(address.Host, r.Host)
	return sameHost || slices.ContainsFunc(others, func(other string) bool { return strings.EqualFold(other, origin) })
}

func offers(r *http.Request, name string) bool {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for offered := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(offered) == name {
				return true
			}
		}
	}
	return false
}
