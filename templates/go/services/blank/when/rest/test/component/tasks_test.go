package component

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLifeOfATaskFromTheOutside(t *testing.T) {
	prepare(t)
	s := start(t)

	created := s.call(t, http.MethodPost, s.api, "/api/v1/tasks", `{"title":"Buy milk"}`, "")
	require.Equal(t, http.StatusCreated, created.status)
	path := "/api/v1/tasks/" + created.body["id"].(string)

	done := s.call(t, http.MethodPatch, s.api, path, `{"status":"done"}`, created.etag)
	require.Equal(t, http.StatusOK, done.status)
	stale := s.call(t, http.MethodPatch, s.api, path, `{"status":"open"}`, created.etag)
	require.Equal(t, http.StatusPreconditionFailed, stale.status)
	require.Equal(t, "VERSION_MISMATCH", stale.body["reason"])

	list := s.call(t, http.MethodGet, s.api, "/api/v1/tasks?status=done", "", "")
	require.Len(t, list.body["items"], 1)
	require.Equal(t, http.StatusNoContent, s.call(t, http.MethodDelete, s.api, path, "", done.etag).status)

	s.stop()
	require.Zero(t, <-s.code)
}
