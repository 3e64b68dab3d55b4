package httpclient_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/httpclient"
)

// read returns what ReadError says of a response.
func read(status int, contentType, body string) error {
	return httpclient.ReadError(&http.Response{
		StatusCode: status,
		Status:     fmt.Sprintf("%d %s", status, http.StatusText(status)),
		Header:     http.Header{"Content-Type": {contentType}, "Retry-After": {"7"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	})
}

func TestErrorsOfOtherServicesKeepReasonAndFields(t *testing.T) {
	for _, kind := range apierror.Kinds() {
		sent := apierror.New(kind, "SOME_REASON", "a message").WithFields(apierror.Field{Field: "title", Message: "too long"})
		body, err := json.Marshal(sent.ToProblem())
		require.NoError(t, err)
		got := apierror.From(read(sent.ToProblem().Status, apierror.ContentType, string(body)))
		require.Equal(t, "SOME_REASON", got.Reason)
		require.Equal(t, sent.ToProblem().Status, got.ToProblem().Status)
		require.Equal(t, sent.Fields, got.Fields)
		require.Equal(t, 7*time.Second, got.RetryAfter)
	}
}

func TestWhatIsNoProblemIsTheStatus(t *testing.T) {
	require.NoError(t, read(http.StatusOK, "application/json", "{}"))
	require.NoError(t, read(http.StatusFound, apierror.ContentType, `{"reason":"A"}`))
	for name, err := range map[string]error{
		"a page":         read(http.StatusBadGateway, "text/html", "<h1>no</h1>"),
		"other JSON":     read(http.StatusBadGateway, "application/json", `{"reason":"A"}`),
		"no type":        read(http.StatusBadGateway, "", `{"reason":"A"}`),
		"no reason":      read(http.StatusBadGateway, apierror.ContentType, `{"detail":"a"}`),
		"cut":            read(http.StatusBadGateway, apierror.ContentType, `{"reason":"A"`),
		"of other types": read(http.StatusBadGateway, apierror.ContentType, `{"reason":7}`),
		"endless":        read(http.StatusBadGateway, apierror.ContentType, `{"reason":"`+strings.Repeat("a", 1<<20)+`"}`),
	} {
		got := apierror.From(err)
		require.Equal(t, "HTTP_STATUS", got.Reason, name)
		require.Equal(t, apierror.Unavailable, got.Kind, name)
	}
	lie := read(http.StatusNotFound, apierror.ContentType, `{"status":200,"reason":"A","detail":"b"}`)
	require.Equal(t, apierror.NotFound, apierror.From(lie).Kind, "the body cannot change the status")
}

func ExampleReadError() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", apierror.ContentType)
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"reason":"TASK_NOT_FOUND","detail":"there is no such task"}`)
	}))
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	fmt.Println(httpclient.ReadError(res))
	// Output: TASK_NOT_FOUND: there is no such task
}
