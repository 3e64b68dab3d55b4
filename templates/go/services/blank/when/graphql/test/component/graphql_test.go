package component

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// graph runs an operation and returns its data and the reason of its first error.
func (s *service) graph(t *testing.T, query string) (data map[string]any, reason string) {
	t.Helper()
	body := fmt.Sprintf(`{"query":"%s"}`, strings.ReplaceAll(query, `"`, `\"`))
	answer := s.call(t, http.MethodPost, s.api, "/graphql", body, "")
	data, _ = answer.body["data"].(map[string]any)
	if errs, ok := answer.body["errors"].([]any); ok {
		reason, _ = errs[0].(map[string]any)["extensions"].(map[string]any)["reason"].(string)
	}
	return data, reason
}

func TestLifeOfATaskByGraphQL(t *testing.T) {
	prepare(t)
	s := start(t)

	created, reason := s.graph(t, `mutation { createTask(input: {title: "Buy milk"}) { task { id version } } }`)
	require.Empty(t, reason)
	id := created["createTask"].(map[string]any)["task"].(map[string]any)["id"].(string)

	_, reason = s.graph(t, `mutation { updateTask(input: {id: "`+id+`", version: 1, status: DONE}) { task { version } } }`)
	require.Empty(t, reason)
	_, reason = s.graph(t, `mutation { updateTask(input: {id: "`+id+`", version: 1, status: OPEN}) { task { version } } }`)
	require.Equal(t, "VERSION_MISMATCH", reason)

	found, reason := s.graph(t, `{ nodes(ids: ["`+id+`"]) { ... on Task { status } } tasks(status: OPEN) { edges { cursor } } }`)
	require.Empty(t, reason)
	require.Equal(t, []any{map[string]any{"status": "DONE"}}, found["nodes"])
	require.Empty(t, found["tasks"].(map[string]any)["edges"])
	_, reason = s.graph(t, `mutation { deleteTask(input: {id: "`+id+`", version: 2}) { deletedId } }`)
	require.Empty(t, reason)

	s.stop()
	require.Zero(t, <-s.code)
}
