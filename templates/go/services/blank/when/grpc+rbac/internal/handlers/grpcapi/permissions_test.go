package grpcapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers/grpcapi"
	"goldpath.local/service/pkg/rbac"
)

func TestEveryMethodDeclaresWhatItNeeds(t *testing.T) {
	table := grpcapi.Permissions()
	require.Empty(t, table.Undeclared(methods()), "nobody may call these")
	require.Empty(t, table.Stale(methods()), "these are not served")
	require.NoError(t, table.Validate(domain.Permissions()))
	for _, method := range grpcapi.PublicMethods() {
		require.Equal(t, rbac.Public, table[method])
	}
}
