package component

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATaskIsCreatedOnceHoweverOftenItIsAskedFor(t *testing.T) {
	prepare(t)
	rememberKeys(t)
	s := start(t)
	const body, key = `{"title":"Buy milk"}`, "6f1d2a52-6c33-4f0e-9d55-8a4f4c1f6a11"

	first := s.send(t, http.MethodPost, tasks, body, "Idempotency-Key", key)
	require.Equal(t, http.StatusCreated, first.status, string(first.body))
	again := s.send(t, http.MethodPost, tasks, body, "Idempotency-Key", key)
	require.Equal(t, http.StatusCreated, again.status)
	require.Equal(t, string(first.body), string(again.body))
	require.Equal(t, first.header.Get("Location"), again.header.Get("Location"))
	require.Equal(t, first.header.Get("ETag"), again.header.Get("ETag"))
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))

	s.send(t, http.MethodPost, tasks, `{"title":"Buy bread"}`, "Idempotency-Key", key).
		refused(t, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
	s.send(t, http.MethodPost, tasks, body, "Idempotency-Key", `"open`).
		refused(t, http.StatusBadRequest, "IDEMPOTENCY_KEY_INVALID")

	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			got := s.send(t, http.MethodPost, tasks, `{"title":"Buy tea"}`, "Idempotency-Key", "at once").status
			if got != http.StatusCreated && got != http.StatusConflict {
				t.Errorf("status %d", got)
			}
		})
	}
	wg.Wait()
	var page struct{ Items []json.RawMessage }
	require.NoError(t, json.Unmarshal(s.send(t, http.MethodGet, tasks, "").body, &page))
	require.Len(t, page.Items, 2)
	s.stop()
	require.Zero(t, <-s.code)
}
