package lifecycle_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errBoom = errors.New("boom")

func newGroup() *lifecycle.Group {
	return lifecycle.NewGroup(slog.New(slog.DiscardHandler), lifecycle.Timeouts{
		Start: 10 * time.Second, Drain: 5 * time.Second, Stop: 20 * time.Second,
	})
}

// journal records the order of starts and stops.
type journal struct {
	mu      sync.Mutex
	entries []string
}

func (j *journal) add(entry string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry)
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries)
}

func (j *journal) component(name string, startErr, stopErr error) lifecycle.Component {
	return lifecycle.Component{
		Name:  name,
		Start: func(context.Context) error { j.add("+" + name); return startErr },
		Stop:  func(context.Context) error { j.add("-" + name); return stopErr },
	}
}

func TestRunStartsInOrderDrainsAndStopsInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		g := newGroup()
		require.Equal(t, lifecycle.New, g.State())
		g.Add(j.component("db", nil, nil))
		g.Add(lifecycle.Component{Name: "nothing"})
		g.Add(j.component("http", nil, nil))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- g.Run(ctx) }()

		synctest.Wait()
		require.Equal(t, lifecycle.Running, g.State())
		cancel()
		synctest.Wait()
		require.Equal(t, lifecycle.Draining, g.State())
		require.Equal(t, []string{"+db", "+http"}, j.all(), "nothing stops while draining")
		begin := time.Now()
		require.NoError(t, <-done)
		require.Equal(t, 5*time.Second, time.Since(begin))
		require.Equal(t, []string{"+db", "+http", "-http", "-db"}, j.all())
		require.Equal(t, lifecycle.Stopped, g.State())
	})
}

func TestFailedStartStopsWhatWasStarted(t *testing.T) {
	var j journal
	g := newGroup()
	g.Add(j.component("db", nil, nil))
	g.Add(j.component("http", errBoom, nil))
	g.Add(j.component("never", nil, nil))

	err := g.Run(t.Context())

	require.ErrorIs(t, err, errBoom)
	require.ErrorContains(t, err, "start http")
	require.Equal(t, []string{"+db", "+http", "-db"}, j.all())
	require.Equal(t, lifecycle.Failed, g.State())
}

func TestAStopDuringTheStartIsNotAFailure(t *testing.T) {
	var j journal
	ctx, cancel := context.WithCancel(t.Context())
	g := newGroup()
	g.Add(j.component("db", nil, nil))
	g.Add(lifecycle.Component{Name: "slow", Start: func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}})
	require.NoError(t, g.Run(ctx))
	require.Equal(t, []string{"+db", "-db"}, j.all())
	require.Equal(t, lifecycle.Stopped, g.State())
}

func TestAStartThatTakesTooLongIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup()
		g.Add(lifecycle.Component{Name: "slow", Start: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}})
		require.ErrorIs(t, g.Run(t.Context()), context.DeadlineExceeded)
		require.Equal(t, lifecycle.Failed, g.State())
	})
}

func TestFailureEndsTheGroupWithoutDrainDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup()
		begin := time.Now()
		g.Fail(errBoom)
		g.Fail(errors.New("second failure is dropped"))
		require.ErrorIs(t, g.Run(t.Context()), errBoom)
		require.Zero(t, time.Since(begin))
	})
}

func TestFailureWhileDrainingCutsTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- g.Run(ctx) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		g.Fail(errBoom)
		require.ErrorIs(t, <-done, errBoom)
	})
}

func TestStopErrorsAreAllReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		g := newGroup()
		g.Add(j.component("a", nil, errors.New("first")))
		g.Add(j.component("b", nil, errors.New("second")))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := g.Run(ctx)
		require.ErrorContains(t, err, "stop a: first")
		require.ErrorContains(t, err, "stop b: second")
	})
}

// However many components there are and whichever of them fails to start:
// exactly those that started are stopped, in reverse order.
func TestStopsAreTheMirrorOfStarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		failing := rapid.SliceOfN(rapid.Bool(), 1, 8).Draw(t, "failing")
		var j journal
		g := lifecycle.NewGroup(slog.New(slog.DiscardHandler), lifecycle.Timeouts{Start: time.Minute, Stop: time.Minute})
		want := []string{}
		failed := false
		for i, fails := range failing {
			name := string(rune('a' + i))
			var err error
			if fails {
				err = errBoom
			}
			g.Add(j.component(name, err, nil))
			if !failed && !fails {
				want = slices.Insert(want, 0, "-"+name)
			}
			failed = failed || fails
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.Equal(t, failed, g.Run(ctx) != nil)
		stops := slices.DeleteFunc(j.all(), func(entry string) bool { return entry[0] == '+' })
		require.Equal(t, want, stops)
	})
}

func TestBackgroundRunsUntilStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		c := lifecycle.Background("loop", func(ctx context.Context) error {
			<-ctx.Done()
			ended = true
			return ctx.Err()
		}, func(error) { t.Error("a cancelled loop has not failed") })
		startCtx, cancel := context.WithCancel(t.Context())
		require.NoError(t, c.Start(startCtx))
		cancel()
		synctest.Wait()
		require.False(t, ended, "the loop outlives the context of its start")
		require.NoError(t, c.Stop(t.Context()))
		require.True(t, ended)
	})
}

func TestBackgroundReportsFailureAndStuckLoops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := make(chan error, 1)
		broken := lifecycle.Background("broken", func(context.Context) error { return errBoom },
			func(err error) { failures <- err })
		require.NoError(t, broken.Start(t.Context()))
		require.ErrorIs(t, <-failures, errBoom)

		release := make(chan struct{})
		stuck := lifecycle.Background("stuck", func(context.Context) error { <-release; return nil }, nil)
		require.NoError(t, stuck.Start(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, stuck.Stop(ctx), context.DeadlineExceeded)
		close(release)
	})
}

func TestStateNames(t *testing.T) {
	require.Equal(t, "draining", lifecycle.Draining.String())
	require.Equal(t, "state(0)", lifecycle.State(0).String())
	require.Equal(t, "failed", lifecycle.Failed.String())
}

// A pool that was opened before the group runs is closed even if the group never
// gets to it.
func TestWhatHasNoStartIsStoppedWhenAnotherFailsToStart(t *testing.T) {
	g := lifecycle.NewGroup(slog.New(slog.DiscardHandler), lifecycle.Timeouts{Start: time.Second, Stop: time.Second})
	closed := false
	g.Add(lifecycle.Component{Name: "port", Start: func(context.Context) error { return errors.New("in use") }})
	g.Add(lifecycle.Component{Name: "worker", Start: func(context.Context) error { return nil }, Stop: func(context.Context) error {
		t.Error("a component that was not started is stopped")
		return nil
	}})
	g.Add(lifecycle.Component{Name: "pool", Stop: func(context.Context) error { closed = true; return nil }})
	require.ErrorContains(t, g.Run(t.Context()), "in use")
	require.True(t, closed)
}

// A client that does not hang up holds a server up for as long as the server is
// given; what stops after it must still have time.
func TestAStopThatIsHeldUpLeavesTimeToTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup()
		left := map[string]time.Duration{}
		stop := func(name string, stuck bool) lifecycle.Component {
			return lifecycle.Component{Name: name, Stop: func(ctx context.Context) error {
				deadline, _ := ctx.Deadline()
				left[name] = time.Until(deadline)
				if stuck {
					<-ctx.Done()
				}
				return ctx.Err()
			}}
		}
		g.Add(stop("telemetry", false))
		g.Add(stop("database", false))
		g.Add(stop("server", true))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorContains(t, g.Run(ctx), "stop server")
		require.Equal(t, 10*time.Second, left["server"])
		require.Equal(t, 5*time.Second, left["database"])
		require.Equal(t, 5*time.Second, left["telemetry"], "what is not used is left")
	})
}
