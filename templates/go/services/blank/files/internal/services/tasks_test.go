package services_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/pagination"
)

// at has more precision than storage keeps, and a zone that is not UTC.
var at = time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.FixedZone("x", 3600))

func clock() time.Time { return at }

func newTasks() *services.Tasks { return services.NewTasks(memory.NewTasks(), clock) }

func TestCreateStoresTheTask(t *testing.T) {
	tasks := newTasks()
	created, err := tasks.Create(t.Context(), "Buy milk", "two")
	require.NoError(t, err)
	require.Equal(t, uuid.Version(7), created.ID().Version(), "ids are in order of creation")
	require.Equal(t, at.UTC().Truncate(time.Microsecond), created.Snapshot().CreatedAt)

	loaded, err := tasks.Get(t.Context(), created.ID())
	require.NoError(t, err)
	require.Equal(t, created, loaded)
}

func TestUseCasesPassOnWhatTheDomainRefuses(t *testing.T) {
	tasks := newTasks()
	task, err := tasks.Create(t.Context(), "Buy milk", "")
	require.NoError(t, err)
	rename := domain.Change{Title: new("Buy bread")}

	_, err = tasks.Create(t.Context(), "", "")
	require.ErrorIs(t, err, domain.ErrInvalidTask)
	_, err = tasks.Get(t.Context(), uuid.New())
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
	_, err = tasks.Update(t.Context(), task.ID(), 2, rename)
	require.ErrorIs(t, err, domain.ErrVersionMismatch)
	_, err = tasks.Update(t.Context(), uuid.New(), 1, rename)
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
	require.ErrorIs(t, tasks.Delete(t.Context(), task.ID(), 2), domain.ErrVersionMismatch)
	_, err = tasks.List(t.Context(), services.TaskQuery{Cursor: "forged"})
	require.ErrorIs(t, err, pagination.ErrInvalidCursor)
	_, err = tasks.List(t.Context(), services.TaskQuery{Status: new(domain.Status("lost"))})
	require.ErrorIs(t, err, domain.ErrUnknownStatus)
}

func TestUpdateAndDeleteWorkOnTheLatestVersion(t *testing.T) {
	tasks := newTasks()
	task, err := tasks.Create(t.Context(), "Buy milk", "")
	require.NoError(t, err)
	updated, err := tasks.Update(t.Context(), task.ID(), 1, domain.Change{Status: new(domain.StatusDone)})
	require.NoError(t, err)
	require.Equal(t, int64(2), updated.Version())
	require.ErrorIs(t, tasks.Delete(t.Context(), task.ID(), 1), domain.ErrVersionMismatch)
	require.NoError(t, tasks.Delete(t.Context(), task.ID(), 2))
	_, err = tasks.Get(t.Context(), task.ID())
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
}

// Walking through the pages shows every matching task exactly once, in order,
// whatever the size of the pages is.
func TestPagesShowEveryTaskOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx, tasks := context.Background(), newTasks()
		var want []string
		for i := range rapid.IntRange(0, 30).Draw(t, "tasks") {
			task, err := tasks.Create(ctx, fmt.Sprint("task ", i), "")
			require.NoError(t, err)
			if rapid.Bool().Draw(t, "done") {
				_, err = tasks.Update(ctx, task.ID(), 1, domain.Change{Status: new(domain.StatusDone)})
				require.NoError(t, err)
			} else {
				want = append(want, task.Snapshot().Title)
			}
		}
		query := services.TaskQuery{Limit: rapid.IntRange(1, 12).Draw(t, "limit"), Status: new(domain.StatusOpen)}
		var got []string
		for {
			page, err := tasks.List(ctx, query)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Items), query.Limit)
			for _, task := range page.Items {
				got = append(got, task.Snapshot().Title)
			}
			if query.Cursor = page.NextCursor; query.Cursor == "" {
				break
			}
		}
		require.Equal(t, want, got)
	})
}

// broken is a repository whose storage has failed.
type broken struct{ services.TaskRepository }

var errDown = apierror.New(apierror.Unavailable, "DATABASE_UNAVAILABLE", "down").WithCause(errors.New("refused"))

func (broken) Create(context.Context, domain.Task) error { return errDown }

func (broken) List(_ context.Context, f services.TaskFilter) ([]domain.Task, error) {
	return make([]domain.Task, f.Limit), errDown
}

func TestStorageFailuresKeepTheirKindAndSayWhatWasTried(t *testing.T) {
	tasks := services.NewTasks(broken{}, clock)
	_, createErr := tasks.Create(t.Context(), "Buy milk", "")
	_, listErr := tasks.List(t.Context(), services.TaskQuery{})
	require.ErrorContains(t, createErr, "store task")
	require.ErrorContains(t, listErr, "list tasks")
	for _, err := range []error{createErr, listErr} {
		require.Equal(t, apierror.Unavailable, apierror.From(err).Kind)
	}
}

// counting records the limits that the repository is asked for.
type counting struct {
	services.TaskRepository
	limit int
}

func (c *counting) List(_ context.Context, f services.TaskFilter) ([]domain.Task, error) {
	c.limit = f.Limit
	return nil, nil
}

func TestPageSizesAreBounded(t *testing.T) {
	for requested, want := range map[int]int{
		-1: services.DefaultPageSize, 0: services.DefaultPageSize, 1: 1,
		services.MaxPageSize: services.MaxPageSize, 1_000_000: services.MaxPageSize,
	} {
		repository := &counting{}
		_, err := services.NewTasks(repository, clock).List(t.Context(), services.TaskQuery{Limit: requested})
		require.NoError(t, err)
		require.Equal(t, want+1, repository.limit, "one more, to see whether there is a next page")
	}
}
