package component

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth/authtest"
)

func TestCallsNeedATokenAndHealthDoesNot(t *testing.T) {
	prepare(t)
	s := start(t)
	for token, reason := range map[string]string{
		"":         "TOKEN_MISSING",
		"nonsense": "TOKEN_INVALID",
		s.issuer.Token(authtest.ExpiresIn(-time.Hour)): "TOKEN_EXPIRED",
	} {
		c := s.dialWith(t, token)
		_, err := c.ListTasks(t.Context(), &tasksv1.ListTasksRequest{})
		require.Equal(t, apierror.Unauthenticated, apierror.From(err).Kind)
		require.Equal(t, reason, apierror.From(err).Reason)
		for _, err := range c.AllTasks(t.Context(), tasksv1.TaskStatus_TASK_STATUS_OPEN) {
			require.Equal(t, reason, apierror.From(err).Reason)
		}
		require.NoError(t, c.Close())
	}
	_, err := s.dial(t).ListTasks(t.Context(), &tasksv1.ListTasksRequest{})
	require.NoError(t, err)

	conn, err := grpc.NewClient("passthrough:///"+s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	health, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	require.Equal(t, grpc_health_v1.HealthCheckResponse_SERVING, health.GetStatus())
	s.stop()
	require.Zero(t, <-s.code)
}
