package logging

import (
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/sirupsen/logrus"
	logrusslog "github.com/sirupsen/logrus/hooks/slog"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"
)

func newLogrus(w io.Writer) slog.Handler {
	logger := logrus.New()
	logger.SetOutput(w)
	logger.SetLevel(logrus.DebugLevel)
	logger.SetFormatter(formatter{newEncoder()})
	return logrusslog.NewHandler(logger, nil)
}

func newZap(w io.Writer) slog.Handler {
	core := zapcore.NewCore(newEncoder(), zapcore.Lock(zapcore.AddSync(w)), zapcore.DebugLevel)
	const never = slog.Level(127)
	return zapslog.NewHandler(core, zapslog.AddStacktraceAt(never))
}

// newEncoder returns what writes the records of both backends.
func newEncoder() zapcore.Encoder {
	return zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey:     keyTime,
		LevelKey:    keyLevel,
		MessageKey:  keyMessage,
		LineEnding:  zapcore.DefaultLineEnding,
		EncodeTime:  zapcore.RFC3339NanoTimeEncoder,
		EncodeLevel: encodeLevel,
	})
}

// encodeLevel spells levels as logrus does.
func encodeLevel(level zapcore.Level, enc zapcore.PrimitiveArrayEncoder) {
	if level == zapcore.WarnLevel {
		enc.AppendString("warning")
		return
	}
	zapcore.LowercaseLevelEncoder(level, enc)
}

// formatter writes records of logrus. Its own JSON formatter goes through
// reflection, which makes a record cost three times as much.
type formatter struct {
	encoder zapcore.Encoder
}

// Format returns the entry as one line of JSON. Fields are in the order of their names.
func (f formatter) Format(entry *logrus.Entry) ([]byte, error) {
	fields := make([]zapcore.Field, 0, len(entry.Data))
	for name, value := range entry.Data {
		fields = append(fields, zap.Any(name, value))
	}
	slices.SortFunc(fields, func(a, b zapcore.Field) int { return strings.Compare(a.Key, b.Key) })
	record := zapcore.Entry{Level: zapLevel(entry.Level), Time: entry.Time, Message: entry.Message}
	line, err := f.encoder.EncodeEntry(record, fields)
	if err != nil {
		return nil, err
	}
	defer line.Free()
	entry.Buffer.Write(line.Bytes())
	return entry.Buffer.Bytes(), nil
}

func zapLevel(level logrus.Level) zapcore.Level {
	switch level {
	case logrus.DebugLevel:
		return zapcore.DebugLevel
	case logrus.InfoLevel:
		return zapcore.InfoLevel
	case logrus.WarnLevel:
		return zapcore.WarnLevel
	default:
		return zapcore.ErrorLevel
	}
}
