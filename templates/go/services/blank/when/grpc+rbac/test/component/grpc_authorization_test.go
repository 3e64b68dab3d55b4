package component

import (
	"testing"

	"github.com/stretchr/testify/require"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth/authtest"
)

func TestRolesDecideWhatMayBeCalled(t *testing.T) {
	prepare(t)
	s := start(t)
	reader := s.dialWith(t, s.issuer.Token(authtest.Roles("reader")))
	_, err := reader.ListTasks(t.Context(), &tasksv1.ListTasksRequest{})
	require.NoError(t, err)
	_, err = reader.CreateTask(t.Context(), &tasksv1.CreateTaskRequest{Title: "a"})
	require.Equal(t, apierror.PermissionDenied, apierror.From(err).Kind)

	nobody := s.dialWith(t, s.issuer.Token())
	for _, err := range nobody.AllTasks(t.Context(), tasksv1.TaskStatus_TASK_STATUS_OPEN) {
		require.Equal(t, apierror.PermissionDenied, apierror.From(err).Kind, "streams are decided about, too")
	}
	require.NoError(t, reader.Close())
	require.NoError(t, nobody.Close())
	s.stop()
	require.Zero(t, <-s.code)
}
