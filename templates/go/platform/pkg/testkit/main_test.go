package testkit

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { VerifyMain(m) }

// tests is a package of tests with a fixed exit code.
type tests int

func (c tests) Run() int { return int(c) }

func TestServersStopAfterTheTests(t *testing.T) {
	var stopped []string
	stop := func(name string, err error) func(context.Context) error {
		return func(ctx context.Context) error {
			stopped = append(stopped, name)
			require.NoError(t, ctx.Err())
			return err
		}
	}
	cases := map[string]struct {
		tests int
		err   error
		want  int
	}{
		"all well":       {0, nil, 0},
		"tests failed":   {2, nil, 2},
		"stop failed":    {0, errors.New("engine has gone"), 1},
		"both went awry": {2, errors.New("engine has gone"), 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			stopped = nil
			s := stopper{tests(tc.tests), []func(context.Context) error{stop("a", tc.err), stop("b", nil)}}
			require.Equal(t, tc.want, s.Run())
			require.Equal(t, []string{"a", "b"}, stopped)
		})
	}
}
