package app

import (
	"context"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/rbac"
)

// authorization knows what the roles of callers allow.
type authorization struct {
	policy *rbac.Authorizer
}

// wireRBAC puts the roles of the configuration in force, and those of every
// reload.
func (a *App) wireRBAC() error {
	policy, err := rbac.New(domain.Permissions(), a.cfg.Dynamic.Roles, a.registry)
	if err != nil {
		return err
	}
	a.policy = policy
	a.configs.OnChange(a.reloadRoles)
	return nil
}

// reloadRoles puts the roles of a new configuration in force; its loading has
// validated them.
func (a *App) reloadRoles(cfg config.Config) {
	if err := a.policy.SetPolicy(cfg.Dynamic.Roles); err != nil {
		a.log.ErrorContext(context.Background(), "roles refused", "error", err)
	}
}
