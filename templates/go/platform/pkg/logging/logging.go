// Package logging gives the service one log API, log/slog, over two backends.
// Records are JSON lines with the same keys whichever backend writes them.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// The backends that New knows.
const (
	// Logrus writes through github.com/sirupsen/logrus.
	Logrus = "logrus"
	// Zap writes through go.uber.org/zap, which allocates less per record.
	Zap = "zap"
)

// Keys of the fields that every record has.
const (
	keyTime    = "time"
	keyLevel   = "level"
	keyMessage = "msg"
)

// Keys of the fields of records that are logged within a span.
const (
	keyTraceID = "trace_id"
	keySpanID  = "span_id"

	spanAttrs = 2 // of these two
)

// Options configures New.
type Options struct {
	// Backend is Logrus or Zap.
	Backend string
	// Level is asked for every record, so a *slog.LevelVar changes it at run time.
	Level slog.Leveler
	// Attrs are part of every record, e.g. the name of the service.
	Attrs []slog.Attr
}

// New returns a logger that writes JSON lines to w, which must be safe for
// concurrent use (os.Stdout is).
func New(w io.Writer, opts Options) (*slog.Logger, error) {
	backend, err := newBackend(w, opts.Backend)
	if err != nil {
		return nil, err
	}
	return slog.New(newHandler(backend, opts.Level).WithAttrs(opts.Attrs)), nil
}

// ParseLevel reads debug, info, warn or error, in any case.
func ParseLevel(text string) (slog.Level, error) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(text, level.String()) {
			return level, nil
		}
	}
	return 0, fmt.Errorf("log level %q is none of debug, info, warn and error", text)
}

func newBackend(w io.Writer, name string) (slog.Handler, error) {
	switch name {
	case Logrus:
		return newLogrus(w), nil
	case Zap:
		return newZap(w), nil
	default:
		return nil, fmt.Errorf("unknown log backend %q (known: %s, %s)", name, Logrus, Zap)
	}
}
