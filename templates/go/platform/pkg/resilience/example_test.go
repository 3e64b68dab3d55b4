package resilience_test

import (
	"context"
	"fmt"
	"time"

	"goldpath.local/service/pkg/resilience"
)

func Example() {
	metrics := newMetrics() // one for the whole service
	payments := resilience.NewPolicy("payments", resilience.DefaultConfig(), metrics, discard)
	prices := resilience.NewFallback[string]("payments", time.Minute, metrics, discard)

	price, err := prices.Do(context.Background(),
		func(ctx context.Context) (string, error) {
			return resilience.Call(ctx, payments, func(context.Context) (string, error) {
				return "", errDefect // stands for a call
			})
		},
		func(context.Context, error) (string, error) { return "the price of yesterday", nil })
	fmt.Println(price, err)
	// Output: the price of yesterday <nil>
}
