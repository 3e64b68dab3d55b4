package pagination_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/pagination"
)

type position struct {
	ID   string `json:"id"`
	Rank int64  `json:"rank"`
}

func TestCursorsRoundTripAndFitIntoURLs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := position{ID: rapid.String().Draw(t, "id"), Rank: rapid.Int64().Draw(t, "rank")}
		cursor, err := pagination.Encode(want)
		require.NoError(t, err)
		require.Regexp(t, `^[A-Za-z0-9_-]+$`, cursor)
		got, err := pagination.Decode[position](cursor)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestForgedCursorsAreRefused(t *testing.T) {
	for _, cursor := range []string{"", "%%%", "bm90IGpzb24", "eyJyYW5rIjoiYSJ9"} {
		_, err := pagination.Decode[position](cursor)
		require.ErrorIs(t, err, pagination.ErrInvalidCursor, cursor)
	}
}

func TestPositionsThatCannotBeEncodedAreADefect(t *testing.T) {
	_, err := pagination.Encode(func() {})
	require.ErrorContains(t, err, "encode cursor")
}

func TestSplitNeverLosesItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOf(rapid.Int()).Draw(t, "items")
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		page, more := pagination.Split(items, limit)
		require.Equal(t, len(items) > limit, more)
		require.Len(t, page, min(len(items), limit))
		require.Equal(t, items[:len(page)], page)
	})
}
