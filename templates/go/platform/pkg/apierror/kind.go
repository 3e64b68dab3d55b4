package apierror

import (
	"fmt"
	"net/http"
)

// Kind says what went wrong in terms that every transport understands.
type Kind int

// The kinds start at 1 so that a forgotten Kind is never a valid one.
const (
	// Invalid is input that can never succeed as it was sent.
	Invalid Kind = iota + 1
	// Unauthenticated is a request without valid credentials.
	Unauthenticated
	// PermissionDenied is a known caller who may not do this.
	PermissionDenied
	// NotFound is a resource that does not exist, or that the caller may not see.
	NotFound
	// Conflict is a request that contradicts the present state of the resource.
	Conflict
	// FailedPrecondition is a version or condition that no longer holds.
	FailedPrecondition
	// RateLimited is a caller who must slow down.
	RateLimited
	// Unavailable is a dependency that is down; the same request may work later.
	Unavailable
	// Internal is a defect of this service.
	Internal
	// Timeout is work that was not done within its deadline.
	Timeout
)

type kindFacts struct {
	name   string
	status int
}

// facts is the one mapping from kinds to the wire. It must stay one-to-one:
// FromProblem reads it backwards.
var facts = map[Kind]kindFacts{
	Invalid:            {"invalid", http.StatusBadRequest},
	Unauthenticated:    {"unauthenticated", http.StatusUnauthorized},
	PermissionDenied:   {"permission-denied", http.StatusForbidden},
	NotFound:           {"not-found", http.StatusNotFound},
	Conflict:           {"conflict", http.StatusConflict},
	FailedPrecondition: {"failed-precondition", http.StatusPreconditionFailed},
	RateLimited:        {"rate-limited", http.StatusTooManyRequests},
	Unavailable:        {"unavailable", http.StatusServiceUnavailable},
	Internal:           {"internal", http.StatusInternalServerError},
	Timeout:            {"timeout", http.StatusGatewayTimeout},
}

// Kinds returns every valid kind, in the order of their declaration.
func Kinds() []Kind {
	kinds := make([]Kind, 0, len(facts))
	for k := Invalid; k <= Timeout; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// String returns the kind as it appears in logs and problem types.
func (k Kind) String() string {
	if f, ok := facts[k]; ok {
		return f.name
	}
	return fmt.Sprintf("kind(%d)", int(k))
}

// HTTPStatus returns the status code of the kind; an unknown kind is a defect: 500.
func (k Kind) HTTPStatus() int {
	if f, ok := facts[k]; ok {
		return f.status
	}
	return http.StatusInternalServerError
}

// KindOfStatus is the inverse of HTTPStatus. Statuses that no kind maps to
// fall back to Invalid (4xx) or Internal (everything else).
func KindOfStatus(status int) Kind {
	for k, f := range facts {
		if f.status == status {
			return k
		}
	}
	if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		return Invalid
	}
	return Internal
}
