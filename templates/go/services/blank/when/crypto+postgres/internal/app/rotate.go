package app

import (
	"context"
	"fmt"
	"io"

	"goldpath.local/service/internal/repositories/postgres"
	"goldpath.local/service/internal/repositories/sealed"
	"goldpath.local/service/pkg/crypto"
	"goldpath.local/service/pkg/postgres/replica"
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
	db, err := replica.Open(ctx, cfg.Postgres, cfg.Service.Name+"-rotate-keys")
	if err != nil {
		return err
	}
	defer db.Close()
	rotated, err := sealed.Rotate(ctx, postgres.NewTasks(db), crypto.NewEnvelope(keys))
	log.InfoContext(ctx, "keys rotated", "primary_key", cfg.Crypto.PrimaryKey, "tasks", rotated)
	return err
}
