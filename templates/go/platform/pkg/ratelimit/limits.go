package ratelimit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// DefaultPolicy names the quota of all operations without one of their own.
	DefaultPolicy = "default"
	// maxKeyBytes bounds keys; longer ones are replaced by their hash.
	maxKeyBytes = 128
)

// Config says who may do how much. Whose requests are counted together is not said
// here: it is the key that the caller of Allow makes, such as the authenticated
// principal, or else the address of the client (beware of proxies).
type Config struct {
	// Default is the quota of a key for all operations together that are not in
	// Operations.
	Default Quota `mapstructure:"default"`
	// Operations holds quotas of single operations by name. They are counted apart,
	// and do not count against Default. Case does not matter, as it is lost on the
	// way through configuration files.
	Operations map[string]Quota `mapstructure:"operations"`
	// MaxKeys bounds the keys that an instance keeps for each quota.
	MaxKeys int `mapstructure:"max_keys"`
	// Shared says when the limiter of all instances is done without.
	Shared FallbackConfig `mapstructure:"shared"`
}

// Validate reports every value that makes no sense.
func (c Config) Validate() error {
	var errs []error
	check := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("ratelimit.%s: %w", what, err))
		}
	}
	check(DefaultPolicy, c.Default.Validate())
	policyName := regexp.MustCompile(`^[A-Za-z0-9_.:/-]{1,64}$`)
	for name, quota := range c.Operations {
		check("operations."+name, quota.Validate())
		if !policyName.MatchString(name) || strings.EqualFold(name, DefaultPolicy) {
			errs = append(errs, fmt.Errorf("ratelimit.operations: %q is no name for an operation", name))
		}
	}
	if c.MaxKeys < 1 {
		errs = append(errs, errors.New("ratelimit.max_keys must be at least 1"))
	}
	check("shared", c.Shared.Validate())
	return errors.Join(errs...)
}

// Limits chooses the limiter of an operation.
type Limits struct {
	standard   limiter
	operations map[string]limiter
}

// limiter is a Limiter that counts what it decides.
type limiter struct {
	Limiter
	allowed, limited prometheus.Counter
}

// NewLimits makes the limiters of cfg with build, which is called once for each quota.
func NewLimits(
	cfg Config, metrics *Metrics, build func(policy string, quota Quota) (Limiter, error),
) (*Limits, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	measured := func(policy string, quota Quota) (limiter, error) {
		built, err := build(policy, quota)
		if err != nil {
			return limiter{}, fmt.Errorf("create limiter %s: %w", policy, err)
		}
		return metrics.measure(policy, built), nil
	}
	standard, err := measured(DefaultPolicy, cfg.Default)
	if err != nil {
		return nil, err
	}
	limits := &Limits{standard, make(map[string]limiter, len(cfg.Operations))}
	for name, quota := range cfg.Operations {
		policy := strings.ToLower(name)
		if limits.operations[policy], err = measured(policy, quota); err != nil {
			return nil, err
		}
	}
	return limits, nil
}

// Unknown returns the names in Config.Operations that are not among operations,
// sorted: a quota under such a name would limit nothing.
func (l *Limits) Unknown(operations []string) []string {
	unknown := maps.Clone(l.operations)
	for _, name := range operations {
		delete(unknown, strings.ToLower(name))
	}
	return slices.Sorted(maps.Keys(unknown))
}

// Allow decides about one request of key to operation.
func (l *Limits) Allow(ctx context.Context, operation, key string) (Decision, error) {
	chosen, ok := l.operations[strings.ToLower(operation)]
	if !ok {
		chosen = l.standard
	}
	decision, err := chosen.Allow(ctx, shorten(key))
	switch {
	case err != nil:
		return decision, fmt.Errorf("decide about rate: %w", err)
	case decision.Allowed:
		chosen.allowed.Inc()
	default:
		chosen.limited.Inc()
	}
	return decision, nil
}

// shorten replaces long keys by their hash. So it does with those that look like one,
// or a client who may choose a key could choose that of another.
func shorten(key string) string {
	if len(key) <= maxKeyBytes && !strings.HasPrefix(key, "#") {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "#" + hex.EncodeToString(sum[:])
}

// AddressKey stands for a client of whom only the address is known. IPv6 addresses of
// one network of 64 bits count together: a single client may use all of them.
func AddressKey(text string) string {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return "address:unknown"
	}
	address = address.Unmap()
	if address.Is6() {
		network, _ := address.WithZone("").Prefix(64) // 64 bits always fit
		return "address:" + network.String()
	}
	return "address:" + address.String()
}
