package sealed_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/repositories/repositorytest"
	"goldpath.local/service/internal/repositories/sealed"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/crypto"
)

// envelope returns one that knows the keys and encrypts under the first.
func envelope(t *testing.T, ids ...string) *crypto.Envelope {
	t.Helper()
	keys := map[string][]byte{}
	for _, id := range ids {
		keys[id] = bytes.Repeat([]byte(id[:1]), 32)
	}
	keyring, err := crypto.NewKeyring(ids[0], keys)
	require.NoError(t, err)
	return crypto.NewEnvelope(keyring)
}

func newTask(t *testing.T) domain.Task {
	t.Helper()
	task, err := domain.NewTask(uuid.Must(uuid.NewV7()), "Buy milk", "a secret", time.Now().UTC().Truncate(time.Microsecond))
	require.NoError(t, err)
	return task
}

func TestTasks(t *testing.T) {
	repositorytest.Tasks(t, func(t *testing.T) services.TaskRepository {
		return sealed.NewTasks(memory.NewTasks(), envelope(t, "a"))
	})
}

func TestTheStorageSeesNoNotes(t *testing.T) {
	storage := memory.NewTasks()
	tasks := sealed.NewTasks(storage, envelope(t, "a"))
	task := newTask(t)
	require.NoError(t, tasks.Create(t.Context(), task))
	_, err := tasks.Update(t.Context(), task.ID(), func(t *domain.Task) error {
		return t.Apply(domain.Change{Notes: new("another secret")}, time.Now())
	})
	require.NoError(t, err)

	stored, err := storage.Get(t.Context(), task.ID())
	require.NoError(t, err)
	require.NotContains(t, stored.Snapshot().Notes, "secret")
	require.True(t, strings.HasPrefix(stored.Snapshot().Notes, "v1.a."))
}

// Whoever can write to the storage cannot show the notes of one task as another's.
func TestNotesOfAnotherTaskAreRefused(t *testing.T) {
	storage := memory.NewTasks()
	tasks := sealed.NewTasks(storage, envelope(t, "a"))
	one, other := newTask(t), newTask(t)
	require.NoError(t, tasks.Create(t.Context(), one))
	stolen, err := storage.Get(t.Context(), one.ID())
	require.NoError(t, err)
	s := other.Snapshot()
	s.Notes = stolen.Snapshot().Notes
	require.NoError(t, storage.Create(t.Context(), domain.Restore(s)))

	_, err = tasks.Get(t.Context(), other.ID())
	require.ErrorIs(t, err, crypto.ErrNotAuthentic)
	_, err = tasks.List(t.Context(), services.TaskFilter{Limit: 10})
	require.ErrorIs(t, err, crypto.ErrNotAuthentic)
	_, err = tasks.Update(t.Context(), other.ID(), func(*domain.Task) error { return nil })
	require.ErrorIs(t, err, crypto.ErrNotAuthentic)
	err = tasks.Delete(t.Context(), other.ID(), func(domain.Task) error { return nil })
	require.ErrorIs(t, err, crypto.ErrNotAuthentic)
}

func TestKeysRotateWithoutAChangeThatAnybodySees(t *testing.T) {
	storage := memory.NewTasks()
	before := sealed.NewTasks(storage, envelope(t, "a"))
	var all []domain.Task
	for range 150 {
		task := newTask(t)
		require.NoError(t, before.Create(t.Context(), task))
		all = append(all, task)
	}

	rotated, err := sealed.Rotate(t.Context(), storage, envelope(t, "b", "a"))
	require.NoError(t, err)
	require.Equal(t, len(all), rotated)
	rotated, err = sealed.Rotate(t.Context(), storage, envelope(t, "b", "a"))
	require.NoError(t, err)
	require.Zero(t, rotated, "a second run finds nothing")

	after := sealed.NewTasks(storage, envelope(t, "b"))
	for _, task := range all {
		loaded, err := after.Get(t.Context(), task.ID())
		require.NoError(t, err, "the old key is not needed any more")
		require.Equal(t, task, loaded)
	}
}

func TestRotationStopsAtWhatItCannotRead(t *testing.T) {
	storage := memory.NewTasks()
	require.NoError(t, storage.Create(t.Context(), newTask(t)))
	_, err := sealed.Rotate(t.Context(), storage, envelope(t, "b"))
	require.ErrorIs(t, err, crypto.ErrMalformed)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = sealed.Rotate(ended, storage, envelope(t, "b"))
	require.ErrorIs(t, err, context.Canceled)
}

// deleting is a storage whose tasks are deleted between list and update.
type deleting struct{ services.TaskRepository }

func (d deleting) Update(ctx context.Context, id uuid.UUID, change func(*domain.Task) error) (domain.Task, error) {
	if err := d.Delete(ctx, id, func(domain.Task) error { return nil }); err != nil {
		return domain.Task{}, err
	}
	return d.TaskRepository.Update(ctx, id, change)
}

func TestRotationPassesOverWhatIsDeletedMeanwhile(t *testing.T) {
	storage := memory.NewTasks()
	require.NoError(t, sealed.NewTasks(storage, envelope(t, "a")).Create(t.Context(), newTask(t)))
	rotated, err := sealed.Rotate(t.Context(), deleting{storage}, envelope(t, "b", "a"))
	require.NoError(t, err)
	require.Zero(t, rotated)
}
