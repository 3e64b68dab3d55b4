package credentials_test

import (
	"fmt"
	"net/http"

	"goldpath.local/service/pkg/auth/credentials"
)

// A client of the orders service shows the token that its platform keeps fresh.
func Example() {
	source := credentials.NewFileToken("/var/run/secrets/tokens/orders")
	transport, err := credentials.NewTransport(http.DefaultTransport, source, "https://orders:8443")
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: transport}
	_, err = client.Get("https://orders:8443/api/v1/orders") //nolint:bodyclose // there is no token, so nothing is sent
	fmt.Println(err)
	// Output: Get "https://orders:8443/api/v1/orders": get token: find token file: stat /var/run/secrets/tokens/orders: no such file or directory
}
