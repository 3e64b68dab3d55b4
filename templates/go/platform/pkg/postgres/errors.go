package postgres

import (
	"context"
	"errors"
	"io"
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
	codeTooManyConnections   = "53300"
	codeReadOnly             = "25006" // of a standby; see leaveStandby
)

// Classes of SQLSTATE codes that say that the server cannot serve right now.
const (
	classConnection   = "08"
	classNoResources  = "53"
	classIntervention = "57"
)

// Why a transaction may run again, as it is counted.
const (
	reasonSerialization = "serialization_failure"
	reasonDeadlock      = "deadlock"
	reasonLost          = "connection_lost"
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
	errors.As(err, &pgErr)
	switch {
	case IsUnreachable(err):
		return apierror.New(apierror.Unavailable, "DATABASE_UNAVAILABLE", "the database is not available").WithCause(unsent(err))
	case pgErr == nil:
		return err
	case pgErr.Code == codeUniqueViolation:
		return apierror.New(apierror.Conflict, "ALREADY_EXISTS", "it already exists").WithCause(err)
	case pgErr.Code == codeQueryCanceled:
		return apierror.New(apierror.Timeout, "DATABASE_TIMEOUT", "the database took too long").WithCause(err)
	case abortReason(err) != "":
		return apierror.New(apierror.Conflict, "CONCURRENT_CHANGE", "somebody else changed it, try again").WithCause(err)
	default:
		return err
	}
}

// unsent marks an error that came before there was a connection, so that whoever
// must not do anything twice knows that nothing was done.
func unsent(err error) error {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return unsentError{err}
	}
	return err
}

type unsentError struct{ error }

// Unwrap returns the error itself.
func (e unsentError) Unwrap() error { return e.error }

// SafeToRetry implements what pgconn.SafeToRetry asks for.
func (unsentError) SafeToRetry() bool { return true }

// IsAborted reports whether err says that the server aborted a transaction or a
// statement that may succeed if it is run again.
func IsAborted(err error) bool { return abortReason(err) != "" }

// abortReason says why the server aborted a transaction that may succeed if it
// is run again; it is "" for any other error.
func abortReason(err error) string {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return ""
	}
	switch pgErr.Code {
	case codeSerializationFailure:
		return reasonSerialization
	case codeDeadlock:
		return reasonDeadlock
	default:
		return ""
	}
}

// lossReason says whether err is the end of an established connection. A
// connection that cannot be made is none: another try would only add load.
func lossReason(err error) string {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || !IsUnreachable(err) {
		return ""
	}
	return reasonLost
}

// IsUnreachable reports whether err says that the server does not serve, or has
// ended the connection, and not that the caller gave up.
func IsUnreachable(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var (
		connect *pgconn.ConnectError
		pgErr   *pgconn.PgError
		network net.Error
	)
	switch {
	case errors.As(err, &connect):
		return true
	case errors.As(err, &pgErr):
		return isOutage(pgErr.Code)
	default:
		return errors.As(err, &network) || errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.ErrUnexpectedEOF)
	}
}

func isOutage(code string) bool {
	return code == codeReadOnly ||
		strings.HasPrefix(code, classConnection) ||
		strings.HasPrefix(code, classNoResources) ||
		strings.HasPrefix(code, classIntervention) && code != codeQueryCanceled
}
