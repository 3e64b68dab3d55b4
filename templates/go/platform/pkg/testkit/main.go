package testkit

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.uber.org/goleak"
)

const stopTimeout = time.Minute

// VerifyMain is the body of a TestMain: it runs the tests, stops the servers
// that they share, and fails the package when goroutines are left over. Every
// stop is called, whatever the tests found; an error of one fails the package.
func VerifyMain(m goleak.TestingM, stops ...func(ctx context.Context) error) {
	goleak.VerifyTestMain(stopper{m, stops})
}

// stopper stops the servers before goleak looks, for their clients have
// goroutines of their own.
type stopper struct {
	tests goleak.TestingM
	stops []func(ctx context.Context) error
}

// Run returns the exit code of the tests, or 1 when a server does not stop.
func (s stopper) Run() int {
	code := s.tests.Run()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	for _, stop := range s.stops {
		if err := stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}
