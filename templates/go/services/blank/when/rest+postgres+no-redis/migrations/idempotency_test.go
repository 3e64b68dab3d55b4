package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/migrations"
	"goldpath.local/service/pkg/idempotency/pgstore"
)

func TestTheTableOfIdempotencyKeysIsWhatTheirStoreNeeds(t *testing.T) {
	content, err := migrations.Files.ReadFile("00002_idempotency_keys.sql")
	require.NoError(t, err)
	require.Equal(t, pgstore.Migration, string(content))
}
