package config

import (
	"fmt"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/rbac"
)

// Roles says which permissions every role holds. A file or an environment that
// sets it replaces the default as a whole.
type Roles = rbac.Policy

func (c Config) validateRoles() error {
	if err := c.Dynamic.Roles.Validate(domain.Permissions()); err != nil {
		return fmt.Errorf("dynamic.roles: %w", err)
	}
	return nil
}
