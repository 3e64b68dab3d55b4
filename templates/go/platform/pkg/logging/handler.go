package logging

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// handler stands before a backend and decides everything on which backends differ:
// levels, groups (dotted keys), repeated keys (last wins), errors and durations (text),
// and what the context carries.
type handler struct {
	backend slog.Handler
	level   slog.Leveler
	prefix  string
	attrs   []slog.Attr
}

func newHandler(backend slog.Handler, level slog.Leveler) *handler {
	return &handler{backend: backend, level: level}
}

// Enabled reports whether records of this level are written now.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

// Handle passes a flat copy of the record to the backend.
func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	carried := fromContext(ctx)
	attrs := make([]slog.Attr, 0, len(h.attrs)+spanAttrs+len(carried)+record.NumAttrs())
	attrs = appendSpan(ctx, append(attrs, h.attrs...))
	for _, attr := range carried {
		attrs = appendFlat(attrs, "", attr)
	}
	record.Attrs(func(attr slog.Attr) bool {
		attrs = appendFlat(attrs, h.prefix, attr)
		return true
	})
	flat := slog.NewRecord(record.Time.UTC(), standardLevel(record.Level), record.Message, record.PC)
	flat.AddAttrs(attrs...)
	return h.backend.Handle(ctx, flat)
}

// WithAttrs returns a handler that adds attrs, under the open groups, to every record.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.attrs = slices.Clone(h.attrs)
	for _, attr := range attrs {
		next.attrs = appendFlat(next.attrs, h.prefix, attr)
	}
	return &next
}

// WithGroup returns a handler that qualifies the keys of later attributes by name.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	next := *h
	next.prefix = h.prefix + name + "."
	return &next
}

// appendSpan adds the ids of the span, by the names that OpenTelemetry gives them.
func appendSpan(ctx context.Context, attrs []slog.Attr) []slog.Attr {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return attrs
	}
	attrs = put(attrs, slog.String(keyTraceID, span.TraceID().String()))
	return put(attrs, slog.String(keySpanID, span.SpanID().String()))
}

// appendFlat adds attr with its full key; groups become one attribute per leaf.
func appendFlat(attrs []slog.Attr, prefix string, attr slog.Attr) []slog.Attr {
	value := attr.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if attr.Key != "" {
			prefix += attr.Key + "."
		}
		for _, member := range value.Group() {
			attrs = appendFlat(attrs, prefix, member)
		}
		return attrs
	}
	if attr.Key == "" {
		return attrs
	}
	return put(attrs, slog.Attr{Key: safeKey(prefix + attr.Key), Value: plain(value)})
}

// put replaces an attribute with the same key or appends a new one.
func put(attrs []slog.Attr, attr slog.Attr) []slog.Attr {
	for i := range attrs {
		if attrs[i].Key == attr.Key {
			attrs[i] = attr
			return attrs
		}
	}
	return append(attrs, attr)
}

// safeKey keeps attributes from overwriting the fields of the record itself.
func safeKey(key string) string {
	switch key {
	case keyTime, keyLevel, keyMessage:
		return "attr." + key
	default:
		return key
	}
}

// plain turns values that backends encode differently into text.
func plain(value slog.Value) slog.Value {
	switch value.Kind() {
	case slog.KindDuration:
		return slog.StringValue(value.Duration().String())
	case slog.KindTime:
		return slog.StringValue(value.Time().UTC().Format(time.RFC3339Nano))
	case slog.KindAny:
		if err, ok := value.Any().(error); ok {
			return slog.StringValue(err.Error())
		}
		return value
	default:
		return value
	}
}

// standardLevel rounds custom levels down to the four that both backends know.
func standardLevel(level slog.Level) slog.Level {
	switch {
	case level >= slog.LevelError:
		return slog.LevelError
	case level >= slog.LevelWarn:
		return slog.LevelWarn
	case level >= slog.LevelInfo:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}
