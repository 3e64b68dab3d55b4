package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// The standard variables that decide here; the SDK and its exporters read the
// others (headers, certificates, timeouts, batches) themselves. See "Environment
// Variable Specification" and "OTLP Exporter Configuration" of OpenTelemetry.
const (
	envDisabled = "OTEL_SDK_DISABLED"
	envExporter = "OTEL_TRACES_EXPORTER"
	envSampler  = "OTEL_TRACES_SAMPLER"

	envSamplerArgument = "OTEL_TRACES_SAMPLER_ARG"
)

// samplers are those that the SDK has.
var samplers = []string{
	"always_on", "always_off", "traceidratio",
	"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
}

// A variable of one signal wins over the one of all signals.
var (
	envEndpoint = []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"}
	envProtocol = []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"}
)

const (
	protocolHTTP = "http/protobuf"
	protocolGRPC = "grpc"
)

// Service says whose spans these are.
type Service struct {
	// Name is service.name.
	Name string
	// Version is service.version.
	Version string
	// Environment is deployment.environment.name.
	Environment string
}

// exportWanted reports whether spans are to be sent. What is ambiguous is an error.
func exportWanted() (bool, error) {
	if strings.EqualFold(os.Getenv(envDisabled), "true") {
		return false, nil
	}
	switch exporter := os.Getenv(envExporter); exporter {
	case "none":
		return false, nil
	case "", "otlp":
	default:
		return false, fmt.Errorf("%s is %q: this service knows otlp and none", envExporter, exporter)
	}
	if _, endpoint := first(envEndpoint); endpoint == "" {
		return false, nil
	}
	_, err := protocol()
	err = errors.Join(err, checkEndpoint(), checkSampler())
	return err == nil, err
}

// checkEndpoint refuses an endpoint that exporters would replace by that of this
// machine.
func checkEndpoint() error {
	variable, endpoint := first(envEndpoint)
	address, err := url.Parse(endpoint)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		return fmt.Errorf("%s is %q: it must be a URL such as http://collector:4317", variable, endpoint)
	}
	return nil
}

// checkSampler refuses what the SDK would replace by a sampler of its own.
func checkSampler() error {
	sampler, argument := os.Getenv(envSampler), os.Getenv(envSamplerArgument)
	if sampler != "" && !slices.Contains(samplers, sampler) {
		return fmt.Errorf("%s is %q: this service knows %s", envSampler, sampler, strings.Join(samplers, ", "))
	}
	ratio, err := strconv.ParseFloat(argument, 64)
	if strings.HasSuffix(sampler, "traceidratio") && argument != "" && (err != nil || !(ratio >= 0 && ratio <= 1)) {
		return fmt.Errorf("%s is %q: it must be between 0 and 1", envSamplerArgument, argument)
	}
	return nil
}

func protocol() (string, error) {
	switch variable, name := first(envProtocol); name {
	case "", protocolHTTP:
		return protocolHTTP, nil
	case protocolGRPC:
		return protocolGRPC, nil
	default:
		return "", fmt.Errorf("%s is %q: this service knows %s and %s", variable, name, protocolHTTP, protocolGRPC)
	}
}

func newExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	name, err := protocol()
	if err != nil {
		return nil, err
	}
	if name == protocolGRPC {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

// newResource describes the service. OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES have the last word, as the specification wants.
func newResource(ctx context.Context, service Service) (*resource.Resource, error) {
	return resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			semconv.ServiceName(service.Name),
			semconv.ServiceVersion(service.Version),
			semconv.DeploymentEnvironmentNameKey.String(service.Environment),
		),
		resource.WithFromEnv(),
	)
}

// samplerOptions leaves the sampler to the SDK when the standard variable names one.
func samplerOptions(cfg Config) []sdktrace.TracerProviderOption {
	if os.Getenv(envSampler) != "" {
		return nil
	}
	return []sdktrace.TracerProviderOption{
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(cfg.SampleRatio))),
	}
}

// first returns the first of variables that is set.
func first(names []string) (name, value string) {
	for _, name := range names {
		if value := os.Getenv(name); value != "" {
			return name, value
		}
	}
	return "", ""
}
