package app

import (
	"context"
	"fmt"
	"io"

	"goldpath.local/service/internal/repositories/postgres"
	"goldpath.local/service/internal/repositories/sealed"
	"goldpath.local/service/pkg/crypto"
	pkgpostgres "goldpath.local/service/pkg/postgres"
)

// rotateKeys puts what is stored under the primary key and returns.
func rotateKeys(ctx context.Context, stdout io.Writer) error {
	configs, log, err := setup(ctx, stdout)
	if err != nil {
		return err
	}
	cfg := configs.Get()
	keys, err := cfg.Crypto.Keyring()
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	pool, err := pkgpostgres.Open(ctx, cfg.Postgres, cfg.Service.Name+"-rotate-keys")
	if err != nil {
		return err
	}
	defer pool.Close()
	rotated, err := sealed.Rotate(ctx, postgres.NewTasks(pool), crypto.NewEnvelope(keys))
	log.InfoContext(ctx, "keys rotated", "primary_key", cfg.Crypto.PrimaryKey, "tasks", rotated)
	return err
}
