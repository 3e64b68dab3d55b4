package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/postgrestest"
)

const readRow = "SELECT n FROM counter WHERE id = $1"

func BenchmarkReadRow(b *testing.B) {
	for _, mode := range []string{"cache_statement", "exec"} {
		b.Run(mode, func(b *testing.B) {
			cfg := postgrestest.Config(b)
			cfg.QueryExecMode = mode
			pool, err := postgres.Open(b.Context(), cfg, "bench")
			require.NoError(b, err)
			defer pool.Close()
			_, err = pool.Exec(b.Context(), "CREATE TABLE counter AS SELECT 1 AS id, 0 AS n")
			require.NoError(b, err)
			for b.Loop() {
				var n int
				require.NoError(b, pool.QueryRow(b.Context(), readRow, 1).Scan(&n))
			}
		})
	}
}

func BenchmarkInTx(b *testing.B) {
	levels := map[string][]postgres.TxOption{
		"read committed": nil,
		"serializable":   {postgres.Serializable(), postgres.Measured(postgres.NewTxMetrics())},
	}
	for name, opts := range levels {
		b.Run(name, func(b *testing.B) {
			pool := postgrestest.Pool(b, migrations)
			for b.Loop() {
				require.NoError(b, postgres.InTx(b.Context(), pool, func(tx pgx.Tx) error {
					var n int
					return tx.QueryRow(b.Context(), readRow, 1).Scan(&n)
				}, opts...))
			}
		})
	}
}
