package restapi_test

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers/restapi"
)

// operations returns everything that the API serves, by method and route.
func operations(t *testing.T) []string {
	t.Helper()
	engine := gin.New()
	restapi.Mount(restapi.NewAPI(nil), restapi.Options{})(engine)
	var names []string
	for _, route := range engine.Routes() {
		names = append(names, route.Method+" "+route.Path)
	}
	require.NotEmpty(t, names)
	return names
}

func TestEveryOperationDeclaresWhatItNeeds(t *testing.T) {
	table := restapi.Permissions()
	require.Empty(t, table.Undeclared(operations(t)), "nobody may call these")
	require.Empty(t, table.Stale(operations(t)), "these are not served")
	require.NoError(t, table.Validate(domain.Permissions()))
}

func TestTheDocumentSaysWhatOperationsNeed(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(rest.Spec)
	require.NoError(t, err)
	declared := map[string]string{}
	for path, item := range document.Paths.Map() {
		route := strings.NewReplacer("{", ":", "}", "").Replace(path)
		for method, operation := range item.Operations() {
			permission, _ := operation.Extensions["x-permission"].(string)
			declared[method+" "+route] = permission
		}
	}
	want := map[string]string{}
	for operation, permission := range restapi.Permissions() {
		want[operation] = string(permission)
	}
	require.Equal(t, want, declared)
}
