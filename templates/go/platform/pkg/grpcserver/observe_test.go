package grpcserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/logging"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/requestid"
	"goldpath.local/service/pkg/telemetry"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

const unaryMethod = "/grpc.testing.TestService/UnaryCall"

// records returns the log records with this message.
func (f *fixture) records(t *testing.T, message string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(f.logs.String()) {
		record := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		if record["msg"] == message {
			found = append(found, record)
		}
	}
	return found
}

func TestEveryCallIsOneRecordWithoutWhatWasSaid(t *testing.T) {
	secret := errors.New("password wrong for user app")
	tests := map[string]struct {
		err   error
		code  string
		level string
	}{
		"ok":        {nil, "OK", "INFO"},
		"not found": {apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "no"), "NotFound", "INFO"},
		"defect":    {secret, "Internal", "ERROR"},
		"down":      {apierror.New(apierror.Unavailable, "DOWN", "down"), "Unavailable", "WARN"},
		"given up":  {context.Canceled, "Canceled", "INFO"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t, answer(func(context.Context) error { return tc.err }), nil)
			_, err := f.client.UnaryCall(t.Context(), &testgrpc.SimpleRequest{Payload: &testgrpc.Payload{Body: []byte("confidential")}})
			require.Equal(t, tc.code, status.Code(err).String())
			require.NotContains(t, status.Convert(err).Message(), "password")

			records := f.records(t, "call")
			require.Len(t, records, 1)
			require.Equal(t, unaryMethod, records[0]["method"])
			require.Equal(t, "unary", records[0]["type"])
			require.Equal(t, tc.code, records[0]["code"])
			require.Equal(t, tc.level, records[0]["level"])
			require.Equal(t, "bufconn", records[0]["peer"])
			require.Contains(t, records[0], "duration_ms")
			if tc.err != nil {
				require.Contains(t, records[0]["error"], tc.err.Error())
			}
			require.NotContains(t, f.logs.String(), "confidential")
		})
	}
}

func TestStreamsAreOneRecordToo(t *testing.T) {
	f := start(t, service{stream: func(testgrpc.TestService_FullDuplexCallServer) error { panic("boom") }}, nil)
	stream, err := f.client.FullDuplexCall(t.Context())
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, codes.Internal, status.Code(err))
	require.Equal(t, "internal error", status.Convert(err).Message())
	require.Eventually(t, func() bool { return len(f.records(t, "call")) == 1 }, waitLimit, tick)
	require.Equal(t, "bidi_stream", f.records(t, "call")[0]["type"])
	require.Contains(t, f.records(t, "call")[0]["error"], "panic: boom")
}

func TestAPanicIsInternalAndItsStackIsLogged(t *testing.T) {
	f := start(t, answer(func(context.Context) error { panic("boom") }), nil)
	require.Equal(t, codes.Internal, status.Code(f.call(t)))
	panics := f.records(t, "handler panicked")
	require.Len(t, panics, 1)
	require.Contains(t, panics[0]["stack"], "observe_test.go")
	require.Equal(t, codes.Internal, status.Code(f.call(t)), "the server goes on")
}

func TestProbesThatFindNothingWrongAreNotLogged(t *testing.T) {
	f := start(t, answer(ok), nil)
	client := grpc_health_v1.NewHealthClient(f.conn)
	_, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	require.Empty(t, f.records(t, "call"))
	_, err = client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "nobody"})
	require.Equal(t, codes.NotFound, status.Code(err))
	require.Len(t, f.records(t, "call"), 1)
}

func TestCallsAreMeasuredByMethodAndCode(t *testing.T) {
	impl, entered, release := block()
	f := start(t, impl, nil)
	called := make(chan error)
	go func() { called <- f.call(t) }()
	<-entered
	page := scrape(t, f)
	require.Contains(t, page, "grpc_server_calls_in_flight 1")
	require.Contains(t, page, `grpc_server_calls_started_total{method="`+unaryMethod+`",type="unary"} 1`)
	close(release)
	require.NoError(t, <-called)
	_, err := f.client.EmptyCall(t.Context(), &testgrpc.Empty{})
	require.Equal(t, codes.Unimplemented, status.Code(err))

	page = scrape(t, f)
	require.Contains(t, page, "grpc_server_calls_in_flight 0")
	require.Contains(t, page, `grpc_server_calls_handled_total{code="OK",method="`+unaryMethod+`",type="unary"} 1`)
	require.Contains(t, page, `grpc_server_call_duration_seconds_count{code="Unimplemented",method="/grpc.testing.TestService/EmptyCall",type="unary"} 1`)
	problems, err := testutil.GatherAndLint(f.registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func scrape(t *testing.T, f *fixture, accept ...string) string {
	t.Helper()
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header["Accept"] = accept
	metrics.Handler(f.registry).ServeHTTP(rec, req)
	return rec.Body.String()
}

func TestClientsCannotInventMethods(t *testing.T) {
	f := start(t, answer(ok), nil)
	err := f.conn.Invoke(t.Context(), "/invented.Service/Method", &testgrpc.Empty{}, &testgrpc.Empty{})
	require.Equal(t, codes.Unimplemented, status.Code(err))
	require.NotContains(t, scrape(t, f), "invented")
}

func TestCallsBecomeSpansAndExemplars(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	var inHandler string
	f := start(t, answer(func(ctx context.Context) error {
		inHandler = telemetry.TraceID(ctx)
		return nil
	}), func(_ *grpcserver.Config, opts *grpcserver.Options) { opts.Telemetry = tel })
	const traceID = "0af7651916cd43dd8448eb211c80319c"
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-"+traceID+"-b7ad6b7169203331-01")

	_, err := f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	require.NoError(t, err)
	_, err = grpc_health_v1.NewHealthClient(f.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)

	require.Equal(t, traceID, inHandler)
	require.Eventually(t, func() bool { return len(recorder.Ended()) == 1 }, waitLimit, tick)
	require.NoError(t, f.server.Stop(t.Context()))
	spans := recorder.Ended()
	require.Len(t, spans, 1, "probes have none")
	require.Equal(t, "grpc.testing.TestService/UnaryCall", spans[0].Name())
	require.Equal(t, trace.SpanKindServer, spans[0].SpanKind())
	require.Equal(t, traceID, spans[0].SpanContext().TraceID().String())
	require.Contains(t, scrape(t, f, "application/openmetrics-text"), `trace_id="`+traceID+`"`)
}

func TestOnlyFailuresOfTheServiceAreFailedSpans(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	var answerWith error
	f := start(t, answer(func(context.Context) error { return answerWith }),
		func(_ *grpcserver.Config, opts *grpcserver.Options) { opts.Telemetry = tel })
	last := func() sdktrace.ReadOnlySpan {
		before := len(recorder.Ended())
		_ = f.call(t)
		require.Eventually(t, func() bool { return len(recorder.Ended()) > before }, waitLimit, tick)
		return recorder.Ended()[before]
	}
	answerWith = apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "no")
	require.Equal(t, "Unset", last().Status().Code.String())
	answerWith = errors.New("defect")
	failed := last()
	require.Equal(t, "Error", failed.Status().Code.String())
	require.NotContains(t, failed.Status().Description, "defect")
}

func TestEveryCallHasAnID(t *testing.T) {
	var inHandler string
	fails := false
	f := start(t, answer(func(ctx context.Context) error {
		inHandler = requestid.From(ctx)
		if fails {
			return apierror.New(apierror.Unavailable, "DOWN", "down")
		}
		return nil
	}), nil)
	call := func(sent ...string) (header, trailer metadata.MD) {
		ctx := t.Context()
		for _, id := range sent {
			ctx = metadata.AppendToOutgoingContext(ctx, "x-request-id", id)
		}
		_, _ = f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{}, grpc.Header(&header), grpc.Trailer(&trailer))
		return header, trailer
	}
	header, _ := call("order-7")
	require.Equal(t, []string{"order-7"}, header["x-request-id"])
	require.Equal(t, "order-7", inHandler)

	for _, sent := range [][]string{nil, {"a b"}, {"one", "two"}} {
		header, _ = call(sent...)
		require.Len(t, header["x-request-id"], 1)
		require.Equal(t, inHandler, header["x-request-id"][0])
		require.NotContains(t, sent, inHandler)
	}

	fails = true
	header, trailer := call("order-8")
	require.Equal(t, []string{"order-8"}, trailer["x-request-id"])
	require.Empty(t, header, "a header would forbid clients to retry")
}

func TestTheIDOfAStreamComesWithItsFirstMessage(t *testing.T) {
	fails := false
	f := start(t, service{stream: func(stream testgrpc.TestService_FullDuplexCallServer) error {
		if fails {
			return apierror.New(apierror.Unavailable, "DOWN", "down")
		}
		return stream.Send(&testgrpc.StreamingOutputCallResponse{})
	}}, nil)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "order-7")
	stream, err := f.client.FullDuplexCall(ctx)
	require.NoError(t, err)
	header, err := stream.Header()
	require.NoError(t, err)
	require.Equal(t, []string{"order-7"}, header["x-request-id"])

	fails = true
	stream, err = f.client.FullDuplexCall(ctx)
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.Equal(t, []string{"order-7"}, stream.Trailer()["x-request-id"])
}

func TestHandlersMaySendTheHeaderThemselves(t *testing.T) {
	f := start(t, service{stream: func(stream testgrpc.TestService_FullDuplexCallServer) error {
		return stream.SendHeader(metadata.Pairs("etag", "7"))
	}}, nil)
	stream, err := f.client.FullDuplexCall(t.Context())
	require.NoError(t, err)
	header, err := stream.Header()
	require.NoError(t, err)
	require.Equal(t, []string{"7"}, header["etag"])
	require.Len(t, header["x-request-id"], 1)
}

// What is learned about a call on its way in is part of its record.
func TestTheRecordKnowsIDAndCaller(t *testing.T) {
	var out lockedBuffer
	log, err := logging.New(&out, logging.Options{Backend: logging.Zap, Level: new(levelInfo)})
	require.NoError(t, err)
	f := start(t, answer(ok), func(_ *grpcserver.Config, opts *grpcserver.Options) {
		opts.Log = log
		opts.Hooks.Authenticate = func(ctx context.Context, token string) (context.Context, error) {
			return logging.With(ctx, subject(token)), nil
		}
	})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "order-7", "authorization", "Bearer alice")
	_, err = f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	require.NoError(t, err)
	require.Contains(t, out.String(), `"request_id":"order-7"`)
	require.Contains(t, out.String(), `"subject":"alice"`)
}

func TestErrorsCrossTheWireWithTheirDetails(t *testing.T) {
	sent := apierror.New(apierror.Invalid, "TASK_INVALID", "the task is invalid").
		WithFields(apierror.Field{Field: "title", Message: "is too long"})
	f := start(t, answer(func(context.Context) error { return fmt.Errorf("create: %w", sent) }), nil)
	got := status.Convert(f.call(t))
	require.Equal(t, codes.InvalidArgument, got.Code())
	require.Equal(t, "the task is invalid", got.Message())
	text := fmt.Sprint(got.Details())
	for _, want := range []string{"TASK_INVALID", "ledger", "title", "is too long"} {
		require.Contains(t, text, want)
	}
}

func TestClientsAreToldWhenToRetry(t *testing.T) {
	tests := map[string]struct {
		after time.Duration
		want  string
	}{
		"soon":     {1500 * time.Millisecond, "1500"},
		"at once":  {time.Nanosecond, "1"},
		"too late": {2 * time.Minute, "-1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t, answer(func(context.Context) error {
				return apierror.New(apierror.Unavailable, "BUSY", "busy").WithRetryAfter(tc.after)
			}), nil)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var trailer metadata.MD
			_, err := f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{}, grpc.Trailer(&trailer))
			require.Equal(t, codes.Unavailable, status.Code(err))
			require.Equal(t, []string{tc.want}, trailer["grpc-retry-pushback-ms"])
		})
	}
}
