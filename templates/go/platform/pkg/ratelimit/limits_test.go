package ratelimit_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/ratelimit"
)

func validConfig() ratelimit.Config {
	hourly := func(requests int) ratelimit.Quota {
		return ratelimit.Quota{Requests: 1, Period: time.Hour, Burst: requests}
	}
	return ratelimit.Config{
		Default:    hourly(2),
		Operations: map[string]ratelimit.Quota{"createOrder": hourly(1)},
		MaxKeys:    10,
		Shared:     fallbackConfig(),
	}
}

func local(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error) {
	return ratelimit.NewLocal(policy, quota, 10)
}

func TestConfigNamesEveryMistake(t *testing.T) {
	require.NoError(t, validConfig().Validate())
	bad := ratelimit.Config{Operations: map[string]ratelimit.Quota{`a"b`: {}, "Default": {}}}
	for _, part := range []string{"default", `operations.a"b`, `"a\"b" is no name`, `"Default" is no name`, "max_keys", "shared"} {
		require.ErrorContains(t, bad.Validate(), part)
	}
	_, err := ratelimit.NewLimits(bad, nil, local)
	require.Error(t, err)
}

func TestOperationsKeepTheirQuotaThroughAConfigurationFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte(
		"operations: {cancelOrder: {requests: 5, period: 1m, burst: 1}}\nmax_keys: 7\n"), 0o600))
	loaded, err := config.Load(validConfig(), config.Options{File: file})
	require.NoError(t, err)
	require.NoError(t, loaded.Validate())
	require.Equal(t, 7, loaded.MaxKeys)
	require.Equal(t, validConfig().Default, loaded.Default)

	limits, err := ratelimit.NewLimits(loaded, ratelimit.NewMetrics(prometheus.NewRegistry()), local)
	require.NoError(t, err)
	decision, err := limits.Allow(t.Context(), "cancelOrder", "ada")
	require.NoError(t, err)
	require.Equal(t, "cancelorder", decision.Policy)
}

func TestQuotasThatLimitNothingAreKnown(t *testing.T) {
	limits, err := ratelimit.NewLimits(validConfig(), ratelimit.NewMetrics(prometheus.NewRegistry()), local)
	require.NoError(t, err)
	var names []string
	for name := range validConfig().Operations {
		names = append(names, name)
	}
	require.Empty(t, limits.Unknown(append(names, "another")))
	require.Len(t, limits.Unknown(nil), len(names))
	require.Equal(t, []string{strings.ToLower(names[0])}, limits.Unknown(names[1:]))
}

func TestAddressesStandForClients(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "address:192.0.2.1", "::ffff:192.0.2.1": "address:192.0.2.1",
		"2001:db8:1:2::1": "address:2001:db8:1:2::/64", "fe80::1%eth0": "address:fe80::/64",
		"": "address:unknown", "example.com": "address:unknown",
	} {
		require.Equal(t, want, ratelimit.AddressKey(address))
	}
}

func TestOperationsAreCountedApart(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	limits, err := ratelimit.NewLimits(validConfig(), ratelimit.NewMetrics(registry), local)
	require.NoError(t, err)
	got := map[string]string{}
	for _, request := range []string{
		"createOrder/ada", "createOrder/ada", "createOrder/bob",
		"listOrders/ada", "getOrder/ada", "getOrder/ada", "getOrder/bob",
	} {
		operation, key, _ := strings.Cut(request, "/")
		decision, err := limits.Allow(t.Context(), operation, key)
		require.NoError(t, err)
		mark := "-"
		if decision.Allowed {
			mark = "+"
		}
		got[decision.Policy] += mark
	}
	require.Equal(t, map[string]string{"createorder": "+-+", "default": "++-+"}, got)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP ratelimit_decisions_total Decisions by policy and result (allowed, limited).
# TYPE ratelimit_decisions_total counter
ratelimit_decisions_total{policy="createorder",result="allowed"} 2
ratelimit_decisions_total{policy="createorder",result="limited"} 1
ratelimit_decisions_total{policy="default",result="allowed"} 3
ratelimit_decisions_total{policy="default",result="limited"} 1
`), "ratelimit_decisions_total"))
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// keys remembers the keys it was asked about.
type keys map[string]bool

func (k keys) Allow(_ context.Context, key string) (ratelimit.Decision, error) {
	k[key] = true
	return ratelimit.Decision{}, nil
}

func TestKeysAreShortAndStayApart(t *testing.T) {
	seen := keys{}
	limits, err := ratelimit.NewLimits(validConfig(), ratelimit.NewMetrics(prometheus.NewRegistry()),
		func(string, ratelimit.Quota) (ratelimit.Limiter, error) { return seen, nil })
	require.NoError(t, err)
	long := strings.Repeat("x", 1<<10)
	for _, key := range []string{"ada", long, long + "y"} {
		_, err := limits.Allow(t.Context(), "", key)
		require.NoError(t, err)
	}
	for _, key := range slices.Collect(maps.Keys(seen)) {
		require.LessOrEqual(t, len(key), 128)
		_, err := limits.Allow(t.Context(), "", key) // a client who chooses what another's key became
		require.NoError(t, err)
	}
	require.Len(t, seen, 5, "the two hashes did not stand for themselves")
}

func TestLimitsReportWhatIsWrong(t *testing.T) {
	broken := errors.New("broken")
	metrics := ratelimit.NewMetrics(prometheus.NewRegistry())
	for _, failing := range []string{"default", "createorder"} {
		_, err := ratelimit.NewLimits(validConfig(), metrics, func(policy string, _ ratelimit.Quota) (ratelimit.Limiter, error) {
			if policy == failing {
				return nil, broken
			}
			return keys{}, nil
		})
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, failing)
	}
	limits, err := ratelimit.NewLimits(validConfig(), metrics, func(string, ratelimit.Quota) (ratelimit.Limiter, error) {
		return &scripted{do: fails}, nil
	})
	require.NoError(t, err)
	_, err = limits.Allow(t.Context(), "getOrder", "ada")
	require.ErrorContains(t, err, "connection refused")
}
