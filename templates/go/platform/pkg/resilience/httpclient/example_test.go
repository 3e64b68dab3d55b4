package httpclient_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/httpclient"
)

// A GET that meets a restarting server is made again.
func ExampleNew() {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		if requests == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprint(w, "9.99")
	}))
	defer server.Close()

	metrics := resilience.NewMetrics(prometheus.NewRegistry())
	prices := httpclient.New("prices", httpclient.DefaultConfig(), metrics, slog.New(slog.DiscardHandler))
	defer prices.CloseIdleConnections()
	res, err := prices.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	price, err := io.ReadAll(res.Body)
	fmt.Println(string(price), err, requests)
	// Output: 9.99 <nil> 2
}
