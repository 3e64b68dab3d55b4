package grpcapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/handlers/grpcapi"
)

func TestPublicMethodsExist(t *testing.T) {
	require.Subset(t, methods(), grpcapi.PublicMethods(), "a name that nothing has opens nothing")
}
