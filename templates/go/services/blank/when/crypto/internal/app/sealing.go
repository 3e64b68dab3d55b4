package app

import (
	"fmt"

	"goldpath.local/service/internal/repositories/sealed"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/crypto"
)

// sealTasks encrypts what people write before it reaches the storage.
func (a *App) sealTasks(storage services.TaskRepository) (services.TaskRepository, error) {
	keys, err := a.cfg.Crypto.Keyring()
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return sealed.NewTasks(storage, crypto.NewEnvelope(keys)), nil
}
