package postgres_test

import (
	"context"
	"log/slog"
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
	"goldpath.local/service/pkg/config"
	database "goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/migrate"
	"goldpath.local/service/pkg/postgres/postgrestest"
	"goldpath.local/service/pkg/postgres/replica"
)

// open returns a database with its schema.
func open(t testing.TB, cfg database.Config) *replica.Router {
	t.Helper()
	db, err := replica.Open(t.Context(), cfg, "test")
	require.NoError(t, err)
	t.Cleanup(db.Close)
	require.NoError(t, migrate.Up(t.Context(), db.Primary(), migrations.Files, slog.New(slog.DiscardHandler)))
	return db
}

func TestTasks(t *testing.T) {
	repositorytest.Tasks(t, func(t *testing.T) services.TaskRepository {
		return postgres.NewTasks(open(t, postgrestest.Config(t)))
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
	db := open(t, postgrestest.Config(t))
	tasks := postgres.NewTasks(db)
	db.Close()
	_, err := tasks.Get(t.Context(), uuid.New())
	require.Error(t, err)
	require.NotErrorIs(t, err, domain.ErrTaskNotFound)
	_, err = tasks.List(t.Context(), services.TaskFilter{Limit: 1})
	require.Equal(t, apierror.Internal, apierror.From(err).Kind)
}

// The replica is another database here, so that what is read tells where it was read.
func TestListsComeFromAReplicaAndSingleTasksDoNot(t *testing.T) {
	cfg, other := postgrestest.Config(t), postgrestest.Config(t)
	open(t, other)
	cfg.Replicas.DSNs = []config.Secret{other.DSN}
	db := open(t, cfg)
	tasks := postgres.NewTasks(db)
	task, err := domain.NewTask(uuid.New(), "a", "", time.Now())
	require.NoError(t, err)
	require.NoError(t, tasks.Create(t.Context(), task))
	list := func(ctx context.Context) int {
		found, err := tasks.List(ctx, services.TaskFilter{Limit: 10})
		require.NoError(t, err)
		return len(found)
	}
	require.Equal(t, 1, list(t.Context()), "before the replica has proved itself")

	require.NoError(t, db.Check(t.Context()))
	require.Zero(t, list(t.Context()))
	_, err = tasks.Get(t.Context(), task.ID())
	require.NoError(t, err)

	ctx := replica.TrackWrites(t.Context())
	require.Zero(t, list(ctx))
	_, err = tasks.Update(ctx, task.ID(), func(*domain.Task) error { return nil })
	require.NoError(t, err)
	require.Equal(t, 1, list(ctx), "a request sees what it has written")
}

func BenchmarkUpdate(b *testing.B) {
	tasks := postgres.NewTasks(open(b, postgrestest.Config(b)))
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
