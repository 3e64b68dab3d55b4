package resilience_test

import (
	"context"
	"fmt"

	"goldpath.local/service/pkg/resilience"
)

// All calls to a target share its policy.
func Example() {
	payments := resilience.NewPolicy("payments", resilience.DefaultConfig(), newMetrics(), discard)
	attempts := 0
	price, err := resilience.Call(context.Background(), payments, func(context.Context) (string, error) {
		attempts++
		if attempts == 1 {
			return "", errDown // stands for a call that fails once
		}
		return "9.99", nil
	})
	fmt.Println(price, err, attempts)
	// Output: 9.99 <nil> 2
}
