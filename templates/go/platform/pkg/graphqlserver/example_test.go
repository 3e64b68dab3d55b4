package graphqlserver_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/graphqlserver"
)

func Example() {
	generated := executable(map[string]resolver{}) // of gqlgen, with the service's resolvers
	server, err := graphqlserver.New(generated, graphqlserver.DefaultConfig(), graphqlserver.Options{
		Log:     slog.New(slog.DiscardHandler),
		Metrics: graphqlserver.NewMetrics(prometheus.NewRegistry()),
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	req := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ name }"}`))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	server.ServeHTTP(rec, req)
	fmt.Println(rec.Code, rec.Body)
	// Output: 200 {"data":{"name":"name"}}
}
