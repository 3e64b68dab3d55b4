package restapi_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/internal/handlers/restapi"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/openapi"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client calls the real router in process and checks every answer against the
// OpenAPI document.
type client struct {
	t         testing.TB
	router    http.Handler
	validator *openapi.Validator
}

func newClient(t testing.TB, configure ...func(*restapi.Options)) client {
	t.Helper()
	validator, err := openapi.NewValidator(rest.Spec)
	require.NoError(t, err)
	tel, _ := telemetrytest.Recording(t)
	opts := handlers.RouterOptions{
		Log:            slog.New(slog.DiscardHandler),
		Metrics:        metrics.NewHTTP(prometheus.NewRegistry()),
		Telemetry:      tel,
		BodyLimit:      16 << 10,
		RequestTimeout: 5 * time.Second,
	}
	options := restapi.Options{Validator: validator}
	for _, c := range configure {
		c(&options)
	}
	api := restapi.NewAPI(services.NewTasks(memory.NewTasks(), time.Now))
	router := handlers.NewRouter(opts, restapi.Mount(api, options))
	return client{t: t, router: router, validator: validator}
}

func withoutValidator(opts *restapi.Options) { opts.Validator = nil }

type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// do sends a request; headers are pairs of name and value.
func (c client) do(method, path, body string, headers ...string) answer {
	c.t.Helper()
	req := httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	c.router.ServeHTTP(rec, req)
	a := answer{t: c.t, status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
	c.checkAgainstSpec(req, a)
	return a
}

// checkAgainstSpec leaves out answers of the router itself: paths and methods
// that are not in the document.
func (c client) checkAgainstSpec(req *http.Request, a answer) {
	c.t.Helper()
	op := openapi.Operation{Pattern: req.URL.Path, Params: map[string]string{}, Request: req}
	if list, id, ok := strings.Cut(req.URL.Path, "/tasks/"); ok {
		op.Pattern, op.Params["id"] = list+"/tasks/{id}", id
	}
	if strings.Contains(string(a.body), "ROUTE_NOT_FOUND") || a.status == http.StatusMethodNotAllowed {
		return
	}
	require.NoError(c.t, c.validator.Response(c.t.Context(), op, a.status, a.header, a.body))
}

func (a answer) task() rest.Task {
	a.t.Helper()
	var task rest.Task
	a.decode(&task)
	return task
}

func (a answer) taskV2() rest.TaskV2 {
	a.t.Helper()
	var task rest.TaskV2
	a.decode(&task)
	return task
}

func (a answer) pageV2() rest.TaskPageV2 {
	a.t.Helper()
	var page rest.TaskPageV2
	a.decode(&page)
	return page
}

func (a answer) page() rest.TaskPage {
	a.t.Helper()
	var page rest.TaskPage
	a.decode(&page)
	return page
}

// refused requires a problem document with this status and reason.
func (a answer) refused(status int, reason string) apierror.Problem {
	a.t.Helper()
	require.Equal(a.t, status, a.status, string(a.body))
	require.Equal(a.t, apierror.ContentType, a.header.Get("Content-Type"))
	var problem apierror.Problem
	a.decode(&problem)
	require.Equal(a.t, reason, problem.Reason)
	require.Equal(a.t, status, problem.Status)
	require.Equal(a.t, a.header.Get("X-Request-Id"), problem.RequestID)
	return problem
}

func (a answer) decode(target any) {
	a.t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.DisallowUnknownFields()
	require.NoError(a.t, decoder.Decode(target), string(a.body))
}

// serve sends a GET and fails unless it succeeds.
func serve(t testing.TB, router http.Handler, path string) {
	t.Helper()
	rec := httptest.NewRecorder()
	router.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	if rec.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, rec.Code, rec.Body)
	}
}
