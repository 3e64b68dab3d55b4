package rbac_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/rbac"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	read   rbac.Permission = "tasks:read"
	write  rbac.Permission = "tasks:write"
	remove rbac.Permission = "tasks:remove"
)

func known() []rbac.Permission { return []rbac.Permission{write, read, remove} }

func policy() rbac.Policy {
	return rbac.Policy{"reader": {read}, "editor": {read, write}}
}

func authorizer(t testing.TB, policy rbac.Policy) (*rbac.Authorizer, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	a, err := rbac.New(known(), policy, registry)
	require.NoError(t, err)
	return a, registry
}

func as(ctx context.Context, roles ...string) context.Context {
	return auth.NewContext(ctx, auth.Principal{Subject: "ada", Roles: roles})
}

func TestAuthorize(t *testing.T) {
	a, _ := authorizer(t, policy())
	nobody := t.Context()
	tests := map[string]struct {
		ctx        context.Context
		permission rbac.Permission
		want       error
	}{
		"public, nobody":          {nobody, rbac.Public, nil},
		"public, somebody":        {as(nobody), rbac.Public, nil},
		"authenticated, nobody":   {nobody, rbac.Authenticated, auth.ErrTokenMissing},
		"authenticated, no roles": {as(nobody), rbac.Authenticated, nil},
		"held":                    {as(nobody, "reader"), read, nil},
		"held by the second role": {as(nobody, "guest", "editor"), write, nil},
		"nobody":                  {nobody, read, auth.ErrTokenMissing},
		"no roles":                {as(nobody), read, rbac.ErrPermissionDenied},
		"not held":                {as(nobody, "reader"), write, rbac.ErrPermissionDenied},
		"held by no role":         {as(nobody, "reader", "editor"), remove, rbac.ErrPermissionDenied},
		"unknown role":            {as(nobody, "root"), read, rbac.ErrPermissionDenied},
		"role in another case":    {as(nobody, "Reader"), read, rbac.ErrPermissionDenied},
		"wildcard role":           {as(nobody, "*"), read, rbac.ErrPermissionDenied},
		"role named a permission": {as(nobody, "tasks:read"), read, rbac.ErrPermissionDenied},
		"undeclared":              {as(nobody, "editor"), "", rbac.ErrPermissionDenied},
		"undeclared, nobody":      {nobody, "", auth.ErrTokenMissing},
		"unknown permission":      {as(nobody, "editor"), "tasks:*", rbac.ErrPermissionDenied},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, a.Authorize(tc.ctx, tc.permission), tc.want)
		})
	}
}

func TestDenialsSayWhatIsNeeded(t *testing.T) {
	a, _ := authorizer(t, policy())
	denied := apierror.From(a.Authorize(as(t.Context(), "reader"), write))
	require.Equal(t, apierror.PermissionDenied, denied.Kind)
	require.Equal(t, "the permission tasks:write is needed", denied.Message)
}

func TestDenialsAreCounted(t *testing.T) {
	a, registry := authorizer(t, policy())
	for _, permission := range []rbac.Permission{read, write, rbac.Public, rbac.Authenticated, "", "made-up"} {
		_ = a.Authorize(t.Context(), permission)
		_ = a.Authorize(as(t.Context(), "reader"), permission)
	}
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP rbac_denials_total Requests that were denied, by the permission that they needed and whether a caller was known.
# TYPE rbac_denials_total counter
rbac_denials_total{permission="authenticated",reason="forbidden"} 0
rbac_denials_total{permission="authenticated",reason="unauthenticated"} 1
rbac_denials_total{permission="tasks:read",reason="forbidden"} 0
rbac_denials_total{permission="tasks:read",reason="unauthenticated"} 1
rbac_denials_total{permission="tasks:remove",reason="forbidden"} 0
rbac_denials_total{permission="tasks:remove",reason="unauthenticated"} 0
rbac_denials_total{permission="tasks:write",reason="forbidden"} 1
rbac_denials_total{permission="tasks:write",reason="unauthenticated"} 1
rbac_denials_total{permission="undeclared",reason="forbidden"} 2
rbac_denials_total{permission="undeclared",reason="unauthenticated"} 2
`)))
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestPolicyNamesEveryMistake(t *testing.T) {
	require.NoError(t, policy().Validate(known()))
	require.NoError(t, rbac.Policy{}.Validate(known()), "a policy that allows nothing is one")
	tests := map[string]struct {
		policy rbac.Policy
		want   string
	}{
		"unknown permission": {rbac.Policy{"reader": {read, "tasks:raed"}}, `role "reader" holds "tasks:raed"`},
		"wildcard":           {rbac.Policy{"admin": {"*"}}, `role "admin" holds "*"`},
		"marker":             {rbac.Policy{"guest": {rbac.Public}}, `role "guest" holds "public"`},
		"no permission":      {rbac.Policy{"idle": {}}, `role "idle" holds no permission`},
		"no name":            {rbac.Policy{"": {read}}, `role "" must match`},
		"upper case":         {rbac.Policy{"Reader": {read}}, `role "Reader" must match`},
		"long name":          {rbac.Policy{strings.Repeat("a", 64): {read}}, "must match"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, tc.policy.Validate(known()), tc.want)
			_, err := rbac.New(known(), tc.policy, prometheus.NewRegistry())
			require.ErrorContains(t, err, tc.want)
		})
	}
	err := rbac.Policy{"B": {read}, "a": {"x"}}.Validate(append(known(), rbac.Public))
	require.EqualError(t, err, `role "B" must match ^[a-z][a-z0-9_-]{0,62}$`+"\n"+
		`role "a" holds "x", which is no permission of this service`, "all at once, in order")
}

func TestNewRefusesPermissionsThatAreNone(t *testing.T) {
	for _, bad := range []rbac.Permission{"", rbac.Public, rbac.Authenticated, read} {
		_, err := rbac.New(append(known(), bad), policy(), prometheus.NewRegistry())
		require.ErrorContains(t, err, "empty, reserved or declared twice")
	}
}

func TestAPolicyThatIsNotValidLeavesTheOneInForce(t *testing.T) {
	a, _ := authorizer(t, policy())
	require.ErrorContains(t, a.SetPolicy(rbac.Policy{"reader": {}}), "validate policy")
	require.NoError(t, a.Authorize(as(t.Context(), "reader"), read))

	require.NoError(t, a.SetPolicy(rbac.Policy{"auditor": {read}}))
	require.ErrorIs(t, a.Authorize(as(t.Context(), "reader"), read), rbac.ErrPermissionDenied)
	require.NoError(t, a.Authorize(as(t.Context(), "auditor"), read))
}

func TestThePolicyIsCopied(t *testing.T) {
	mine := policy()
	a, _ := authorizer(t, mine)
	mine["reader"][0], mine["guest"] = remove, []rbac.Permission{read}
	require.NoError(t, a.Authorize(as(t.Context(), "reader"), read))
	require.Error(t, a.Authorize(as(t.Context(), "guest"), read))
}

func TestReadersNeverSeeAMixtureOfPolicies(t *testing.T) {
	one, two := rbac.Policy{"x": {read, write}}, rbac.Policy{"x": {remove}}
	a, _ := authorizer(t, one)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := fmt.Sprint(a.Permissions("x")); got != "[tasks:read tasks:write]" && got != "[tasks:remove]" {
					t.Errorf("mixture: %s", got)
					return
				}
			}
		})
	}
	for range 200 {
		require.NoError(t, a.SetPolicy(two))
		require.NoError(t, a.SetPolicy(one))
	}
	close(stop)
	readers.Wait()
}

// drawPolicy returns any valid policy; drawRoles any roles, known to it or not.
func drawPolicy(t *rapid.T) rbac.Policy {
	permissions := rapid.SliceOfNDistinct(rapid.SampledFrom(known()), 1, 3, rapid.ID[rbac.Permission])
	return rapid.MapOfN(rapid.SampledFrom(roleNames()), permissions, 0, 5).Draw(t, "policy")
}

func drawRoles(t *rapid.T, label string) []string {
	name := rapid.OneOf(rapid.SampledFrom(roleNames()), rapid.String())
	return rapid.SliceOfN(name, 0, 4).Draw(t, label)
}

func roleNames() []string { return []string{"a", "b", "c", "d", "e"} }

func TestNoPermissionWithoutARoleThatHoldsIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		policy, roles := drawPolicy(rt), drawRoles(rt, "roles")
		a, _ := authorizer(t, policy)
		for _, permission := range append(known(), "", "*", "other") {
			held := false
			for _, role := range roles {
				held = held || slices.Contains(policy[role], permission)
			}
			require.Equal(rt, held, a.Authorize(as(t.Context(), roles...), permission) == nil)
			require.Equal(rt, held, slices.Contains(a.Permissions(roles...), permission))
		}
	})
}

func TestMoreRolesNeverMeanFewerPermissions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, _ := authorizer(t, drawPolicy(rt))
		roles, more := drawRoles(rt, "roles"), drawRoles(rt, "more")
		require.Subset(rt, a.Permissions(append(more, roles...)...), a.Permissions(roles...))
	})
}

func TestTableListsWhatIsMissingAndWhatIsStale(t *testing.T) {
	table := rbac.Table{"GET /tasks": read, "GET /health": rbac.Public, "POST /tasks": "", "GET /old": rbac.Authenticated}
	served := []string{"POST /tasks", "GET /tasks", "DELETE /tasks", "GET /health", "POST /tasks"}

	require.Equal(t, []string{"DELETE /tasks", "POST /tasks"}, table.Undeclared(served))
	require.Equal(t, []string{"GET /old"}, table.Stale(served))
	require.ErrorContains(t, table.Validate(known()), `operation "POST /tasks" needs ""`)

	table["POST /tasks"], table["DELETE /tasks"] = write, remove
	require.Empty(t, table.Undeclared(served))
	require.NoError(t, table.Validate(known()))
	table["GET /tasks"] = "tasks:raed"
	require.ErrorContains(t, table.Validate(known()), "tasks:raed")
}

func TestOperationsWithoutAnEntryAreDenied(t *testing.T) {
	a, _ := authorizer(t, policy())
	table := rbac.Table{"GET /tasks": read}
	require.NoError(t, a.Authorize(as(t.Context(), "editor"), table["GET /tasks"]))
	require.ErrorIs(t, a.Authorize(as(t.Context(), "editor"), table["DELETE /tasks"]), rbac.ErrPermissionDenied)
}

func BenchmarkAuthorize(b *testing.B) {
	a, _ := authorizer(b, policy())
	ctx := as(b.Context(), "guest", "reader", "editor")
	for name, permission := range map[string]rbac.Permission{"held": write, "denied": remove, "public": rbac.Public} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := a.Authorize(ctx, permission); (err == nil) != (name != "denied") {
					b.Fatal(err)
				}
			}
		})
	}
}
