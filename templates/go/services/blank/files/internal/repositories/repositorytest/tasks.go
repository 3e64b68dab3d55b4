// Package repositorytest holds the tests that every implementation of a
// repository must pass, so that one can stand in for another.
package repositorytest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
)

// Tasks runs the contract of services.TaskRepository. open returns an empty
// repository; every subtest asks for its own.
func Tasks(t *testing.T, open func(t *testing.T) services.TaskRepository) {
	tests := map[string]func(*testing.T, services.TaskRepository){
		"create and get":        createAndGet,
		"taken id":              takenID,
		"missing task":          missingTask,
		"update":                update,
		"refused update":        refusedUpdate,
		"concurrent updates":    concurrentUpdates,
		"delete":                deletes,
		"list in order":         listInOrder,
		"list by status":        listByStatus,
		"cancelled request":     cancelledRequest,
		"cancelled transaction": cancelledTransaction,
	}
	//% if cookiecutter.graphql == "yes"
	tests["get many"] = getMany
	//% endif
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func create(t *testing.T, r services.TaskRepository, title string) domain.Task {
	t.Helper()
	id, err := uuid.NewV7()
	require.NoError(t, err)
	task, err := domain.NewTask(id, title, "notes of "+title, time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC))
	require.NoError(t, err)
	require.NoError(t, r.Create(t.Context(), task))
	return task
}

// rename is a change that succeeds.
func rename(t *domain.Task) error {
	return t.Apply(domain.Change{Title: new("b")}, time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC))
}

func createAndGet(t *testing.T, r services.TaskRepository) {
	want := create(t, r, "Buy 'milk'; \"now\" ☕")
	got, err := r.Get(t.Context(), want.ID())
	require.NoError(t, err)
	require.Equal(t, want, got, "storage changes nothing, not even time zones")
}

func takenID(t *testing.T, r services.TaskRepository) {
	task := create(t, r, "a")
	require.Equal(t, apierror.Conflict, apierror.From(r.Create(t.Context(), task)).Kind)
}

func missingTask(t *testing.T, r services.TaskRepository) {
	called := errors.New("there is nothing to change")
	_, err := r.Get(t.Context(), uuid.New())
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
	_, err = r.Update(t.Context(), uuid.New(), func(*domain.Task) error { return called })
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
	err = r.Delete(t.Context(), uuid.New(), func(domain.Task) error { return called })
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
}

func update(t *testing.T, r services.TaskRepository) {
	task := create(t, r, "a")
	updated, err := r.Update(t.Context(), task.ID(), rename)
	require.NoError(t, err)
	require.Equal(t, "b", updated.Snapshot().Title)
	require.Equal(t, int64(2), updated.Version())
	stored, err := r.Get(t.Context(), task.ID())
	require.NoError(t, err)
	require.Equal(t, updated, stored)
}

func refusedUpdate(t *testing.T, r services.TaskRepository) {
	task := create(t, r, "a")
	refused := errors.New("refused")
	_, err := r.Update(t.Context(), task.ID(), func(t *domain.Task) error {
		return errors.Join(rename(t), refused)
	})
	require.ErrorIs(t, err, refused)
	stored, err := r.Get(t.Context(), task.ID())
	require.NoError(t, err)
	require.Equal(t, task, stored)
}

// concurrentUpdates loses no change: of writers that all saw version 1, one wins.
func concurrentUpdates(t *testing.T, r services.TaskRepository) {
	task := create(t, r, "a")
	const writers = 8
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			_, errs[i] = r.Update(t.Context(), task.ID(), func(t *domain.Task) error {
				if err := t.RequireVersion(1); err != nil {
					return err
				}
				return rename(t)
			})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, domain.ErrVersionMismatch)
	}
	require.Equal(t, 1, won)
}

func deletes(t *testing.T, r services.TaskRepository) {
	task := create(t, r, "a")
	refused := errors.New("refused")
	err := r.Delete(t.Context(), task.ID(), func(domain.Task) error { return refused })
	require.ErrorIs(t, err, refused)
	_, err = r.Get(t.Context(), task.ID())
	require.NoError(t, err)

	err = r.Delete(t.Context(), task.ID(), func(stored domain.Task) error {
		require.Equal(t, task, stored)
		return nil
	})
	require.NoError(t, err)
	_, err = r.Get(t.Context(), task.ID())
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
}

func titles(t *testing.T, r services.TaskRepository, filter services.TaskFilter) []string {
	t.Helper()
	tasks, err := r.List(t.Context(), filter)
	require.NoError(t, err)
	found := []string{}
	for _, task := range tasks {
		found = append(found, task.Snapshot().Title)
	}
	return found
}

func listInOrder(t *testing.T, r services.TaskRepository) {
	require.Empty(t, titles(t, r, services.TaskFilter{Limit: 10}))
	create(t, r, "a")
	second := create(t, r, "b")
	create(t, r, "c")
	create(t, r, "d")
	require.Equal(t, []string{"a", "b"}, titles(t, r, services.TaskFilter{Limit: 2}))
	require.Equal(t, []string{"c", "d"}, titles(t, r, services.TaskFilter{Limit: 10, After: second.ID()}))
}

func listByStatus(t *testing.T, r services.TaskRepository) {
	done := domain.StatusDone
	task := create(t, r, "a")
	create(t, r, "b")
	_, err := r.Update(t.Context(), task.ID(), func(t *domain.Task) error {
		return t.Apply(domain.Change{Status: &done}, time.Now())
	})
	require.NoError(t, err)
	open := domain.StatusOpen
	require.Equal(t, []string{"a"}, titles(t, r, services.TaskFilter{Limit: 10, Status: &done}))
	require.Equal(t, []string{"b"}, titles(t, r, services.TaskFilter{Limit: 10, Status: &open}))
	require.Empty(t, titles(t, r, services.TaskFilter{Limit: 10, Status: &done, After: task.ID()}))
}

func cancelledRequest(t *testing.T, r services.TaskRepository) {
	task := create(t, r, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errs := make([]error, 5)
	errs[0] = r.Create(ctx, task)
	_, errs[1] = r.Get(ctx, task.ID())
	_, errs[2] = r.List(ctx, services.TaskFilter{Limit: 1})
	_, errs[3] = r.Update(ctx, task.ID(), rename)
	errs[4] = r.Delete(ctx, task.ID(), func(domain.Task) error { return nil })
	for _, err := range errs {
		require.ErrorIs(t, err, context.Canceled)
	}
}

// cancelledTransaction leaves nothing locked: the next writer gets through.
func cancelledTransaction(t *testing.T, r services.TaskRepository) {
	task := create(t, r, "a")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := r.Update(ctx, task.ID(), func(*domain.Task) error {
		cancel()
		return ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	_, err = r.Update(t.Context(), task.ID(), rename)
	require.NoError(t, err)
}
