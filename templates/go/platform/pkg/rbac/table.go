package rbac

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Table declares what every operation needs. Its keys are the names that the
// transport gives operations, e.g. "GET /api/v1/tasks/:id", a full RPC method, or
// "Query.tasks". An operation without an entry needs the zero Permission, which
// nobody holds.
type Table map[string]Permission

// Undeclared returns, sorted, the operations without an entry. A test holds it
// to be empty for what the transport serves, so that forgetting an entry fails
// the build and not the first caller.
func (t Table) Undeclared(operations []string) []string {
	var missing []string
	for _, operation := range operations {
		if t[operation] == "" {
			missing = append(missing, operation)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// Stale returns, sorted, the entries that name none of the operations.
func (t Table) Stale(operations []string) []string {
	var stale []string
	for _, operation := range slices.Sorted(maps.Keys(t)) {
		if !slices.Contains(operations, operation) {
			stale = append(stale, operation)
		}
	}
	return stale
}

// Validate returns every entry that needs what is neither a marker nor in known.
func (t Table) Validate(known []Permission) error {
	var errs []error
	for _, operation := range slices.Sorted(maps.Keys(t)) {
		if p := t[operation]; !isMarker(p) && !slices.Contains(known, p) {
			errs = append(errs, fmt.Errorf("operation %q needs %q, which is no permission of this service", operation, p))
		}
	}
	return errors.Join(errs...)
}
