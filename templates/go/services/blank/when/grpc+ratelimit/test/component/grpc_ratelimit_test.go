package component

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/pkg/apierror"
)

func TestCallersAreToldHowMuchIsLeftAndWhenToComeBack(t *testing.T) {
	prepare(t)
	t.Setenv("APP_RATELIMIT_DEFAULT_REQUESTS", "1")
	t.Setenv("APP_RATELIMIT_DEFAULT_PERIOD", "1h")
	t.Setenv("APP_RATELIMIT_DEFAULT_BURST", "2")
	s := start(t)
	c := s.dial(t)
	var header metadata.MD
	_, err := c.ListTasks(t.Context(), &tasksv1.ListTasksRequest{}, grpc.Header(&header))
	require.NoError(t, err)
	require.Contains(t, header.Get("ratelimit")[0], `"default";r=1;`)
	_, err = c.ListTasks(t.Context(), &tasksv1.ListTasksRequest{})
	require.NoError(t, err)

	_, err = c.CreateTask(t.Context(), &tasksv1.CreateTaskRequest{Title: "a"})
	refused := apierror.From(err)
	require.Equal(t, apierror.RateLimited, refused.Kind)
	require.Positive(t, refused.RetryAfter)
	require.NoError(t, c.Close())
	s.stop()
	require.Zero(t, <-s.code)
}
