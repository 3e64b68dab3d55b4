package auth

import (
	"errors"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth/jwks"
)

// What callers are told. None says which check failed beyond what an honest
// caller can act on, and none holds any part of a token.
var (
	// ErrTokenMissing refuses a request without a bearer token.
	ErrTokenMissing = apierror.New(apierror.Unauthenticated, "TOKEN_MISSING", "a bearer token is required")
	// ErrTokenInvalid refuses a token that will never be accepted.
	ErrTokenInvalid = apierror.New(apierror.Unauthenticated, "TOKEN_INVALID", "the token is not valid")
	// ErrTokenExpired refuses a token that was valid: get a new one.
	ErrTokenExpired = apierror.New(apierror.Unauthenticated, "TOKEN_EXPIRED", "the token has expired")
	// ErrTokenNotYetValid refuses a token that is used before its time.
	ErrTokenNotYetValid = apierror.New(apierror.Unauthenticated, "TOKEN_NOT_YET_VALID", "the token is not valid yet")
	// ErrKeysUnavailable is no judgement on the token: the keys to verify it
	// have never been fetched.
	ErrKeysUnavailable = apierror.New(apierror.Unavailable, "KEYS_UNAVAILABLE", "tokens cannot be verified at present")
)

// refusalError is the check that a token failed: the label of the metric, and
// the cause in the log.
type refusalError string

const (
	errTooLarge   refusalError = "too_large"
	errMalformed  refusalError = "malformed"
	errAlgorithm  refusalError = "algorithm"
	errCritical   refusalError = "critical_header"
	errType       refusalError = "type"
	errUnknownKey refusalError = "unknown_key"
	errNoKeys     refusalError = "no_keys"
	errSignature  refusalError = "signature"
	errClaims     refusalError = "claims"
	errIssuer     refusalError = "issuer"
	errAudience   refusalError = "audience"
	errNotYet     refusalError = "not_yet_valid"
	errExpired    refusalError = "expired"
)

func refusals() []refusalError {
	return []refusalError{
		errTooLarge, errMalformed, errAlgorithm, errCritical, errType, errUnknownKey, errNoKeys,
		errSignature, errClaims, errIssuer, errAudience, errNotYet, errExpired,
	}
}

// Error returns the text for logs.
func (e refusalError) Error() string { return "token refused: " + string(e) }

// answer returns what the caller is told.
func (e refusalError) answer() error {
	answer := ErrTokenInvalid
	switch e {
	case errExpired:
		answer = ErrTokenExpired
	case errNotYet:
		answer = ErrTokenNotYetValid
	case errNoKeys:
		answer = ErrKeysUnavailable
	default:
	}
	return answer.WithCause(e)
}

// refusalOf classifies an error of the parser, whose own text may quote the
// token. A token with several faults has the one that a new token would not
// mend: only what is right but for its age is called expired.
func refusalOf(err error) refusalError {
	var known refusalError
	if errors.As(err, &known) {
		return known
	}
	order := []struct {
		target  error
		refusal refusalError
	}{
		{jwks.ErrNoKeys, errNoKeys},
		{jwks.ErrUnknownKey, errUnknownKey},
		{jwt.ErrTokenSignatureInvalid, errSignature},
		{jwt.ErrTokenRequiredClaimMissing, errClaims},
		{jwt.ErrInvalidType, errClaims},
		{jwt.ErrTokenInvalidIssuer, errIssuer},
		{jwt.ErrTokenInvalidAudience, errAudience},
		{jwt.ErrTokenNotValidYet, errNotYet},
		{jwt.ErrTokenExpired, errExpired},
	}
	for _, candidate := range order {
		if errors.Is(err, candidate.target) {
			return candidate.refusal
		}
	}
	return errMalformed
}

func newRefused() *prometheus.CounterVec {
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "auth_tokens_refused_total",
		Help: "Tokens that were not accepted, by the check that they failed.",
	}, []string{"reason"})
	// A counter that appears with its first event hides that event from rate().
	for _, reason := range refusals() {
		refused.WithLabelValues(string(reason))
	}
	return refused
}
