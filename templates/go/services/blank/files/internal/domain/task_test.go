package domain_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/apierror"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newTask(t require.TestingT) domain.Task {
	task, err := domain.NewTask(uuid.MustParse("01a2049d-0c42-7eab-a424-9e5e270de1fe"), " Buy milk ", "two", now)
	require.NoError(t, err)
	return task
}

func TestNewTaskIsOpenAtVersionOne(t *testing.T) {
	task := newTask(t)
	require.Equal(t, domain.Snapshot{
		ID: task.ID(), Title: "Buy milk", Notes: "two", Status: domain.StatusOpen,
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}, task.Snapshot())
}

func TestInvalidTextsAreRefusedByField(t *testing.T) {
	tests := map[string]struct {
		title, notes string
		fields       []string
	}{
		"empty title":    {"", "", []string{"title"}},
		"blank title":    {" \t ", "", []string{"title"}},
		"long title":     {strings.Repeat("ä", 201), "", []string{"title"}},
		"title in lines": {"a\nb", "", []string{"title"}},
		"long notes":     {"a", strings.Repeat("ä", domain.MaxNotes+1), []string{"notes"}},
		"binary notes":   {"a", "a\x00b", []string{"notes"}},
		"not UTF-8":      {"a\xff", "", []string{"title"}},
		"two fields":     {"", strings.Repeat("n", domain.MaxNotes+1), []string{"title", "notes"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := domain.NewTask(uuid.New(), tc.title, tc.notes, now)
			require.ErrorIs(t, err, domain.ErrInvalidTask)
			require.Equal(t, tc.fields, fieldNames(err))
		})
	}
}

func TestTheLongestTextsAreAllowed(t *testing.T) {
	_, err := domain.NewTask(uuid.New(), strings.Repeat("ä", 200), strings.Repeat("ä", 4000), now)
	require.NoError(t, err)
}

func TestApplyChangesOnlyWhatIsNamed(t *testing.T) {
	task := newTask(t)
	later := now.Add(time.Hour)
	require.NoError(t, task.Apply(domain.Change{Title: new(" Buy bread ")}, later))
	got := task.Snapshot()
	require.Equal(t, "Buy bread", got.Title)
	require.Equal(t, "two", got.Notes)
	require.Equal(t, int64(2), got.Version)
	require.Equal(t, now, got.CreatedAt)
	require.Equal(t, later, got.UpdatedAt)
}

func TestApplyRefusals(t *testing.T) {
	done, reopened, unknown := new(domain.StatusDone), new(domain.StatusOpen), new(domain.Status("lost"))
	tests := map[string]struct {
		before *domain.Status
		change domain.Change
		want   error
	}{
		"nothing to change":       {nil, domain.Change{}, domain.ErrEmptyChange},
		"invalid title":           {nil, domain.Change{Title: new("")}, domain.ErrInvalidTask},
		"unknown status":          {nil, domain.Change{Status: unknown}, domain.ErrInvalidTask},
		"done task":               {done, domain.Change{Notes: new("n")}, domain.ErrTaskDone},
		"done task, still done":   {done, domain.Change{Title: new("t"), Status: done}, domain.ErrTaskDone},
		"reopen with a bad title": {done, domain.Change{Title: new(""), Status: reopened}, domain.ErrInvalidTask},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			task := newTask(t)
			if tc.before != nil {
				require.NoError(t, task.Apply(domain.Change{Status: tc.before}, now))
			}
			before := task.Snapshot()
			require.ErrorIs(t, task.Apply(tc.change, now), tc.want)
			require.Equal(t, before, task.Snapshot(), "a refused change leaves no trace")
		})
	}
}

func TestADoneTaskCanBeReopenedAndChangedInOneStep(t *testing.T) {
	task := newTask(t)
	require.NoError(t, task.Apply(domain.Change{Status: new(domain.StatusDone)}, now))
	require.NoError(t, task.Apply(domain.Change{Status: new(domain.StatusOpen), Title: new("again")}, now))
	require.Equal(t, "again", task.Snapshot().Title)
	require.Equal(t, domain.StatusOpen, task.Snapshot().Status)
}

func TestRequireVersion(t *testing.T) {
	task := newTask(t)
	require.NoError(t, task.RequireVersion(1))
	mismatch := task.RequireVersion(2)
	require.ErrorIs(t, mismatch, domain.ErrVersionMismatch)
	require.Equal(t, map[string]string{"version": "1"}, apierror.From(mismatch).Meta)
}

// Whatever is done to a task, in whatever order, at whatever times: it keeps
// to the rules, versions count the changes, and time does not run backwards.
func TestTasksKeepToTheRules(t *testing.T) {
	optional := func(t *rapid.T, name string) *string {
		return rapid.Ptr(rapid.StringN(0, 210, -1), true).Draw(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		task := newTask(t)
		changes := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"change": func(t *rapid.T) {
				statuses := rapid.SampledFrom([]domain.Status{domain.StatusOpen, domain.StatusDone, "lost"})
				change := domain.Change{
					Title: optional(t, "title"), Notes: optional(t, "notes"),
					Status: rapid.Ptr(statuses, true).Draw(t, "status"),
				}
				at := now.Add(time.Duration(rapid.IntRange(-60, 60).Draw(t, "minutes")) * time.Minute)
				before := task.Snapshot()
				if err := task.Apply(change, at); err != nil {
					require.Equal(t, before, task.Snapshot())
					return
				}
				changes++
				require.False(t, task.Snapshot().UpdatedAt.Before(before.UpdatedAt))
			},
			"": func(t *rapid.T) {
				s := task.Snapshot()
				require.Equal(t, 1+changes, s.Version)
				require.NotEmpty(t, strings.TrimSpace(s.Title))
				require.LessOrEqual(t, utf8.RuneCountInString(s.Title), domain.MaxTitle)
				require.True(t, s.Status.Valid())
				require.Equal(t, task, domain.Restore(s), "nothing is lost in storage")
			},
		})
	})
}

func fieldNames(err error) []string {
	var names []string
	for _, f := range apierror.From(err).Fields {
		names = append(names, f.Field)
	}
	return names
}
