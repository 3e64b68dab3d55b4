package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"goldpath.local/service/pkg/telemetry"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	config  = telemetry.Config{SampleRatio: 1, FlushTimeout: 5 * time.Second}
	service = telemetry.Service{Name: "ledger", Version: "v1.2.3", Environment: "staging"}
	discard = slog.New(slog.DiscardHandler)
)

// How long, and how often, a test looks for what happens elsewhere.
const (
	waitLimit = 5 * time.Second
	tick      = time.Millisecond
)

func newTelemetry(t *testing.T, opts ...telemetry.Option) *telemetry.Telemetry {
	t.Helper()
	tel, err := telemetry.New(t.Context(), config, service, discard, opts...)
	require.NoError(t, err)
	return tel
}

// span makes one span between start and stop of the telemetry.
func span(t *testing.T, tel *telemetry.Telemetry) {
	t.Helper()
	component := tel.Component()
	require.NoError(t, component.Start(t.Context()))
	_, s := tel.TracerProvider().Tracer("test").Start(t.Context(), "work")
	s.End()
	require.NoError(t, component.Stop(t.Context()))
}

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, config.Validate())
	err := telemetry.Config{SampleRatio: 1.1}.Validate()
	require.ErrorContains(t, err, "telemetry.sample_ratio")
	require.ErrorContains(t, err, "telemetry.flush_timeout")
	require.Error(t, telemetry.Config{SampleRatio: -0.1, FlushTimeout: 1}.Validate())
}

func TestSpansArriveAtTheCollectorWithTheService(t *testing.T) {
	received := telemetrytest.NewCollector(t)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "k8s.pod.name=ledger-0")

	tel := newTelemetry(t)
	require.True(t, tel.Enabled())
	span(t, tel)

	spans := received.Spans()
	require.Len(t, spans, 1)
	require.Equal(t, "work", spans[0].Name)
	require.Empty(t, spans[0].ParentID)
	for key, want := range map[string]string{
		"service.name": "ledger", "service.version": "v1.2.3",
		"deployment.environment.name": "staging", "k8s.pod.name": "ledger-0",
	} {
		require.Equal(t, want, spans[0].Attributes[key], key)
	}
}

// grpcCollector counts the spans that arrive by OTLP over gRPC.
type grpcCollector struct {
	collector.UnimplementedTraceServiceServer

	names chan string
}

func (c grpcCollector) Export(_ context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	c.names <- r.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0].GetName()
	return &collector.ExportTraceServiceResponse{}, nil
}

func TestSpansArriveByGRPCToo(t *testing.T) {
	received := grpcCollector{names: make(chan string, 1)}
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, received)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://"+listener.Addr().String())
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")

	span(t, newTelemetry(t))

	require.Equal(t, "work", <-received.names)
}

func TestTracingIsOffUnlessSpansHaveAPlaceToGo(t *testing.T) {
	tests := map[string]map[string]string{
		"no endpoint": {},
		"disabled":    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
		"no exporter": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	for name, environment := range tests {
		t.Run(name, func(t *testing.T) {
			for key, value := range environment {
				t.Setenv(key, value)
			}
			tel := newTelemetry(t)
			require.False(t, tel.Enabled())
			span(t, tel)
		})
	}
}

func TestVariablesThatAreNotUnderstoodAreRefused(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_TRACES_SAMPLER", "traceidratio")
	_, err := telemetry.New(t.Context(), config, service, discard)
	require.NoError(t, err)
	for _, pair := range [][2]string{
		{"OTEL_TRACES_EXPORTER", "zipkin"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4317"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "://"},
		{"OTEL_TRACES_SAMPLER", "sometimes"},
		{"OTEL_TRACES_SAMPLER_ARG", "1.5"},
		{"OTEL_TRACES_SAMPLER_ARG", "half"},
	} {
		key, value := pair[0], pair[1]
		t.Run(key, func(t *testing.T) {
			t.Setenv(key, value)
			_, err := telemetry.New(t.Context(), config, service, discard)
			require.ErrorContains(t, err, key)
			require.ErrorContains(t, err, value)
		})
	}
}

func TestAResourceThatCannotBeReadIsRefused(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "nonsense")
	_, err := telemetry.New(t.Context(), config, service, discard)
	require.ErrorContains(t, err, "describe the service")
}

// A collector that does not answer costs the last spans, never a clean stop.
func TestACollectorThatHangsDoesNotHoldUpTheStop(t *testing.T) {
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hanging.Close()
	defer close(release)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", hanging.URL)
	var out bytes.Buffer
	impatient := telemetry.Config{SampleRatio: 1, FlushTimeout: time.Millisecond}
	tel, err := telemetry.New(t.Context(), impatient, service, slog.New(slog.NewTextHandler(&out, nil)))
	require.NoError(t, err)

	span(t, tel)

	require.Contains(t, out.String(), "the last spans are lost")
}

func TestSampling(t *testing.T) {
	sampled := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, Remote: true,
	}))
	tests := map[string]struct {
		ratio   float64
		sampler string
		ctx     context.Context
		want    bool
	}{
		"all":                    {1, "", t.Context(), true},
		"none":                   {0, "", t.Context(), false},
		"the caller decides":     {0, "", sampled, true},
		"the standard variable":  {1, "always_off", sampled, false},
		"the variable says more": {0, "always_on", t.Context(), true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_TRACES_SAMPLER", tc.sampler)
			recorder := tracetest.NewSpanRecorder()
			cfg := telemetry.Config{SampleRatio: tc.ratio, FlushTimeout: time.Second}
			tel, err := telemetry.New(t.Context(), cfg, service, discard, telemetry.WithProcessor(recorder))
			require.NoError(t, err)
			_, s := tel.TracerProvider().Tracer("test").Start(tc.ctx, "work")
			require.Equal(t, tc.want, s.SpanContext().IsSampled())
			s.End()
		})
	}
}

func TestInstallServesCodeThatKnowsOnlyTheGlobals(t *testing.T) {
	var out bytes.Buffer
	recorder := tracetest.NewSpanRecorder()
	log := slog.New(slog.NewTextHandler(&out, nil))
	tel, err := telemetry.New(t.Context(), config, service, log, telemetry.WithProcessor(recorder))
	require.NoError(t, err)
	tel.Install()

	_, s := otel.Tracer("library").Start(t.Context(), "from elsewhere")
	s.End()
	require.Len(t, recorder.Ended(), 1)
	require.ElementsMatch(t, []string{"traceparent", "tracestate", "baggage"}, otel.GetTextMapPropagator().Fields())

	otel.Handle(errors.New("collector is down"))
	otel.Handle(errors.New("collector is still down"))
	require.Equal(t, 1, strings.Count(out.String(), "tracing failed"), "a collector that is down does not flood the log")
}
