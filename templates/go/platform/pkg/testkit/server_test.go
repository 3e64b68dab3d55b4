package testkit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/testkit"
)

const env = "TEST_TESTKIT_ADDRESS"

// engine counts what it starts and stops.
type engine struct {
	starts, stops     int
	runErr, stopErr   error
	contextHadStarted bool
}

func (e *engine) run(ctx context.Context) (testkit.Container, error) {
	e.starts++
	e.contextHadStarted = ctx.Err() == nil
	if e.runErr != nil {
		return testkit.Container{}, e.runErr
	}
	return testkit.Container{
		Address: fmt.Sprintf("container-%d", e.starts),
		Stop:    func(context.Context) error { e.stops++; return e.stopErr },
	}, nil
}

func (e *engine) server() *testkit.Server {
	return &testkit.Server{Name: "PostgreSQL", Env: env, Run: e.run}
}

func TestTheEnvironmentComesBeforeContainers(t *testing.T) {
	t.Setenv(env, "given")
	e := &engine{}
	server := e.server()
	require.Equal(t, "given", server.Address(t))
	require.NoError(t, server.Stop(t.Context()))
	require.Zero(t, *e)
}

func TestTestsShareOneContainer(t *testing.T) {
	t.Setenv(env, "")
	e := &engine{}
	server := e.server()
	var wg sync.WaitGroup
	addresses := make([]string, 4)
	for i := range addresses {
		wg.Go(func() { addresses[i] = server.Address(t) })
	}
	wg.Wait()
	require.Equal(t, []string{"container-1", "container-1", "container-1", "container-1"}, addresses)
	require.True(t, e.contextHadStarted)

	require.NoError(t, server.Stop(t.Context()))
	require.NoError(t, server.Stop(t.Context()), "there is nothing left to stop")
	require.Equal(t, 1, e.stops)
	require.Equal(t, "container-2", server.Address(t), "a stopped server starts again")
}

func TestWithoutAnEngineTheTestIsSkipped(t *testing.T) {
	t.Setenv(env, "")
	t.Setenv(testkit.EnvRequire, "")
	e := &engine{runErr: fmt.Errorf("%w: no socket", testkit.ErrNoEngine)}
	server := e.server()
	for range 2 {
		r := &recorder{TB: t}
		server.Address(r)
		require.Contains(t, r.skipped, "NOT TESTED, PostgreSQL is missing: set TEST_TESTKIT_ADDRESS or start a container engine")
		require.Contains(t, r.skipped, "no socket")
		require.Empty(t, r.failed)
	}
	require.Equal(t, 1, e.starts, "one look at the engine is enough")

	t.Setenv(testkit.EnvRequire, "1")
	r := &recorder{TB: t}
	server.Address(r)
	require.NotEmpty(t, r.failed)
}

func TestAContainerThatDoesNotStartIsAFailureAndNoSkip(t *testing.T) {
	t.Setenv(env, "")
	e := &engine{runErr: errors.New("no such image")}
	r := &recorder{TB: t}
	e.server().Address(r)
	require.Contains(t, r.failed, "start PostgreSQL in a container: no such image")
	require.Empty(t, r.skipped)
}

func TestAContainerThatDoesNotStopIsReported(t *testing.T) {
	t.Setenv(env, "")
	e := &engine{stopErr: errors.New("engine has gone")}
	server := e.server()
	server.Address(t)
	require.EqualError(t, server.Stop(t.Context()), "stop PostgreSQL: engine has gone")
}
