package apierror_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"goldpath.local/service/pkg/apierror"
)

// Whoever asks sees kind, reason and message; the cause is for the log.
func ExampleError() {
	errTaskNotFound := apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "there is no such task")

	err := fmt.Errorf("complete task: %w", errTaskNotFound.WithCause(errors.New("no rows in result set")))
	fmt.Println(err)
	fmt.Println(errors.Is(err, errTaskNotFound))
	document, _ := json.Marshal(apierror.From(err).ToProblem())
	fmt.Println(string(document))
	// Output:
	// complete task: TASK_NOT_FOUND: there is no such task: no rows in result set
	// true
	// {"type":"urn:problem:not-found","title":"Not Found","status":404,"detail":"there is no such task","reason":"TASK_NOT_FOUND"}
}
