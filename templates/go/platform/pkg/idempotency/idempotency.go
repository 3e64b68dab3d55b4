// Package idempotency makes requests that change something safe to repeat, as
// draft-ietf-httpapi-idempotency-key-header describes: the first request with a key
// does the work, and later ones with the same key get its answer.
//
// It knows no transport. A middleware takes the key and the fingerprint of a request,
// calls Begin, and acts on the Outcome; see Guard.
package idempotency

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"goldpath.local/service/pkg/apierror"
)

// ErrLost is returned to an attempt that took longer than its lease, so that another
// one has taken over: the work may have been done twice.
var ErrLost = errors.New("another attempt has taken over")

// Outcome says what a request with a key is to do.
type Outcome int

// Outcomes start at 1 so that a forgotten one is never valid.
const (
	// New is to do the work and then to Finish.
	New Outcome = iota + 1
	// InProgress is to be refused: another request is doing the work. The draft asks
	// for the status 409 (Conflict).
	InProgress
	// Replay is to be answered with the response of the first request.
	Replay
	// Mismatch is to be refused: the key belongs to a different request. The draft
	// asks for the status 422 (Unprocessable Content).
	Mismatch
)

// String returns the name of the outcome, for logs and metrics.
func (o Outcome) String() string {
	names := [...]string{"new", "in-progress", "replay", "mismatch"}
	if o < New || o > Mismatch {
		return fmt.Sprintf("outcome(%d)", int(o))
	}
	return names[o-New]
}

// Response is an answer that can be given again.
type Response struct {
	// Status is the status code.
	Status int `json:"status"`
	// Header holds the fields that are worth repeating.
	Header map[string][]string `json:"header,omitempty"`
	// Body is what was sent.
	Body []byte `json:"body,omitempty"`
	// BodyOmitted is true when the body was too large to be stored: the work is
	// done, but only status and header can be repeated.
	BodyOmitted bool `json:"body_omitted,omitempty"`
}

// Clone returns a copy that shares nothing with r.
func (r Response) Clone() Response {
	r.Header = maps.Clone(r.Header)
	for name, values := range r.Header {
		r.Header[name] = slices.Clone(values)
	}
	r.Body = slices.Clone(r.Body)
	return r
}

// Claim is one attempt at a key.
type Claim struct {
	// ID stands for the key and its scope. It is a hash in hexadecimal digits.
	ID string
	// Fingerprint stands for the content of the request.
	Fingerprint string
	// Owner is unique to the attempt.
	Owner string
}

// Found is what a Store says about a Claim.
type Found struct {
	// Outcome says what to do.
	Outcome Outcome
	// Response is the stored answer if Outcome is Replay.
	Response Response
	// RetryAfter is when the lease of the other attempt ends if Outcome is InProgress.
	RetryAfter time.Duration
}

// Store remembers keys. Every method is atomic among all who use the same store.
type Store interface {
	// Begin gives the key to claim until lease is over, if nobody has it; to repeat
	// it with the same claim is no error. Otherwise it says what is known of the key.
	Begin(ctx context.Context, claim Claim, lease time.Duration) (Found, error)
	// Complete stores the response for retention. It returns ErrLost when another
	// claim has taken the key; a lease that has merely ended does not matter.
	Complete(ctx context.Context, claim Claim, response Response, retention time.Duration) error
	// Abandon gives the key back, so that the next attempt is New. It does nothing
	// if claim does not have it, or has completed.
	Abandon(ctx context.Context, claim Claim) error
}

// Attempt is a request with a key on its way through the service.
type Attempt struct {
	Found
	claim Claim
}

// Err returns nil when the request is to go on or to be replayed, and otherwise the
// error to refuse it with: of kind Conflict when it is InProgress, and of kind Invalid
// on a Mismatch, for which a transport should send 422 instead of the kind's status.
func (a Attempt) Err() error {
	switch a.Outcome {
	case InProgress:
		return apierror.New(apierror.Conflict, "IDEMPOTENCY_KEY_IN_USE",
			"a request with this idempotency key is being worked on, try again later")
	case Mismatch:
		return apierror.New(apierror.Invalid, "IDEMPOTENCY_KEY_REUSED",
			"this idempotency key was used for a different request")
	default:
		return nil
	}
}
