package interceptor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcserver/interceptor"
)

// guards notes who was asked, and refuses where it should.
type guards struct {
	asked   []string
	refuses string
}

var errRefused = apierror.New(apierror.Conflict, "REFUSED", "not now")

func (g *guards) ask(name string) error {
	g.asked = append(g.asked, name)
	if g.refuses == name {
		return errRefused
	}
	return nil
}

func (g *guards) Admit(context.Context) (func(error), error) {
	return func(error) { g.asked = append(g.asked, "shedder told") }, g.ask("shedder")
}

func (g *guards) Check(context.Context) error { return g.ask("shedder") }

func (g *guards) hooks() interceptor.Hooks {
	return interceptor.Hooks{
		Authenticate: func(ctx context.Context, _ string) (context.Context, error) { return ctx, g.ask("authenticate") },
		Limit:        func(context.Context, string) (map[string]string, error) { return nil, g.ask("limit") },
		Authorize:    func(context.Context, string) error { return g.ask("authorize") },
	}
}

// guarded returns a fixture with everything that can refuse.
func guarded(g *guards) *fixture {
	f := newFixture()
	f.options.Shedder, f.options.Hooks = g, g.hooks()
	return f
}

func TestWhoRefusesIsTheLastToBeAsked(t *testing.T) {
	order := []string{"shedder", "authenticate", "limit", "authorize", "handler"}
	for last, name := range order {
		t.Run(name, func(t *testing.T) {
			g := &guards{refuses: name}
			f := guarded(g)
			_, err := f.unary(bearing(t, "Bearer token"), method, func(context.Context) error { return g.ask("handler") })
			require.Equal(t, codes.Aborted, status.Code(err))
			want := order[:last+1]
			if name != "shedder" {
				want = append(want[:len(want):len(want)], "shedder told")
			}
			require.Equal(t, want, g.asked)

			g.asked = nil
			_, err = f.stream(bearing(t, "Bearer token"), method, func(grpc.ServerStream) error { return g.ask("handler") })
			require.Equal(t, codes.Aborted, status.Code(err))
			require.Equal(t, order[:last+1], g.asked, "how long a stream takes says nothing about the load")
		})
	}
}

func TestProbesAndPublicMethodsPass(t *testing.T) {
	g := &guards{}
	f := guarded(g)
	f.options.PublicMethods = append(interceptor.ProbeMethods(), method)
	_, err := f.unary(t.Context(), probe, done)
	require.NoError(t, err)
	require.Empty(t, g.asked)
	_, err = f.unary(t.Context(), method, done)
	require.NoError(t, err)
	require.Equal(t, []string{"shedder", "limit", "shedder told"}, g.asked, "public is not unlimited")
}

func TestATokenIsOneWordAfterBearer(t *testing.T) {
	tests := map[string]struct {
		sent []string
		ok   bool
	}{
		"one":            {[]string{"Bearer abc"}, true},
		"in lower case":  {[]string{"bearer abc"}, true},
		"none":           {nil, false},
		"empty":          {[]string{"Bearer "}, false},
		"another scheme": {[]string{"Basic abc"}, false},
		"no scheme":      {[]string{"abc"}, false},
		"two":            {[]string{"Bearer abc", "Bearer def"}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			f.options.Hooks.Authenticate = func(ctx context.Context, token string) (context.Context, error) {
				require.Equal(t, "abc", token)
				return ctx, nil
			}
			_, err := f.unary(bearing(t, tc.sent...), method, done)
			require.Equal(t, tc.ok, err == nil, err)
			if !tc.ok {
				require.Equal(t, codes.Unauthenticated, status.Code(err))
			}
		})
	}
}

func TestNoUnaryCallHasMoreTimeThanItMay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		durations := rapid.Int64Range(int64(time.Second), int64(time.Hour))
		f := newFixture()
		limits := interceptor.DeadlineConfig{Default: time.Duration(durations.Draw(rt, "default"))}
		limits.Max = limits.Default + time.Duration(durations.Draw(rt, "more"))
		require.NoError(rt, limits.Validate())
		f.options.Deadline = limits
		ctx, most := t.Context(), limits.Default
		if rapid.Bool().Draw(rt, "brings one") {
			sent := time.Duration(durations.Draw(rt, "sent"))
			most = min(sent, limits.Max)
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, sent)
			defer cancel()
		}
		_, err := f.unary(ctx, method, func(ctx context.Context) error {
			deadline, ok := ctx.Deadline()
			require.True(rt, ok)
			require.LessOrEqual(rt, time.Until(deadline), most)
			return nil
		})
		require.NoError(rt, err)
	})
}

func TestDeadlinesThatMakeNoSenseAreRefused(t *testing.T) {
	require.ErrorContains(t, interceptor.DeadlineConfig{}.Validate(), "grpc.deadline.default must be positive")
	backwards := interceptor.DeadlineConfig{Default: time.Minute, Max: time.Second}
	require.ErrorContains(t, backwards.Validate(), "grpc.deadline.max must not be less")
}

func TestACallMayHaveToBringItsDeadline(t *testing.T) {
	f := newFixture()
	f.options.Deadline.Required = true
	_, err := f.unary(t.Context(), method, done)
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = f.unary(t.Context(), probe, done)
	require.NoError(t, err, "probes have their own")
	_, err = f.stream(t.Context(), method, func(grpc.ServerStream) error { return nil })
	require.NoError(t, err, "streams live as long as they want")
}

func TestAPanicEndsOneCall(t *testing.T) {
	f := newFixture()
	_, err := f.unary(t.Context(), method, func(context.Context) error { panic("secret") })
	require.Equal(t, codes.Internal, status.Code(err))
	require.NotContains(t, status.Convert(err).Message(), "secret")
	require.Contains(t, f.logs.String(), "handler panicked")
	require.Contains(t, f.logs.String(), "panic: secret")
}

func TestStreamsCanAskWhetherTheServerStops(t *testing.T) {
	f := newFixture()
	stopping := make(chan struct{})
	close(stopping)
	f.options.Stopping = stopping
	_, err := f.stream(t.Context(), method, func(stream grpc.ServerStream) error {
		<-interceptor.Stopping(stream.Context())
		return errors.New("the server stops")
	})
	require.Equal(t, codes.Internal, status.Code(err))
	_, err = f.unary(t.Context(), method, func(ctx context.Context) error {
		require.Nil(t, interceptor.Stopping(ctx), "calls are waited for")
		return nil
	})
	require.NoError(t, err)
}
