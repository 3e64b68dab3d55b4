// Package telemetry sets up distributed tracing: OpenTelemetry spans that are
// sent by OTLP, and the W3C headers that join the spans of several services to
// one trace.
//
// Where spans go is said by the standard variables of OpenTelemetry
// (OTEL_EXPORTER_OTLP_ENDPOINT and its like). Without an endpoint nothing is
// recorded or sent, but the headers of callers are still understood, so logs
// and errors name the caller's trace.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"goldpath.local/service/pkg/lifecycle"
)

// Config says how much is traced.
type Config struct {
	// SampleRatio is the share of the traces that begin here and are recorded,
	// from 0 to 1. Callers that have decided already are followed. The standard
	// variable OTEL_TRACES_SAMPLER, when set, decides instead.
	SampleRatio float64 `mapstructure:"sample_ratio"`
	// FlushTimeout bounds sending the last spans when the service stops.
	FlushTimeout time.Duration `mapstructure:"flush_timeout"`
}

// Validate reports every value that makes no sense.
func (c Config) Validate() error {
	var errs []error
	if !(c.SampleRatio >= 0 && c.SampleRatio <= 1) { // so that NaN is refused, too
		errs = append(errs, errors.New("telemetry.sample_ratio must be between 0 and 1"))
	}
	if c.FlushTimeout <= 0 {
		errs = append(errs, errors.New("telemetry.flush_timeout must be positive"))
	}
	return errors.Join(errs...)
}

// Telemetry makes spans, or does nothing when tracing is off.
type Telemetry struct {
	cfg        Config
	log        *slog.Logger
	provider   trace.TracerProvider
	propagator propagation.TextMapPropagator
	sdk        *sdktrace.TracerProvider // nil when tracing is off
	processor  sdktrace.SpanProcessor   // nil until Start, except in tests
}

// Option changes what New makes.
type Option func(*Telemetry)

// WithProcessor records every span with a processor, for tests, and sends none.
func WithProcessor(processor sdktrace.SpanProcessor) Option {
	return func(t *Telemetry) { t.processor = processor }
}

// New reads the standard variables; those that it does not understand are an error. It
// starts nothing: add the Component to the lifecycle group.
func New(ctx context.Context, cfg Config, service Service, log *slog.Logger, opts ...Option) (*Telemetry, error) {
	t := &Telemetry{
		cfg:        cfg,
		log:        log,
		provider:   noop.NewTracerProvider(),
		propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}),
	}
	for _, opt := range opts {
		opt(t)
	}
	if t.processor == nil {
		wanted, err := exportWanted()
		if err != nil || !wanted {
			return t, err
		}
	}
	res, err := newResource(ctx, service)
	if err != nil {
		return nil, fmt.Errorf("describe the service for traces: %w", err)
	}
	providerOpts := append(samplerOptions(cfg), sdktrace.WithResource(res))
	if t.processor != nil {
		providerOpts = append(providerOpts, sdktrace.WithSpanProcessor(t.processor))
	}
	t.sdk = sdktrace.NewTracerProvider(providerOpts...)
	t.provider = t.sdk
	return t, nil
}

// Enabled reports whether spans are recorded.
func (t *Telemetry) Enabled() bool { return t.sdk != nil }

// TracerProvider makes the tracers of the service.
func (t *Telemetry) TracerProvider() trace.TracerProvider { return t.provider }

// Propagator reads and writes the W3C headers traceparent, tracestate and baggage.
func (t *Telemetry) Propagator() propagation.TextMapPropagator { return t.propagator }

// Install makes t the telemetry of code that knows only the globals of
// OpenTelemetry, and sends what the SDK has to say to the log of the service.
func (t *Telemetry) Install() {
	otel.SetTracerProvider(t.provider)
	otel.SetTextMapPropagator(t.propagator)
	otel.SetErrorHandler(newErrorHandler(t.log, time.Minute))
	otel.SetLogger(logr.FromSlogHandler(t.log.Handler()))
}

// Component returns the telemetry as part of a lifecycle group. It belongs at
// the head of the group: what stops before it can still be traced.
func (t *Telemetry) Component() lifecycle.Component {
	return lifecycle.Component{Name: "telemetry", Start: t.start, Stop: t.stop}
}

func (t *Telemetry) start(ctx context.Context) error {
	if t.sdk != nil && t.processor == nil {
		exporter, err := newExporter(ctx)
		if err != nil {
			return fmt.Errorf("make exporter of spans: %w", err)
		}
		t.processor = sdktrace.NewBatchSpanProcessor(exporter)
		t.sdk.RegisterSpanProcessor(t.processor)
	}
	t.log.InfoContext(ctx, "tracing", "enabled", t.Enabled(), "sample_ratio", t.cfg.SampleRatio)
	return nil
}

// stop sends what is left. A collector that is down never costs a clean stop.
func (t *Telemetry) stop(ctx context.Context) error {
	if t.sdk == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.cfg.FlushTimeout)
	defer cancel()
	if err := t.sdk.Shutdown(ctx); err != nil {
		t.log.WarnContext(ctx, "the last spans are lost", "error", err)
	}
	return nil
}
