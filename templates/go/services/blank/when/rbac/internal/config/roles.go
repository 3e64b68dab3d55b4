package config

import "goldpath.local/service/internal/domain"

// defaultRoles is the policy until the configuration brings another. The names
// are those that the issuer puts into tokens.
func defaultRoles() Roles {
	return Roles{
		"reader": {domain.ReadTasks},
		"editor": {domain.ReadTasks, domain.WriteTasks},
	}
}
