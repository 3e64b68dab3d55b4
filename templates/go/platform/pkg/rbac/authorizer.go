package rbac

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth"
)

// ErrPermissionDenied refuses a caller whose roles do not hold what is needed.
// The error that Authorize returns matches it and names the permission.
var ErrPermissionDenied = apierror.New(apierror.PermissionDenied, "PERMISSION_DENIED", "your roles do not allow this")

// Labels of the metric.
const (
	reasonUnauthenticated = "unauthenticated"
	reasonForbidden       = "forbidden"
	undeclared            = "undeclared"
)

// Authorizer answers by the policy in force. It is safe for concurrent use.
type Authorizer struct {
	known   []Permission
	current atomic.Pointer[roleSets]
	denials *prometheus.CounterVec
}

// New returns an authorizer for the permissions of a service, which must be
// distinct, and registers its metric. It refuses a policy that is not valid.
func New(known []Permission, policy Policy, registry prometheus.Registerer) (*Authorizer, error) {
	a := &Authorizer{known: slices.Clone(known), denials: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "rbac_denials_total",
		Help: "Requests that were denied, by the permission that they needed and whether a caller was known.",
	}, []string{"permission", "reason"})}
	slices.Sort(a.known)
	for i, permission := range a.known {
		if permission == "" || isMarker(permission) || i > 0 && a.known[i-1] == permission {
			return nil, fmt.Errorf("permission %q is empty, reserved or declared twice", permission)
		}
	}
	if err := a.SetPolicy(policy); err != nil {
		return nil, err
	}
	for _, permission := range append([]Permission{Authenticated, undeclared}, a.known...) {
		a.denials.WithLabelValues(string(permission), reasonUnauthenticated)
		a.denials.WithLabelValues(string(permission), reasonForbidden)
	}
	registry.MustRegister(a.denials)
	return a, nil
}

// SetPolicy puts a policy in force at once for all requests that follow. When it
// is not valid, the one in force stays and the error says why.
func (a *Authorizer) SetPolicy(policy Policy) error {
	if err := policy.Validate(a.known); err != nil {
		return fmt.Errorf("validate policy: %w", err)
	}
	sets := policy.byPermission()
	a.current.Store(&sets)
	return nil
}

// Authorize returns nil when the caller in ctx may do what needs permission.
// Otherwise it returns auth.ErrTokenMissing when there is no caller, or an
// ErrPermissionDenied. The zero Permission, which is what a Table gives for an
// operation without an entry, is denied to everybody.
func (a *Authorizer) Authorize(ctx context.Context, permission Permission) error {
	if permission == Public {
		return nil
	}
	caller, ok := auth.FromContext(ctx)
	if !ok {
		a.count(permission, reasonUnauthenticated)
		return auth.ErrTokenMissing
	}
	if permission == Authenticated || a.current.Load().heldByAny(caller.Roles, permission) {
		return nil
	}
	a.count(permission, reasonForbidden)
	return denied(permission)
}

// Permissions returns, sorted, what a caller with these roles may do.
func (a *Authorizer) Permissions(roles ...string) []Permission {
	sets := a.current.Load()
	var held []Permission
	for _, permission := range a.known {
		if sets.heldByAny(roles, permission) {
			held = append(held, permission)
		}
	}
	return held
}

// count keeps callers of Authorize from inventing label values.
func (a *Authorizer) count(permission Permission, reason string) {
	if _, ok := slices.BinarySearch(a.known, permission); !ok && permission != Authenticated {
		permission = undeclared
	}
	a.denials.WithLabelValues(string(permission), reason).Inc()
}

func denied(permission Permission) error {
	if permission == "" {
		return ErrPermissionDenied
	}
	return apierror.Newf(ErrPermissionDenied.Kind, ErrPermissionDenied.Reason, "the permission %s is needed", permission)
}
