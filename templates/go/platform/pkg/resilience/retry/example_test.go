package retry_test

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/outcome"
	"goldpath.local/service/pkg/resilience/retry"
)

func ExampleRetry_Do() {
	counter := func(name string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: name})
	}
	prices := retry.New(retry.Config{
		MaxAttempts: 3, InitialBackoff: time.Millisecond, MaxBackoff: time.Second, MaxElapsed: time.Minute,
		Budget: retry.BudgetConfig{Ratio: 0.2, Burst: 10},
	}, outcome.Classify, counter("retries"), counter("denied"))

	attempts := 0
	err := prices.Do(context.Background(), func(context.Context) error {
		attempts++
		if attempts < 3 {
			return apierror.New(apierror.Unavailable, "RESTARTING", "back in a moment")
		}
		return nil
	})
	fmt.Println(attempts, err)
	// Output: 3 <nil>
}
