package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/logging"
)

var backends = []string{logging.Logrus, logging.Zap}

type masked string

func (masked) LogValue() slog.Value { return slog.StringValue("***") }

// record logs once through the backend and returns the decoded line.
func record(t *testing.T, backend string, write func(*slog.Logger)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	log, err := logging.New(&out, logging.Options{
		Backend: backend,
		Level:   slog.LevelDebug,
		Attrs:   []slog.Attr{slog.String("service", "demo")},
	})
	require.NoError(t, err)
	write(log)
	line := map[string]any{}
	require.NoError(t, json.Unmarshal(out.Bytes(), &line), out.String())
	return line
}

// The backends must be interchangeable: whatever is logged, both write the
// same keys with the same values.
func TestBackendsWriteTheSameRecord(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600))
	records := map[string]func(*slog.Logger){
		"plain":  func(l *slog.Logger) { l.Info("hello", "n", 1, "ok", true, "f", 1.5, "html", "<a&b>") },
		"error":  func(l *slog.Logger) { l.Error("failed", "error", errors.New("boom")) },
		"warn":   func(l *slog.Logger) { l.Warn("careful", "took", 1500*time.Millisecond, "at", at) },
		"debug":  func(l *slog.Logger) { l.Debug("detail", "map", map[string]any{"a": "b"}, "nil", nil) },
		"number": func(l *slog.Logger) { l.Info("not a number", "f", math.NaN(), "big", uint64(math.MaxUint64)) },
		"names":  func(l *slog.Logger) { l.Info("name", "ip", netip.MustParseAddr("192.0.2.1"), "bytes", []byte{1, 255}) },
		"custom": func(l *slog.Logger) { l.Log(context.Background(), slog.LevelError+4, "worse") },
		"groups": func(l *slog.Logger) {
			l.WithGroup("http").With("route", "/x").WithGroup("").Info("done", "status", 200)
		},
		"nested": func(l *slog.Logger) { l.Info("n", slog.Group("a", slog.Group("b", "c", 1)), slog.Group("", "d", 2)) },
		"repeat": func(l *slog.Logger) { l.With("k", 1).Info("again", "k", 2, "k", 3) },
		"clash":  func(l *slog.Logger) { l.Info("clash", "msg", "x", "level", "y", "time", "z") },
		"empty":  func(l *slog.Logger) { l.Info("empty", slog.Attr{}) },
		"masked": func(l *slog.Logger) { l.Info("masked", "password", masked("hunter2")) },
		"context": func(l *slog.Logger) {
			l.InfoContext(logging.With(context.Background(), slog.String("request_id", "r1")), "ctx")
		},
	}
	records["span"] = func(l *slog.Logger) { l.With("trace_id", "old").InfoContext(spanContext(), "traced") }
	for name, write := range records {
		t.Run(name, func(t *testing.T) {
			want := record(t, logging.Logrus, write)
			got := record(t, logging.Zap, write)
			for _, line := range []map[string]any{want, got} {
				_, err := time.Parse(time.RFC3339Nano, line["time"].(string))
				require.NoError(t, err)
				delete(line, "time")
				require.Equal(t, "demo", line["service"])
			}
			require.Equal(t, want, got)
		})
	}
}

func spanContext() context.Context {
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0xab}, SpanID: trace.SpanID{0xcd},
	}))
}

func TestRecordsWithinASpanNameIt(t *testing.T) {
	for _, backend := range backends {
		line := record(t, backend, func(l *slog.Logger) { l.WithGroup("http").InfoContext(spanContext(), "traced") })
		require.Equal(t, "ab000000000000000000000000000000", line["trace_id"], backend)
		require.Equal(t, "cd00000000000000", line["span_id"], backend)
		line = record(t, backend, func(l *slog.Logger) { l.Info("not traced") })
		require.NotContains(t, line, "trace_id", backend)
	}
}

func TestRecordShape(t *testing.T) {
	for _, backend := range backends {
		line := record(t, backend, func(l *slog.Logger) {
			ctx := logging.With(context.Background(), slog.String("request_id", "r1"))
			l.WithGroup("http").WarnContext(ctx, "slow", "took", time.Second, "msg", "mine")
		})
		delete(line, "time")
		require.Equal(t, map[string]any{
			"level": "warning", "msg": "slow", "service": "demo",
			"request_id": "r1", "http.took": "1s", "http.msg": "mine",
		}, line, backend)
	}
}

func TestContextAttributesAddUpWithoutSharing(t *testing.T) {
	base := logging.With(context.Background(), slog.String("a", "1"))
	left := logging.With(base, slog.String("b", "left"))
	right := logging.With(base, slog.String("b", "right"))
	for ctx, want := range map[context.Context]string{left: "left", right: "right"} {
		line := record(t, logging.Logrus, func(l *slog.Logger) { l.InfoContext(ctx, "x") })
		require.Equal(t, "1", line["a"])
		require.Equal(t, want, line["b"])
	}
}

func TestLevelChangesAtRunTime(t *testing.T) {
	for _, backend := range backends {
		var out bytes.Buffer
		level := new(slog.LevelVar)
		log, err := logging.New(&out, logging.Options{Backend: backend, Level: level})
		require.NoError(t, err)

		log.Debug("hidden")
		require.Empty(t, out.String(), backend)
		level.Set(slog.LevelDebug)
		log.Debug("shown")
		require.Contains(t, out.String(), "shown", backend)
	}
}

func TestUnknownNamesAreRefused(t *testing.T) {
	_, err := logging.New(io.Discard, logging.Options{Backend: "glog"})
	require.ErrorContains(t, err, `unknown log backend "glog"`)
	for _, wrong := range []string{"loud", "info+3", ""} {
		_, err = logging.ParseLevel(wrong)
		require.ErrorContains(t, err, strconv.Quote(wrong))
	}
	level, err := logging.ParseLevel("Warn")
	require.NoError(t, err)
	require.Equal(t, slog.LevelWarn, level)
}

func BenchmarkBackends(b *testing.B) {
	for _, backend := range backends {
		b.Run(backend, func(b *testing.B) {
			log, err := logging.New(io.Discard, logging.Options{Backend: backend, Level: slog.LevelInfo})
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				log.Info("request", "method", "GET", "route", "/tasks/:id", "status", 200)
			}
		})
	}
}

// Whatever is logged, a record is one line of JSON with the message and the values
// in it: nothing that clients send can forge a second record.
func TestARecordIsOneLineWhateverIsInIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		message, key, value := rapid.String().Draw(t, "message"), rapid.StringN(1, 20, -1).Draw(t, "key"), rapid.String().Draw(t, "value")
		var lines []map[string]any
		for _, backend := range backends {
			var out bytes.Buffer
			log, err := logging.New(&out, logging.Options{Backend: backend, Level: slog.LevelInfo})
			require.NoError(t, err)
			log.Info(message, "attr."+key, value) //nolint:sloglint // any message is the point
			require.Equal(t, 1, bytes.Count(out.Bytes(), []byte("\n")), out.String())
			line := map[string]any{}
			require.NoError(t, json.Unmarshal(out.Bytes(), &line), out.String())
			require.Equal(t, message, line["msg"])
			require.Equal(t, value, line["attr."+key])
			delete(line, "time")
			lines = append(lines, line)
		}
		require.Equal(t, lines[0], lines[1])
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
