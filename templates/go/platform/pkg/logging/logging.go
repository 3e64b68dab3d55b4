// Package logging gives the service one log API, log/slog, over two backends.
// Records are JSON lines with the same keys whichever backend writes them.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/sirupsen/logrus"
	logrusslog "github.com/sirupsen/logrus/hooks/slog"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"
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
	var level slog.Level
	if err := level.UnmarshalText([]byte(text)); err != nil {
		return 0, fmt.Errorf("parse log level %q: %w", text, err)
	}
	return level, nil
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

func newLogrus(w io.Writer) slog.Handler {
	logger := logrus.New()
	logger.SetOutput(w)
	logger.SetLevel(logrus.DebugLevel)
	logger.SetFormatter(&logrus.JSONFormatter{
		TimestampFormat:   time.RFC3339Nano,
		DisableHTMLEscape: true,
		FieldMap: logrus.FieldMap{
			logrus.FieldKeyTime:  keyTime,
			logrus.FieldKeyLevel: keyLevel,
			logrus.FieldKeyMsg:   keyMessage,
		},
	})
	return logrusslog.NewHandler(logger, nil)
}

func newZap(w io.Writer) slog.Handler {
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey:     keyTime,
		LevelKey:    keyLevel,
		MessageKey:  keyMessage,
		LineEnding:  zapcore.DefaultLineEnding,
		EncodeTime:  zapcore.RFC3339NanoTimeEncoder,
		EncodeLevel: encodeZapLevel,
	})
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), zapcore.DebugLevel)
	const never = slog.Level(127)
	return zapslog.NewHandler(core, zapslog.AddStacktraceAt(never))
}

// encodeZapLevel spells levels as logrus does.
func encodeZapLevel(level zapcore.Level, enc zapcore.PrimitiveArrayEncoder) {
	if level == zapcore.WarnLevel {
		enc.AppendString("warning")
		return
	}
	zapcore.LowercaseLevelEncoder(level, enc)
}
