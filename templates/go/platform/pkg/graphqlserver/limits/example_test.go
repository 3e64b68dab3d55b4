package limits_test

import (
	"fmt"

	"goldpath.local/service/pkg/graphqlserver/limits"
)

// A field of a list costs what its items cost, as often as the client asks for.
func ExampleListCost() {
	fmt.Println(limits.ListCost(20, 3))
	fmt.Println(limits.ListCost(-1, 3))
	// Output:
	// 61
	// 1
}
