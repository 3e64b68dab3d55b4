package graphapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers/graphapi"
)

// rootFields returns all fields of queries, mutations and subscriptions.
func rootFields(t *testing.T) []string {
	t.Helper()
	schema := graphapi.NewAPI(nil, nil).Schema().Schema()
	var names []string
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, field := range root.Fields {
			if !strings.HasPrefix(field.Name, "__") { // what tells of the schema has a switch of its own
				names = append(names, root.Name+"."+field.Name)
			}
		}
	}
	require.NotEmpty(t, names)
	return names
}

func TestEveryFieldOfTheRootDeclaresWhatItNeeds(t *testing.T) {
	table := graphapi.Permissions()
	require.Empty(t, table.Undeclared(rootFields(t)), "nobody may select these")
	require.Empty(t, table.Stale(rootFields(t)), "these are not in the schema")
	require.NoError(t, table.Validate(domain.Permissions()))
}
