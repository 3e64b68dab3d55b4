package idempotency_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/idempotency/idempotencytest"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.VerifyMain(m) }

func newMemory(t testing.TB, maxEntries int) *idempotency.Memory {
	t.Helper()
	store, err := idempotency.NewMemory(maxEntries)
	require.NoError(t, err)
	return store
}

func TestMemory(t *testing.T) {
	idempotencytest.Run(t, func(t *testing.T) idempotencytest.Instance {
		return idempotencytest.Instance{Store: newMemory(t, 1000)}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	_, err := idempotency.NewMemory(0)
	require.ErrorContains(t, err, "room")
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(t, 3)
		begin := func(id int) error {
			_, err := store.Begin(t.Context(), idempotency.Claim{ID: fmt.Sprintf("%064d", id), Owner: "a"}, time.Minute)
			return err
		}
		for id := range 3 {
			require.NoError(t, begin(id))
		}
		require.Equal(t, apierror.Unavailable, apierror.From(begin(3)).Kind)
		require.NoError(t, begin(2), "keys that are known already find their place")
		time.Sleep(time.Minute)
		require.NoError(t, begin(3), "what has expired makes room")
	})
}

// What callers do with a response after they gave it away does not matter.
func TestMemoryKeepsItsOwnCopies(t *testing.T) {
	store := newMemory(t, 1)
	claim := idempotency.Claim{ID: "1", Owner: "a"}
	response := idempotency.Response{Status: 201, Header: map[string][]string{"Location": {"/1"}}, Body: []byte("body")}
	require.NoError(t, store.Complete(t.Context(), claim, response, time.Minute))
	want := response.Clone()
	for range 2 {
		response.Body[0], response.Header["Location"][0] = 'x', "/x"
		found, err := store.Begin(t.Context(), claim, time.Minute)
		require.NoError(t, err)
		require.Equal(t, want, found.Response)
		response = found.Response
	}
}

func BenchmarkBegin(b *testing.B) { idempotencytest.Benchmark(b, newMemory(b, 100_000_000)) }
