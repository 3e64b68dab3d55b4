package pagination_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/pagination"
)

// position is what a list ordered by time and id pages by.
type position struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

var last = position{At: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), ID: "0198c6a2-7c1e-7c5d-a1f3-0d6f2f0c3b1a"}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = pagination.Encode(last)
	}
}

func BenchmarkDecode(b *testing.B) {
	cursor, err := pagination.Encode(last)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = pagination.Decode[position](cursor)
	}
}
