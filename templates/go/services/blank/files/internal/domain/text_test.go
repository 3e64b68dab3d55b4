package domain_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"goldpath.local/service/internal/domain"
)

func TestTextsThatLookTheSameAreTheSame(t *testing.T) {
	composed, err := domain.NewTask(uuid.New(), "Caf\u00e9", "\u00c5\n2", now)
	require.NoError(t, err)
	decomposed, err := domain.NewTask(uuid.New(), " Cafe\u0301 ", "A\u030a\r\n2", now)
	require.NoError(t, err)
	require.Equal(t, composed.Snapshot().Title, decomposed.Snapshot().Title)
	require.Equal(t, composed.Snapshot().Notes, decomposed.Snapshot().Notes)

	require.NoError(t, decomposed.Apply(domain.Change{Title: new("o\u0308"), Notes: new("u\u0308")}, now))
	require.Equal(t, "\u00f6", decomposed.Snapshot().Title)
	require.Equal(t, "\u00fc", decomposed.Snapshot().Notes)
}

func TestWhatCannotBeSeenIsRefused(t *testing.T) {
	tests := map[string]struct {
		text         string
		title, notes bool
	}{
		"plain":              {"Buy milk", true, true},
		"family emoji":       {"\U0001F468\u200d\U0001F469\u200d\U0001F467", true, true},
		"right to left":      {"\u05e9\u05dc\u05d5\u05dd\u200f!", true, true},
		"line":               {"a\nb", false, true},
		"tab":                {"a\tb", false, true},
		"null":               {"a\x00b", false, false},
		"escape":             {"a\x1b[31mb", false, false},
		"lone return":        {"a\rb", false, false},
		"C1 control":         {"a\u009bb", false, false},
		"override":           {"invoice\u202efdp.exe", false, false},
		"isolate":            {"a\u2066b", false, false},
		"line separator":     {"a\u2028b", false, false},
		"only a line of it":  {"\u2029", false, false},
		"zero width, joined": {"\u0646\u200c\u0647", true, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := domain.NewTask(uuid.New(), tc.text, "", now)
			require.Equal(t, tc.title, err == nil, "title")
			_, err = domain.NewTask(uuid.New(), "a", tc.text, now)
			require.Equal(t, tc.notes, err == nil, "notes")
		})
	}
}

// What is kept is in one form, and keeping it again changes nothing.
func TestTextsAreKeptInOneForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		task, err := domain.NewTask(uuid.New(), rapid.String().Draw(t, "title"), rapid.String().Draw(t, "notes"), now)
		if err != nil {
			return
		}
		kept := task.Snapshot()
		require.True(t, norm.NFC.IsNormalString(kept.Title))
		require.True(t, norm.NFC.IsNormalString(kept.Notes))
		again, err := domain.NewTask(task.ID(), kept.Title, kept.Notes, now)
		require.NoError(t, err)
		require.Equal(t, kept, again.Snapshot())
	})
}
