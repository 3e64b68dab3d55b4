package restapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/handlers/restapi"
	"goldpath.local/service/internal/middleware"
)

// inV2 returns the same path in version 2.
func inV2(path string) string { return strings.Replace(path, "/v1/", "/v2/", 1) }

func TestBothVersionsShowTheSameTasks(t *testing.T) {
	c := newClient(t)
	created := c.do(http.MethodPost, tasks, `{"title":"Buy milk","notes":"two"}`)
	c.do(http.MethodPost, tasks, `{"title":"Buy bread"}`)
	path := created.header.Get("Location")

	one, two := c.do(http.MethodGet, path, ""), c.do(http.MethodGet, inV2(path), "")
	require.Equal(t, http.StatusOK, two.status)
	require.Equal(t, one.header.Get("ETag"), two.header.Get("ETag"))
	require.Equal(t, one.task().Notes, two.taskV2().Notes)
	require.NotContains(t, string(two.body), `"version"`)

	first := c.do(http.MethodGet, inV2(tasks)+"?limit=1", "")
	require.Equal(t, created.task().ID, first.pageV2().Items[0].ID)
	require.NotContains(t, string(first.body), `"notes"`)
	cursor := "?cursor=" + *first.pageV2().NextCursor
	require.Len(t, c.do(http.MethodGet, inV2(tasks)+cursor, "").pageV2().Items, 1)
	require.Len(t, c.do(http.MethodGet, tasks+cursor, "").page().Items, 1, "cursors work in both")

	c.do(http.MethodGet, inV2(missing), "").refused(http.StatusNotFound, "TASK_NOT_FOUND")
	c.do(http.MethodGet, inV2(tasks)+"?cursor=forged", "").refused(http.StatusBadRequest, "INVALID_CURSOR")
}

func TestWhatHasASuccessorSaysSoOnceItIsDeprecated(t *testing.T) {
	c := newClient(t, func(opts *restapi.Options) {
		opts.V1 = middleware.Deprecation{Since: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	})
	created := c.do(http.MethodPost, tasks, `{"title":"a"}`)
	require.Empty(t, created.header.Get("Deprecation"), "there is no other way yet")
	path := created.header.Get("Location")
	for _, deprecated := range []string{tasks, path, missing} {
		header := c.do(http.MethodGet, deprecated, "").header
		require.Equal(t, "@1798761600", header.Get("Deprecation"), deprecated)
		require.Equal(t, "<"+inV2(deprecated)+`>; rel="successor-version"`, header.Get("Link"))
		require.Empty(t, c.do(http.MethodGet, inV2(deprecated), "").header.Get("Deprecation"))
	}
}

func TestClientsThatHaveThePresentVersionGetNothingNew(t *testing.T) {
	for _, c := range []client{newClient(t), newClient(t, withoutValidator)} {
		path := c.do(http.MethodPost, tasks, `{"title":"a"}`).header.Get("Location")
		tests := map[string]int{
			`"1"`:          http.StatusNotModified,
			`W/"1"`:        http.StatusNotModified,
			`"7", "1"`:     http.StatusNotModified,
			`*`:            http.StatusNotModified,
			`"2"`:          http.StatusOK,
			`1`:            http.StatusOK,
			`not a tag,,"`: http.StatusOK,
		}
		for header, status := range tests {
			for _, address := range []string{path, inV2(path)} {
				got := c.do(http.MethodGet, address, "", "If-None-Match", header)
				require.Equal(t, status, got.status, header)
				require.Equal(t, `"1"`, got.header.Get("ETag"))
				require.Equal(t, status == http.StatusNotModified, len(got.body) == 0)
			}
		}
		c.do(http.MethodPatch, path, `{"title":"b"}`, "If-Match", `"1"`)
		require.Equal(t, http.StatusOK, c.do(http.MethodGet, path, "", "If-None-Match", `"1"`).status)
	}
}
