package rediscache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/apierror"
)

// Translate gives an error of Redis the kind that callers act on: Unavailable for
// a server that cannot be reached or cannot serve right now. Errors that are
// already typed, ended contexts, and replies that mean a mistake of this program
// stay as they are. It is not for redis.Nil, which is an answer.
func Translate(err error) error {
	var (
		typed *apierror.Error
		reply redis.Error
	)
	switch {
	case err == nil, errors.As(err, &typed),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &reply) && !isTemporary(err):
		return err
	default:
		return apierror.New(apierror.Unavailable, "REDIS_UNAVAILABLE", "the store is not available").WithCause(err)
	}
}

// isTemporary reports whether a server that replied with err may serve later.
func isTemporary(err error) bool {
	return redis.IsLoadingError(err) || redis.IsReadOnlyError(err) || redis.IsMasterDownError(err) ||
		redis.IsClusterDownError(err) || redis.IsTryAgainError(err) || redis.IsMaxClientsError(err) ||
		redis.IsNoReplicasError(err) || redis.IsOOMError(err)
}

// ClientLogger writes what the client library wants to tell, mostly failed
// connections, to log: at most one record per interval, for each of many
// connections fails by itself. It is for redis.SetLogger, which the composition
// root calls once: the library has one logger per process, which else writes plain
// text to stderr.
type ClientLogger struct {
	log      *slog.Logger
	interval time.Duration
	next     atomic.Int64 // Unix nanoseconds before which nothing is written
}

// NewClientLogger returns a logger for redis.SetLogger.
func NewClientLogger(log *slog.Logger, interval time.Duration) *ClientLogger {
	return &ClientLogger{log: log, interval: interval}
}

// Printf writes one message of the library.
func (l *ClientLogger) Printf(ctx context.Context, format string, args ...any) {
	now := time.Now()
	due := l.next.Load()
	if now.UnixNano() < due || !l.next.CompareAndSwap(due, now.Add(l.interval).UnixNano()) {
		return
	}
	l.log.WarnContext(ctx, "redis client", "message", fmt.Sprintf(format, args...))
}
