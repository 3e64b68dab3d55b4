package postgres

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"goldpath.local/service/pkg/apierror"
)

// SQLSTATE codes, from the appendix of the PostgreSQL manual.
const (
	codeUniqueViolation      = "23505"
	codeSerializationFailure = "40001"
	codeDeadlock             = "40P01"
	codeQueryCanceled        = "57014"
)

// Classes of SQLSTATE codes that say that the server cannot serve right now.
const (
	classConnection   = "08"
	classNoResources  = "53"
	classIntervention = "57"
)

// Translate gives err the kind that callers act on: Conflict for a duplicate,
// Unavailable for a server that cannot be reached, Timeout for a statement
// that took too long. Errors that are already typed, and all others, stay as they are.
func Translate(err error) error {
	var typed *apierror.Error
	if err == nil || errors.As(err, &typed) {
		return err
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return translateCode(pgErr)
	}
	if isConnectionError(err) {
		return unavailable(err)
	}
	return err
}

func translateCode(err *pgconn.PgError) error {
	switch {
	case err.Code == codeUniqueViolation:
		return apierror.New(apierror.Conflict, "ALREADY_EXISTS", "it already exists").WithCause(err)
	case err.Code == codeQueryCanceled:
		return apierror.New(apierror.Timeout, "DATABASE_TIMEOUT", "the database took too long").WithCause(err)
	case isRetryable(err):
		return apierror.New(apierror.Conflict, "CONCURRENT_CHANGE", "somebody else changed it, try again").WithCause(err)
	case strings.HasPrefix(err.Code, classConnection),
		strings.HasPrefix(err.Code, classNoResources),
		strings.HasPrefix(err.Code, classIntervention):
		return unavailable(err)
	default:
		return err
	}
}

func unavailable(cause error) error {
	return apierror.New(apierror.Unavailable, "DATABASE_UNAVAILABLE", "the database is not available").WithCause(cause)
}

func isConnectionError(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network)
}

// isRetryable reports whether the same transaction may succeed if run again.
func isRetryable(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) &&
		(pgErr.Code == codeSerializationFailure || pgErr.Code == codeDeadlock)
}
