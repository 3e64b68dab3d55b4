// Package requestid carries the id of a request from the edge of the service to
// its logs and to the services that it calls, whatever the transport.
package requestid

import (
	"context"
	"crypto/rand"
	"log/slog"

	"goldpath.local/service/pkg/logging"
)

// Header carries the id in both directions on HTTP; gRPC spells it in lower case.
const Header = "X-Request-ID"

// LogKey is the key of the id in log records.
const LogKey = "request_id"

const maxLength = 64

type contextKey struct{}

// With returns a context that carries the id, also into every log record.
func With(ctx context.Context, id string) context.Context {
	return context.WithValue(logging.With(ctx, slog.String(LogKey, id)), contextKey{}, id)
}

// From returns the id that the context carries, or "".
func From(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}

// Accept returns the caller's id if it is harmless, else a new one. What callers
// send ends up in logs and headers: only short ids of letters, digits and ".-_"
// are taken over.
func Accept(sent string) string {
	if valid(sent) {
		return sent
	}
	return rand.Text()
}

func valid(id string) bool {
	if id == "" || len(id) > maxLength {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
