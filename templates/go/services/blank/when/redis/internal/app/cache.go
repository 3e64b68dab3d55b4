package app

import (
	"goldpath.local/service/internal/repositories/cached"
	"goldpath.local/service/internal/services"
)

// cacheTasks puts the cache before the storage.
func (a *App) cacheTasks(storage services.TaskRepository) (services.TaskRepository, error) {
	return cached.NewTasks(storage, a.redis, a.cfg.Redis.Cache, a.cacheMetrics)
}
