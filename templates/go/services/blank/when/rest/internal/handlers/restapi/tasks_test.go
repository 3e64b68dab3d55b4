package restapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/api/rest"
)

const (
	tasks   = "/api/v1/tasks"
	missing = tasks + "/01a2049d-0c42-7eab-a424-9e5e270de1fe"
)

func TestLifeOfATask(t *testing.T) {
	c := newClient(t)

	created := c.do(http.MethodPost, tasks, `{"title":" Buy milk ","notes":"two"}`)
	require.Equal(t, http.StatusCreated, created.status)
	require.Equal(t, `"1"`, created.header.Get("ETag"))
	require.Equal(t, "Buy milk", created.task().Title)
	path := created.header.Get("Location")
	require.Equal(t, tasks+"/"+created.task().ID.String(), path)

	read := c.do(http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, read.status)
	require.Equal(t, created.task(), read.task())
	require.Equal(t, `"1"`, read.header.Get("ETag"))

	changed := c.do(http.MethodPatch, path, `{"status":"done"}`, "If-Match", `"1"`)
	require.Equal(t, http.StatusOK, changed.status)
	require.Equal(t, `"2"`, changed.header.Get("ETag"))
	require.Equal(t, rest.TaskStatusDone, changed.task().Status)
	require.Equal(t, "two", changed.task().Notes)

	gone := c.do(http.MethodDelete, path, "", "If-Match", `"2"`)
	require.Equal(t, http.StatusNoContent, gone.status)
	require.Empty(t, gone.body)
	c.do(http.MethodGet, path, "").refused(http.StatusNotFound, "TASK_NOT_FOUND")
}

func TestListPages(t *testing.T) {
	c := newClient(t)
	require.Empty(t, c.do(http.MethodGet, tasks, "").page().Items)
	for i := range 5 {
		created := c.do(http.MethodPost, tasks, fmt.Sprintf(`{"title":"task %d"}`, i))
		if i%2 == 1 {
			c.do(http.MethodPatch, created.header.Get("Location"), `{"status":"done"}`, "If-Match", `"1"`)
		}
	}
	var titles []string
	query := "?limit=2&status=open"
	for {
		page := c.do(http.MethodGet, tasks+query, "").page()
		for _, task := range page.Items {
			titles = append(titles, task.Title)
		}
		if page.NextCursor == nil {
			break
		}
		query = "?limit=2&status=open&cursor=" + *page.NextCursor
	}
	require.Equal(t, []string{"task 0", "task 2", "task 4"}, titles)
}

// The refusals hold whether or not the OpenAPI validator stands before the
// handlers: production may run without it.
func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		method, path, body, ifMatch string
		status                      int
		fields                      []string
	}{
		"empty title":       {http.MethodPost, tasks, `{"title":""}`, "", 400, []string{"title"}},
		"missing title":     {http.MethodPost, tasks, `{"notes":"x"}`, "", 400, []string{"title"}},
		"long title":        {http.MethodPost, tasks, `{"title":"` + strings.Repeat("x", 201) + `"}`, "", 400, []string{"title"}},
		"wrong type":        {http.MethodPost, tasks, `{"title":7}`, "", 400, []string{"title"}},
		"not JSON":          {http.MethodPost, tasks, `{"title":`, "", 400, nil},
		"no body":           {http.MethodPost, tasks, "", "", 400, nil},
		"huge body":         {http.MethodPost, tasks, `{"title":"` + strings.Repeat("x", 20<<10) + `"}`, "", 413, nil},
		"two bodies":        {http.MethodPost, tasks, `{"title":"a"}{"title":"b"}`, "", 400, nil},
		"body and garbage":  {http.MethodPost, tasks, `{"title":"a"} garbage`, "", 400, nil},
		"no tasks":          {http.MethodGet, tasks + "?limit=0", "", "", 400, []string{"limit"}},
		"too many tasks":    {http.MethodGet, tasks + "?limit=101", "", "", 400, []string{"limit"}},
		"empty cursor":      {http.MethodGet, tasks + "?cursor=", "", "", 400, []string{"cursor"}},
		"bad limit":         {http.MethodGet, tasks + "?limit=many", "", "", 400, []string{"limit"}},
		"unknown status":    {http.MethodGet, tasks + "?status=lost", "", "", 400, []string{"status"}},
		"forged cursor":     {http.MethodGet, tasks + "?cursor=forged", "", "", 400, nil},
		"bad id":            {http.MethodGet, tasks + "/7", "", "", 400, nil},
		"missing task":      {http.MethodGet, missing, "", "", 404, nil},
		"broken query":      {http.MethodGet, tasks + "?limit=%zz", "", "", 400, nil},
		"no If-Match":       {http.MethodPatch, missing, `{"title":"a"}`, "", 400, []string{"If-Match"}},
		"weak If-Match":     {http.MethodPatch, missing, `{"title":"a"}`, `W/"1"`, 400, []string{"If-Match"}},
		"any If-Match":      {http.MethodDelete, missing, "", `*`, 400, []string{"If-Match"}},
		"update of nothing": {http.MethodPatch, missing, `{"title":"a"}`, `"1"`, 404, nil},
		"delete of nothing": {http.MethodDelete, missing, "", `"1"`, 404, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for _, c := range []client{newClient(t), newClient(t, withoutValidator)} {
				var headers []string
				if tc.ifMatch != "" {
					headers = []string{"If-Match", tc.ifMatch}
				}
				got := c.do(tc.method, tc.path, tc.body, headers...)
				require.Equal(t, tc.status, got.status, string(got.body))
				for _, field := range tc.fields {
					require.Contains(t, string(got.body), `"field":"`+field+`"`)
				}
			}
		})
	}
}

func TestBodiesOfAnotherTypeAreRefused(t *testing.T) {
	for _, c := range []client{newClient(t), newClient(t, withoutValidator)} {
		for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "application/jsonp", ";"} {
			got := c.do(http.MethodPost, tasks, `{"title":"a"}`, "Content-Type", media)
			got.refused(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
			require.Equal(t, "application/json", got.header.Get("Accept"))
		}
		for _, media := range []string{"application/json; charset=utf-8", "Application/JSON"} {
			require.Equal(t, http.StatusCreated, c.do(http.MethodPost, tasks, `{"title":"a"}`, "Content-Type", media).status)
		}
	}
}

func TestAnEmptyChangeIsRefused(t *testing.T) {
	for _, c := range []client{newClient(t), newClient(t, withoutValidator)} {
		path := c.do(http.MethodPost, tasks, `{"title":"a"}`).header.Get("Location")
		require.Equal(t, http.StatusBadRequest, c.do(http.MethodPatch, path, `{}`, "If-Match", `"1"`).status)
	}
}

func TestAChangeBasedOnAnOldVersionIsRefused(t *testing.T) {
	c := newClient(t)
	path := c.do(http.MethodPost, tasks, `{"title":"a"}`).header.Get("Location")
	require.Equal(t, http.StatusOK, c.do(http.MethodPatch, path, `{"title":"b"}`, "If-Match", `"1"`).status)

	c.do(http.MethodPatch, path, `{"title":"c"}`, "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "VERSION_MISMATCH")
	c.do(http.MethodDelete, path, "", "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "VERSION_MISMATCH")
	require.Equal(t, "b", c.do(http.MethodGet, path, "").task().Title)
}

func TestADoneTaskRefusesOtherChanges(t *testing.T) {
	c := newClient(t)
	path := c.do(http.MethodPost, tasks, `{"title":"a"}`).header.Get("Location")
	c.do(http.MethodPatch, path, `{"status":"done"}`, "If-Match", `"1"`)
	c.do(http.MethodPatch, path, `{"title":"b"}`, "If-Match", `"2"`).refused(http.StatusConflict, "TASK_DONE")
	require.Equal(t, http.StatusOK, c.do(http.MethodPatch, path, `{"title":"b","status":"open"}`, "If-Match", `"2"`).status)
}

func BenchmarkGetTask(b *testing.B) {
	for name, c := range map[string]client{
		"validated": newClient(b),
		"plain":     newClient(b, withoutValidator),
	} {
		b.Run(name, func(b *testing.B) {
			path := c.do(http.MethodPost, tasks, `{"title":"a"}`).header.Get("Location")
			b.ReportAllocs()
			for b.Loop() {
				serve(b, c.router, path)
			}
		})
	}
}
