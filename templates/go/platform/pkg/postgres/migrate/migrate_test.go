package migrate_test

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/postgres/migrate"
	"goldpath.local/service/pkg/postgres/postgrestest"
	"goldpath.local/service/pkg/testkit"
)

var migrations = fstest.MapFS{
	"00001_counter.sql": {Data: []byte("-- +goose Up\nCREATE TABLE counter (n int);\n-- +goose Down\nDROP TABLE counter;\n")},
}

func TestMain(m *testing.M) { testkit.VerifyMain(m, postgrestest.Stop) }

func TestUpRunsEachMigrationOnceAmongCompetitors(t *testing.T) {
	pool := postgrestest.Open(t, postgrestest.Config(t))
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() {
			errs[i] = migrate.Up(t.Context(), pool, migrations, slog.New(slog.DiscardHandler))
		})
	}
	wg.Wait()
	require.Equal(t, make([]error, 3), errs)

	var logged bytes.Buffer
	require.NoError(t, migrate.Up(t.Context(), pool, migrations, slog.New(slog.NewTextHandler(&logged, nil))))
	require.Contains(t, logged.String(), "applied=0")
}

func TestUpReportsBrokenMigrations(t *testing.T) {
	pool := postgrestest.Open(t, postgrestest.Config(t))
	broken := fstest.MapFS{"00001_x.sql": {Data: []byte("-- +goose Up\nCREATE TABBLE x;\n")}}
	log := slog.New(slog.DiscardHandler)
	require.ErrorContains(t, migrate.Up(t.Context(), pool, broken, log), "apply migrations")
	require.ErrorContains(t, migrate.Up(t.Context(), pool, fstest.MapFS{}, log), "read migrations")
	require.ErrorContains(t, migrate.Check(pool, fstest.MapFS{})(t.Context()), "read migrations")
}

func TestCheckFailsUntilMigratedAndThenRemembers(t *testing.T) {
	pool := postgrestest.Open(t, postgrestest.Config(t))
	check := migrate.Check(pool, migrations)
	require.ErrorContains(t, check(t.Context()), "pending")
	require.NoError(t, migrate.Up(t.Context(), pool, migrations, slog.New(slog.DiscardHandler)))
	require.NoError(t, check(t.Context()))
	pool.Close()
	require.NoError(t, check(t.Context()))
	require.Error(t, migrate.Check(pool, migrations)(t.Context()), "a fresh check needs the database")
}
