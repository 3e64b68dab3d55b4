package apierror

import "net/http"

// ContentType is the media type of Problem documents.
const ContentType = "application/problem+json"

// Problem is the RFC 9457 document that represents an Error on HTTP.
type Problem struct {
	// Type identifies the class of problem: "urn:problem:" and the kind's name.
	Type string `json:"type"`
	// Title is the status text; it does not change between occurrences.
	Title string `json:"title"`
	// Status repeats the HTTP status code.
	Status int `json:"status"`
	// Detail is the message of this occurrence.
	Detail string `json:"detail,omitempty"`
	// Instance is the path of the request that failed.
	Instance string `json:"instance,omitempty"`
	// Reason is the stable identifier that clients switch on.
	Reason string `json:"reason"`
	// RequestID finds the request in the logs.
	RequestID string `json:"request_id,omitempty"`
	// TraceID finds the request in distributed traces.
	TraceID string `json:"trace_id,omitempty"`
	// Errors lists the invalid fields.
	Errors []Field `json:"errors,omitempty"`
	// Meta is what else callers can act on.
	Meta map[string]string `json:"meta,omitempty"`
}

// ToProblem returns the document for e, without instance and request id,
// which only the transport knows.
func (e *Error) ToProblem() Problem {
	status := e.Kind.HTTPStatus()
	return Problem{
		Type:   "urn:problem:" + e.Kind.String(),
		Title:  http.StatusText(status),
		Status: status,
		Detail: e.Message,
		Reason: e.Reason,
		Errors: e.Fields,
		Meta:   e.Meta,
	}
}

// FromProblem rebuilds the Error that a server sent, so that errors cross
// services without losing their kind, reason, fields or meta.
func FromProblem(p Problem) *Error {
	e := New(KindOfStatus(p.Status), p.Reason, p.Detail).WithFields(p.Errors...)
	e.Meta = p.Meta
	return e
}
