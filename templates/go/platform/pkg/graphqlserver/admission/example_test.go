package admission_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"goldpath.local/service/pkg/graphqlserver/admission"
)

// A form on a stranger's page cannot cause a mutation.
func ExampleRequest() {
	for _, contentType := range []string{"application/json", "text/plain"} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"mutation { pay }"}`))
		r.Header.Set("Content-Type", contentType)
		if refusal := admission.Request(r); refusal != nil {
			fmt.Println(contentType, refusal.Status, refusal.Err.Reason)
			continue
		}
		fmt.Println(contentType, "may ask")
	}
	// Output:
	// application/json may ask
	// text/plain 415 UNSUPPORTED_MEDIA_TYPE
}
