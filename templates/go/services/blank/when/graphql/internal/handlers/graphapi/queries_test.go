package graphapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers/graphapi"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
)

func TestATaskIsFoundByItsID(t *testing.T) {
	c := newClient(t)
	want := c.create("Buy milk")
	require.Equal(t, "OPEN", want.Status)
	var got struct {
		Task, Node task
		Nodes      []*task
	}
	other := c.create("Buy bread")
	gone := c.create("Buy nothing")
	c.query(`mutation($id: ID!) { deleteTask(input: {id: $id, version: 1}) { deletedId } }`, "id", gone.ID).ok(&struct {
		DeleteTask struct{ DeletedID string }
	}{})
	c.query(`query($id: ID!, $ids: [ID!]!) {
		task(id: $id) { ...F } node(id: $id) { ...F } nodes(ids: $ids) { ...F }
	} fragment F on Task { `+taskFields+` }`, "id", want.ID, "ids", []string{other.ID, gone.ID, want.ID}).ok(&got)
	require.Equal(t, want, got.Task)
	require.Equal(t, want, got.Node)
	require.Equal(t, []*task{&other, nil, &want}, got.Nodes)

	var none struct{ Task, Node *task }
	c.query(`query($id: ID!) { task(id: $id) { id } node(id: $id) { id } }`, "id", gone.ID).ok(&none)
	require.Nil(t, none.Task)
	require.Nil(t, none.Node)
}

// Everything that one operation asks for is read at once.
func TestTasksAreReadInBatches(t *testing.T) {
	c := newClient(t)
	ids := make([]string, 10)
	for i := range ids {
		ids[i] = c.create("task " + strconv.Itoa(i)).ID
	}
	var text strings.Builder
	for i, id := range ids {
		fmt.Fprintf(&text, " t%d: task(id: %q) { title } n%d: node(id: %q) { id }", i, id, i, id)
	}
	var got map[string]any
	c.query("query($ids: [ID!]!) {"+text.String()+" nodes(ids: $ids) { id } }", "ids", ids).ok(&got)
	require.Len(t, got, 21)
	batches := c.repository.many.Load()
	require.LessOrEqual(t, batches, int64(4), "a slow machine may see the window of a batch end early")
	require.Zero(t, c.repository.single.Load())

	c.query("{ task(id: \"" + ids[0] + "\") { id } }").ok(&got)
	require.Equal(t, batches+1, c.repository.many.Load(), "what one operation has read, another reads anew")
}

func TestIDsAreOpaqueAndHaveOneSpelling(t *testing.T) {
	c := newClient(t)
	id := c.create("a").ID
	for name, wrong := range map[string]string{
		"empty": "", "raw": uuid.NewString(), "another type": "VXNlcjow", "padding": id + "=", "cut": id[:len(id)-1],
		"upper case": "VGFzazo" + strings.ToUpper(id[7:]), "not base64": "ä",
	} {
		t.Run(name, func(t *testing.T) {
			got := c.query(`query($id: ID!) { task(id: $id) { id } }`, "id", wrong).refused("BAD_USER_INPUT", "INVALID_ID")
			require.Equal(t, "id", got.Extensions.Fields[0].Field)
			c.query(`query($id: ID!) { nodes(ids: [$id]) { id } }`, "id", wrong).refused("BAD_USER_INPUT", "INVALID_ID")
		})
	}
}

type connection struct {
	Edges []struct {
		Cursor string
		Node   struct{ Title string }
	}
	PageInfo struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       *string
	}
}

const pageQuery = `query Page($first: Int!, $after: String, $status: TaskStatus) { tasks(first: $first, after: $after, status: $status) {
	edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
} }`

// Whatever the size of the pages, walking through them shows every task once, in
// order; and every cursor of an edge leads to what follows after that edge.
func TestPagesShowEveryTaskOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newClient(t)
		tasks := services.NewTasks(c.repository, time.Now)
		total := rapid.IntRange(0, 12).Draw(rt, "tasks")
		for i := range total {
			_, err := tasks.Create(t.Context(), strconv.Itoa(i), "")
			require.NoError(rt, err)
		}
		first := rapid.IntRange(1, 5).Draw(rt, "first")
		var cursors []string
		var after *string
		for more := true; more; {
			var got struct{ Tasks connection }
			c.query(pageQuery, "first", first, "after", after).ok(&got)
			for _, edge := range got.Tasks.Edges {
				require.Equal(rt, strconv.Itoa(len(cursors)), edge.Node.Title)
				cursors = append(cursors, edge.Cursor)
			}
			require.False(rt, got.Tasks.PageInfo.HasPreviousPage)
			if n := len(got.Tasks.Edges); n > 0 {
				require.Equal(rt, cursors[len(cursors)-1], *got.Tasks.PageInfo.EndCursor)
				require.Equal(rt, cursors[len(cursors)-n], *got.Tasks.PageInfo.StartCursor)
			}
			after, more = got.Tasks.PageInfo.EndCursor, got.Tasks.PageInfo.HasNextPage
		}
		require.Len(rt, cursors, total)
		if total > 0 {
			at := rapid.IntRange(0, total-1).Draw(rt, "at")
			var rest struct{ Tasks connection }
			c.query(pageQuery, "first", 20, "after", cursors[at]).ok(&rest)
			require.Len(rt, rest.Tasks.Edges, total-at-1)
		}
	})
}

func TestTasksAreFilteredByStatus(t *testing.T) {
	c := newClient(t)
	c.create("open")
	done := c.create("done")
	c.query(`mutation($id: ID!) { updateTask(input: {id: $id, version: 1, status: DONE}) { task { status } } }`, "id", done.ID)
	for status, title := range map[string]string{"OPEN": "open", "DONE": "done"} {
		var got struct{ Tasks connection }
		c.query(pageQuery, "first", 10, "status", status).ok(&got)
		require.Len(t, got.Tasks.Edges, 1)
		require.Equal(t, title, got.Tasks.Edges[0].Node.Title)
	}
}

func TestPagesAreBounded(t *testing.T) {
	c := newClient(t)
	c.create("a")
	for _, first := range []int{-1, 0, services.MaxPageSize + 1} {
		got := c.query(`query($n: Int!) { tasks(first: $n) { edges { cursor } } }`, "n", first).refused("BAD_USER_INPUT", "INVALID_PAGE_SIZE")
		require.Equal(t, "first", got.Extensions.Fields[0].Field)
	}
	id := c.create("b").ID
	ids := make([]string, services.MaxPageSize+1)
	for i := range ids {
		ids[i] = id
	}
	c.query(`query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, "ids", ids).refused("BAD_USER_INPUT", "INVALID_PAGE_SIZE")
	c.query(`{ tasks(after: "forged") { edges { cursor } } }`).refused("BAD_USER_INPUT", "INVALID_CURSOR")

	var got struct{ Tasks connection }
	c.query(pageQuery, "first", services.MaxPageSize).ok(&got)
	require.Len(t, got.Tasks.Edges, 2, "the greatest page is not too complex")
}

// down is a repository whose storage has failed.
type down struct{ services.TaskRepository }

var errDown = apierror.New(apierror.Unavailable, "DATABASE_UNAVAILABLE", "down").WithCause(errors.New("10.0.0.1 refused"))

func (down) GetMany(context.Context, []uuid.UUID) ([]domain.Task, error) { return nil, errDown }

func (down) List(context.Context, services.TaskFilter) ([]domain.Task, error) { return nil, errDown }

func TestFailuresOfTheStorageAreToldAndLogged(t *testing.T) {
	ids := newClient(t)
	id := ids.create("a").ID
	for _, query := range []string{`{ tasks { edges { cursor } } }`, `{ task(id: "` + id + `") { id } }`, `{ nodes(ids: ["` + id + `"]) { id } }`} {
		c := newClient(t, func(s *settings) { s.repository = down{} })
		got := c.query(query).refused("SERVICE_UNAVAILABLE", "DATABASE_UNAVAILABLE")
		require.NotContains(t, got.Message, "10.0.0.1")
		require.Contains(t, c.logs.String(), "10.0.0.1 refused")
	}
}

// What the server refuses by default is refused here, too: through the router, by
// the schema of this service.
func TestHostileOperationsAreRefused(t *testing.T) {
	c := newClient(t)
	aliases, roots := strings.Builder{}, strings.Builder{}
	for i := range 21 {
		fmt.Fprintf(&aliases, " a%d: title", i)
		fmt.Fprintf(&roots, " a%d: tasks(first: 1) { edges { cursor } }", i)
	}
	tests := map[string]struct{ query, reason string }{
		"depth bomb":           {strings.Repeat("{node", 11) + strings.Repeat("}", 11), "QUERY_TOO_DEEP"},
		"alias bomb":           {`{ task(id: "x") {` + aliases.String() + "} }", "TOO_MANY_ALIASES"},
		"alias bomb of roots":  {"{" + roots.String() + "}", "TOO_MANY_ALIASES"},
		"fragment cycle":       {"{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "VALIDATION_FAILED"},
		"huge list":            {"{ tasks(first: 1000000) { edges { node { title } } } }", "QUERY_TOO_COMPLEX"},
		"two great lists":      {"{ a: tasks(first: 100) { ...T } b: tasks(first: 100) { ...T } } fragment T on TaskConnection { edges { cursor node { " + taskFields + " } } }", "QUERY_TOO_COMPLEX"},
		"introspection":        {"{ __schema { types { name } } }", "INTROSPECTION_DISABLED"},
		"introspection, named": {`{ __type(name: "Task") { name } }`, "INTROSPECTION_DISABLED"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := c.query(tc.query)
			require.NotEmpty(t, got.Errors)
			require.Equal(t, tc.reason, got.Errors[0].Extensions.Reason)
			require.Equal(t, http.StatusBadRequest, got.status)
		})
	}
	require.Zero(t, c.repository.single.Load()+c.repository.many.Load())
}

func TestADeveloperSeesTheSchema(t *testing.T) {
	c := newClient(t, func(s *settings) { s.cfg.Introspection, s.playground = true, true })
	var got struct {
		Type struct{ Name string } `json:"__type"`
	}
	c.query(`{ __type(name: "Task") { name } }`).ok(&got)
	require.Equal(t, "Task", got.Type.Name)

	for playground, status := range map[bool]int{true: http.StatusOK, false: http.StatusNotFound} {
		c := newClient(t, func(s *settings) { s.playground = playground })
		rec := httptest.NewRecorder()
		c.router.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, graphapi.Path+"/playground", http.NoBody))
		require.Equal(t, status, rec.Code)
	}
}

func TestAnOperationIsATraceFromItsRequestToItsResolvers(t *testing.T) {
	c := newClient(t)
	c.create("Hidden in arguments")
	spans := c.spans.Ended()
	require.Len(t, spans, 3)
	require.Equal(t, "Mutation.createTask", spans[0].Name())
	require.Equal(t, "mutation", spans[1].Name())
	require.Equal(t, "POST /graphql", spans[2].Name())
	require.Equal(t, spans[1].SpanContext().SpanID(), spans[0].Parent().SpanID())
	require.Equal(t, spans[2].SpanContext().SpanID(), spans[1].Parent().SpanID())
	for _, span := range spans {
		text, err := json.Marshal(span.Attributes())
		require.NoError(t, err)
		require.NotContains(t, string(text), "Hidden")
	}
}

func BenchmarkTask(b *testing.B) {
	c := newClient(b)
	body := fmt.Sprintf(`{"query":"query Q($id: ID!) { task(id: $id) { %s } }","variables":{"id":%q}}`, taskFields, c.create("a").ID)
	b.ReportAllocs()
	for b.Loop() {
		if got := c.post(body); len(got.Errors) > 0 {
			b.Fatal(got.Errors)
		}
	}
}
