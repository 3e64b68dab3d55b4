package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/repositories/postgres"
	"goldpath.local/service/internal/repositories/repositorytest"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/migrations"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/postgres/postgrestest"
)

func TestTasks(t *testing.T) {
	repositorytest.Tasks(t, func(t *testing.T) services.TaskRepository {
		return postgres.NewTasks(postgrestest.Pool(t, migrations.Files))
	})
}

func TestSchemaRefusesWhatTheDomainWouldRefuse(t *testing.T) {
	pool := postgrestest.Pool(t, migrations.Files)
	insert := func(title, status string, version int) error {
		_, err := pool.Exec(t.Context(),
			"INSERT INTO tasks VALUES ($1, $2, '', $3, $4, now(), now())", uuid.New(), title, status, version)
		return err
	}
	require.NoError(t, insert("a", "open", 1))
	require.ErrorContains(t, insert("", "open", 1), "tasks_title_check")
	require.ErrorContains(t, insert("a", "lost", 1), "tasks_status_check")
	require.ErrorContains(t, insert("a", "open", 0), "tasks_version_check")
}

func TestAClosedPoolIsNotMistakenForAMissingTask(t *testing.T) {
	pool := postgrestest.Pool(t, migrations.Files)
	tasks := postgres.NewTasks(pool)
	pool.Close()
	_, err := tasks.Get(t.Context(), uuid.New())
	require.Error(t, err)
	require.NotErrorIs(t, err, domain.ErrTaskNotFound)
	_, err = tasks.List(t.Context(), services.TaskFilter{Limit: 1})
	require.Equal(t, apierror.Internal, apierror.From(err).Kind)
}

func BenchmarkUpdate(b *testing.B) {
	tasks := postgres.NewTasks(postgrestest.Pool(b, migrations.Files))
	task, err := domain.NewTask(uuid.New(), "a", "", time.Now())
	require.NoError(b, err)
	require.NoError(b, tasks.Create(b.Context(), task))
	for b.Loop() {
		_, err := tasks.Update(b.Context(), task.ID(), func(t *domain.Task) error {
			return t.Apply(domain.Change{Notes: new("n")}, time.Now())
		})
		require.NoError(b, err)
	}
}
