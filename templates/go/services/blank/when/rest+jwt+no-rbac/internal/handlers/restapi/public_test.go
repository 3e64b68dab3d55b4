package restapi_test

import (
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/handlers/restapi"
)

func TestPublicOperationsExist(t *testing.T) {
	engine := gin.New()
	restapi.Mount(restapi.NewAPI(nil), restapi.Options{})(engine)
	var served []string
	for _, route := range engine.Routes() {
		served = append(served, route.Method+" "+route.Path)
	}
	require.NotEmpty(t, served)
	require.Subset(t, served, restapi.PublicOperations(), "a name that nothing has opens nothing")
}
