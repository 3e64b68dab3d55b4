package pagination_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/pagination"
)

type place struct {
	ID   string `json:"id"`
	Rank int64  `json:"rank"`
}

func TestCursorsRoundTripAndFitIntoURLs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := place{ID: rapid.StringN(0, 60, 200).Draw(t, "id"), Rank: rapid.Int64().Draw(t, "rank")}
		cursor, err := pagination.Encode(want)
		if err != nil {
			require.ErrorContains(t, err, "encode cursor")
			return
		}
		require.Regexp(t, `^[A-Za-z0-9_-]+$`, cursor)
		require.LessOrEqual(t, len(cursor), pagination.MaxCursor)
		got, err := pagination.Decode[place](cursor)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestForgedCursorsAreRefused(t *testing.T) {
	raw := base64.RawURLEncoding.EncodeToString
	for name, cursor := range map[string]string{
		"empty":          "",
		"not base64":     "%%%",
		"not JSON":       raw([]byte("1not json")),
		"other version":  raw([]byte(`2{"id":"a"}`)),
		"no version":     raw([]byte(`{"id":"a"}`)),
		"other type":     raw([]byte(`1{"rank":"a"}`)),
		"other list":     raw([]byte(`1{"id":"a","name":"b"}`)),
		"two positions":  raw([]byte(`1{"id":"a"}{"id":"b"}`)),
		"trailing brace": raw([]byte(`1{"id":"a"}}`)),
		"too long":       raw([]byte(`1{"id":"` + strings.Repeat("a", 800) + `"}`)),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := pagination.Decode[place](cursor)
			require.ErrorIs(t, err, pagination.ErrInvalidCursor)
			require.Equal(t, apierror.Invalid, apierror.From(err).Kind)
			require.Zero(t, got)
		})
	}
}

func TestPositionsThatCannotBeEncodedAreADefect(t *testing.T) {
	_, err := pagination.Encode(func() {})
	require.ErrorContains(t, err, "encode cursor")
	_, err = pagination.Encode(strings.Repeat("a", 800))
	require.ErrorContains(t, err, "allowed are 1024")
	_, err = pagination.Cut([]int{1, 2}, 1, func(int) func() { return func() {} })
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

// Whoever follows the cursors sees every item that was there all the time exactly
// once and in order, even if others are inserted and deleted between the pages.
func TestFollowingTheCursorsSeesEverythingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfDistinct(rapid.IntRange(0, 99), rapid.ID[int])
		stable := numbers.Draw(t, "stable")
		limit := rapid.IntRange(1, 7).Draw(t, "limit")
		var seen []int
		for after := -1; ; {
			passing := numbers.Draw(t, "passing")
			page, err := pagination.Cut(read(append(passing, stable...), after, limit+1), limit, func(n int) int { return n })
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Items), limit)
			seen = append(seen, page.Items...)
			if page.Next == "" {
				break
			}
			after, err = pagination.Decode[int](page.Next)
			require.NoError(t, err)
		}
		require.IsIncreasing(t, append([]int{-1}, seen...))
		require.Subset(t, seen, stable)
	})
}

// read is a repository of numbers.
func read(table []int, after, limit int) (rows []int) {
	slices.Sort(table)
	for _, n := range slices.Compact(table) {
		if n > after && len(rows) < limit {
			rows = append(rows, n)
		}
	}
	return rows
}

func FuzzDecode(f *testing.F) {
	cursor, err := pagination.Encode(place{ID: "a", Rank: 7})
	require.NoError(f, err)
	f.Add(cursor)
	f.Fuzz(func(t *testing.T, cursor string) {
		got, err := pagination.Decode[place](cursor)
		if err != nil {
			require.ErrorIs(t, err, pagination.ErrInvalidCursor)
			return
		}
		_, err = pagination.Encode(got)
		require.NoError(t, err)
	})
}
