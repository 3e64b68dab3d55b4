package testkit_test

import (
	"context"
	"fmt"

	"goldpath.local/service/pkg/testkit"
)

// A package for tests declares its kind of server once; its tests ask it for the
// address, and its TestMain stops it.
func ExampleServer() {
	server := &testkit.Server{
		Name: "Redis",
		Env:  "TEST_REDIS_URL",
		Run: func(context.Context) (testkit.Container, error) {
			return testkit.Container{}, testkit.ErrNoEngine // start a container here
		},
	}
	fmt.Println(server.Stop(context.Background()))
	// Output: <nil>
}
