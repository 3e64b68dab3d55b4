package buildinfo_test

import (
	"fmt"

	"goldpath.local/service/pkg/buildinfo"
)

func ExampleRead() {
	build := buildinfo.Read()
	fmt.Println("version:", build.Version) // a release sets it by the linker
	// Output: version: dev
}
