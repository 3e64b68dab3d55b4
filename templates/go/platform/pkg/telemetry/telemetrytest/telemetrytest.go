// Package telemetrytest lets tests look at the spans of a service: in process,
// or as a collector would receive them.
package telemetrytest

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"

	"goldpath.local/service/pkg/telemetry"
)

// Recording returns telemetry that records everything, and its recorder.
func Recording(t testing.TB) (*telemetry.Telemetry, *tracetest.SpanRecorder) {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	cfg := telemetry.Config{SampleRatio: 1, FlushTimeout: time.Second}
	service := telemetry.Service{Name: "test", Version: "v0", Environment: "test"}
	tel, err := telemetry.New(t.Context(), cfg, service, slog.New(slog.DiscardHandler), telemetry.WithProcessor(recorder))
	require.NoError(t, err)
	return tel, recorder
}

// Span is a span as it arrived at a Collector.
type Span struct {
	// Name is the name of the span.
	Name string
	// TraceID, SpanID and ParentID are the raw ids; ParentID is "" for a root.
	TraceID, SpanID, ParentID string
	// Attributes holds the text attributes of the span and of its resource.
	Attributes map[string]string
}

// Collector receives spans by OTLP over HTTP.
type Collector struct {
	server *httptest.Server

	mu    sync.Mutex
	spans []Span
}

// NewCollector starts a collector that ends with the test, and points the
// standard variable at it.
func NewCollector(t *testing.T) *Collector {
	t.Helper()
	c := &Collector{}
	c.server = httptest.NewServer(http.HandlerFunc(c.receive))
	t.Cleanup(c.server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.server.URL)
	return c
}

// Spans returns what has arrived so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Span(nil), c.spans...)
}

func (c *Collector) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		http.Error(w, "not an OTLP request", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		shared := texts(resource.GetResource().GetAttributes())
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				attributes := texts(span.GetAttributes())
				maps.Copy(attributes, shared)
				c.spans = append(c.spans, Span{
					Name:       span.GetName(),
					TraceID:    string(span.GetTraceId()),
					SpanID:     string(span.GetSpanId()),
					ParentID:   string(span.GetParentSpanId()),
					Attributes: attributes,
				})
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.WriteHeader(http.StatusOK)
}

func texts(attributes []*common.KeyValue) map[string]string {
	found := make(map[string]string, len(attributes))
	for _, attribute := range attributes {
		found[attribute.GetKey()] = attribute.GetValue().GetStringValue()
	}
	return found
}
