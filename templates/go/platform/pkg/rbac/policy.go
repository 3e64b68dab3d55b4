// Package rbac decides by the roles of a caller what the caller may do. What is
// not declared, not held, or not known is denied.
package rbac

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// Permission is the right to do one kind of thing, e.g. "tasks:write". The domain
// declares its permissions as constants, so that a typing mistake does not compile.
type Permission string

// Two markers stand where a permission is declared but are held by no role.
const (
	// Public lets everybody in, with or without a token.
	Public Permission = "public"
	// Authenticated lets every caller with a valid token in.
	Authenticated Permission = "authenticated"
)

// rolePattern allows lower case only: the keys of a configuration file arrive in
// lower case, whatever the file says, and roles of tokens are compared exactly.
const rolePattern = `^[a-z][a-z0-9_-]{0,62}$`

// Policy is which permissions every role holds. It is meant for the dynamic
// section of the configuration. There are no wildcards: a permission that is
// added to the service later is held by nobody until somebody decides so.
type Policy map[string][]Permission

// Validate returns everything that is wrong with the policy at once: roles that
// no token can name, that hold nothing, or that hold what is not in known.
func (p Policy) Validate(known []Permission) error {
	name := regexp.MustCompile(rolePattern)
	var errs []error
	for _, role := range slices.Sorted(maps.Keys(p)) {
		if !name.MatchString(role) {
			errs = append(errs, fmt.Errorf("role %q must match %s", role, rolePattern))
		}
		if len(p[role]) == 0 {
			errs = append(errs, fmt.Errorf("role %q holds no permission", role))
		}
		for _, permission := range p[role] {
			if isMarker(permission) || !slices.Contains(known, permission) {
				errs = append(errs, fmt.Errorf("role %q holds %q, which is no permission of this service", role, permission))
			}
		}
	}
	return errors.Join(errs...)
}

func isMarker(p Permission) bool { return p == Public || p == Authenticated }

// roleSets holds, by permission, the roles that hold it. It never changes.
type roleSets map[Permission]map[string]struct{}

func (p Policy) byPermission() roleSets {
	sets := roleSets{}
	for role, permissions := range p {
		for _, permission := range permissions {
			if sets[permission] == nil {
				sets[permission] = map[string]struct{}{}
			}
			sets[permission][role] = struct{}{}
		}
	}
	return sets
}

// heldByAny reports whether one of the roles holds the permission.
func (s roleSets) heldByAny(roles []string, permission Permission) bool {
	holders := s[permission]
	return slices.ContainsFunc(roles, func(role string) bool {
		_, ok := holders[role]
		return ok
	})
}
