package telemetry_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"goldpath.local/service/pkg/telemetry"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func attributes(s sdktrace.ReadOnlySpan) map[attribute.Key]string {
	found := map[attribute.Key]string{}
	for _, a := range s.Attributes() {
		found[a.Key] = a.Value.String()
	}
	return found
}

func TestRequestsBecomeSpansNamedByTheirRoute(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	status := http.StatusOK
	handler := tel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/nowhere" {
			telemetry.SetRoute(r.Context(), r.Method, "/tasks/:id")
		}
		w.WriteHeader(status)
	}))
	serve := func(method, path string, answer int) sdktrace.ReadOnlySpan {
		status = answer
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
		spans := recorder.Ended()
		return spans[len(spans)-1]
	}

	ok := serve(http.MethodGet, "/tasks/7?token=secret", http.StatusOK)
	require.Equal(t, "GET /tasks/:id", ok.Name())
	require.Equal(t, trace.SpanKindServer, ok.SpanKind())
	require.Equal(t, codes.Unset, ok.Status().Code)
	found := attributes(ok)
	require.Equal(t, "/tasks/:id", found["http.route"])
	require.Equal(t, "200", found["http.response.status_code"])
	for key, value := range found {
		require.NotContains(t, value, "secret", key)
	}

	require.Equal(t, codes.Unset, serve(http.MethodGet, "/tasks/7", http.StatusNotFound).Status().Code, "the client's mistake")
	require.Equal(t, codes.Error, serve(http.MethodGet, "/tasks/7", http.StatusInternalServerError).Status().Code)
	require.Equal(t, "GET", serve(http.MethodGet, "/nowhere", http.StatusNotFound).Name())
	require.Equal(t, "HTTP", serve("BREW", "/nowhere", http.StatusNotFound).Name(), "clients cannot invent names")
}

func TestACallJoinsTheTraceOfItsCaller(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	var member string
	callee := httptest.NewServer(tel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		member = baggage.FromContext(r.Context()).Member("tenant").Value()
		_, _ = io.WriteString(w, telemetry.TraceID(r.Context()))
	})))
	defer callee.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()

	ctx, root := tel.TracerProvider().Tracer("test").Start(t.Context(), "caller")
	tenant, err := baggage.Parse("tenant=acme")
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(baggage.ContextWithBaggage(ctx, tenant), http.MethodGet, callee.URL, http.NoBody)
	require.NoError(t, err)
	res, err := (&http.Client{Transport: tel.Transport(transport)}).Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	root.End()

	require.Equal(t, root.SpanContext().TraceID().String(), string(body))
	require.Equal(t, "acme", member)
	require.Eventually(t, func() bool { return len(recorder.Ended()) == 3 }, waitLimit, tick, "caller, call, and callee")
	for _, s := range recorder.Ended() {
		require.Equal(t, root.SpanContext().TraceID(), s.SpanContext().TraceID(), s.Name())
	}
}

func TestTheCallersTraceIsKnownEvenWhenTracingIsOff(t *testing.T) {
	tel := newTelemetry(t)
	var id string
	handler := tel.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { id = telemetry.TraceID(r.Context()) }))
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	handler.ServeHTTP(httptest.NewRecorder(), req)
	require.Empty(t, id)
	req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	handler.ServeHTTP(httptest.NewRecorder(), req)
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", id)
}

func BenchmarkHandler(b *testing.B) {
	recording, _ := telemetrytest.Recording(b)
	off, err := telemetry.New(b.Context(), config, service, discard)
	require.NoError(b, err)
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for name, handler := range map[string]http.Handler{"plain": next, "off": off.Handler(next), "on": recording.Handler(next)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			req := httptest.NewRequest(http.MethodGet, "/tasks", nil)
			for b.Loop() {
				handler.ServeHTTP(httptest.NewRecorder(), req)
			}
		})
	}
}
