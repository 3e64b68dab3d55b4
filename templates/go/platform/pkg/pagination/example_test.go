package pagination_test

import (
	"fmt"

	"goldpath.local/service/pkg/pagination"
)

func ExampleCut() {
	words := []string{"ant", "bee", "cat"} // read with LIMIT 3 for a page of 2
	page, err := pagination.Cut(words, 2, func(word string) string { return word })
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := pagination.Decode[string](page.Next)
	fmt.Println(page.Items, "then after", after, err)
	// Output: [ant bee] then after bee <nil>
}
