package loadshed_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/loadshed"
)

// Requests beyond the limit are turned away at once.
func Example() {
	cfg := loadshed.DefaultConfig()
	cfg.InitialLimit, cfg.MinLimit = 1, 1
	shedder := loadshed.New("http", cfg, prometheus.NewRegistry())

	answered, err := shedder.Admit(context.Background())
	fmt.Println(err)
	_, err = shedder.Admit(context.Background())
	fmt.Println(apierror.From(err).Kind.HTTPStatus(), err)
	answered(nil)
	// Output:
	// <nil>
	// 503 OVERLOADED: the service has too much to do: refused before it was sent
}
