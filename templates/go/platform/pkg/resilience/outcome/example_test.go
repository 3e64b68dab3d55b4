package outcome_test

import (
	"context"
	"errors"
	"fmt"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/outcome"
)

func ExampleClassify() {
	ends := []error{
		nil,
		apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "there is no such task"),
		apierror.New(apierror.RateLimited, "RATE_LIMITED", "fewer, please"),
		fmt.Errorf("load: %w", context.DeadlineExceeded),
		errors.New("index out of range"),
	}
	for _, err := range ends {
		end := outcome.Classify(err)
		fmt.Println(end, end.Retryable())
	}
	// Output:
	// success false
	// success false
	// throttled true
	// transient true
	// failed false
}
