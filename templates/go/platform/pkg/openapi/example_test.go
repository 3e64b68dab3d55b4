package openapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/openapi"
)

// A refusal names the part that is wrong, and never quotes what the client sent.
func ExampleValidator_Request() {
	validator, err := openapi.NewValidator([]byte(`
openapi: 3.0.3
info: {title: tasks, version: "1"}
paths:
  /tasks:
    get:
      parameters: [{name: limit, in: query, schema: {type: integer, maximum: 100}}]
      responses: {"200": {description: one page}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, target := range []string{"/tasks?limit=20", "/tasks?limit=101"} {
		err := validator.Request(context.Background(), openapi.Operation{
			Pattern: "/tasks",
			Request: httptest.NewRequest(http.MethodGet, target, http.NoBody),
		})
		var refusal *apierror.Error
		if errors.As(err, &refusal) {
			fmt.Println(target, refusal.Reason, refusal.Fields[0].Field)
			continue
		}
		fmt.Println(target, err)
	}
	// Output:
	// /tasks?limit=20 <nil>
	// /tasks?limit=101 INVALID_REQUEST limit
}
