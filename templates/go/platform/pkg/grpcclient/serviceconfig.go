package grpcclient

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc/resolver"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// serviceConfig is what the channel does by itself, as JSON of the protobuf
// message grpc.service_config.ServiceConfig: balance over all instances, watch
// their health, and retry, but only what is declared idempotent. Hedging, the
// sending of several copies at once, is never on.
type serviceConfig struct {
	LoadBalancing []map[string]struct{} `json:"loadBalancingConfig"`
	HealthCheck   *healthCheck          `json:"healthCheckConfig,omitempty"`
	Throttling    *retryThrottling      `json:"retryThrottling,omitempty"`
	Methods       []methodConfig        `json:"methodConfig,omitempty"`
}

type healthCheck struct {
	ServiceName string `json:"serviceName"`
}

type retryThrottling struct {
	MaxTokens  int     `json:"maxTokens"`
	TokenRatio float64 `json:"tokenRatio"`
}

type methodConfig struct {
	Name        []methodName `json:"name"`
	RetryPolicy retryPolicy  `json:"retryPolicy"`
}

type methodName struct {
	Service string `json:"service"`
	Method  string `json:"method,omitempty"`
}

type retryPolicy struct {
	MaxAttempts       int      `json:"maxAttempts"`
	InitialBackoff    string   `json:"initialBackoff"`
	MaxBackoff        string   `json:"maxBackoff"`
	BackoffMultiplier float64  `json:"backoffMultiplier"`
	Codes             []string `json:"retryableStatusCodes"`
}

// newServiceConfig returns the configuration as text. idempotent names methods as
// "/package.Service/Method", or all of a service as "/package.Service/*".
func newServiceConfig(cfg Config, idempotent []string) (string, error) {
	config := serviceConfig{LoadBalancing: []map[string]struct{}{{"round_robin": {}}}}
	if cfg.HealthCheck {
		config.HealthCheck = &healthCheck{}
	}
	if cfg.Retry.MaxAttempts > 1 && len(idempotent) > 0 {
		names, err := methodNames(idempotent)
		if err != nil {
			return "", err
		}
		config.Methods = []methodConfig{{Name: names, RetryPolicy: cfg.Retry.policy()}}
		// Retries stop at half of the tokens.
		config.Throttling = &retryThrottling{MaxTokens: 2 * cfg.Retry.Budget.Burst, TokenRatio: cfg.Retry.Budget.Ratio}
	}
	text, err := json.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("encode service config: %w", err)
	}
	return string(text), nil
}

func (c RetryConfig) policy() retryPolicy {
	return retryPolicy{
		MaxAttempts:       c.MaxAttempts,
		InitialBackoff:    seconds(c.InitialBackoff),
		MaxBackoff:        seconds(c.MaxBackoff),
		BackoffMultiplier: 2,
		Codes:             []string{"UNAVAILABLE"},
	}
}

// seconds spells a duration as JSON of protobuf does.
func seconds(d time.Duration) string { return fmt.Sprintf("%.9fs", d.Seconds()) }

func methodNames(patterns []string) ([]methodName, error) {
	names := make([]methodName, 0, len(patterns))
	for _, pattern := range patterns {
		service, method, ok := strings.Cut(strings.TrimPrefix(pattern, "/"), "/")
		if !ok || service == "" || method == "" || pattern[0] != '/' {
			return nil, fmt.Errorf("idempotent method %q must be /package.Service/Method or /package.Service/*", pattern)
		}
		names = append(names, methodName{Service: service, Method: strings.TrimSuffix(method, "*")})
	}
	return names, nil
}

// DeclaredIdempotent returns the methods that say in their proto file that they
// are idempotent, by "option idempotency_level", for Options.Idempotent. The
// descriptor of a service is in its generated code:
// File_x_proto.Services().ByName("X").
func DeclaredIdempotent(services ...protoreflect.ServiceDescriptor) []string {
	var declared []string
	for _, service := range services {
		methods := service.Methods()
		for i := range methods.Len() {
			method := methods.Get(i)
			if isIdempotent(method) {
				declared = append(declared, fmt.Sprintf("/%s/%s", service.FullName(), method.Name()))
			}
		}
	}
	return declared
}

func isIdempotent(method protoreflect.MethodDescriptor) bool {
	options, ok := method.Options().(*descriptorpb.MethodOptions)
	return ok && options.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
}

const staticScheme = "static"

// staticResolver resolves static:///address,address to these addresses, for
// development and tests, where there is no name that stands for several.
type staticResolver struct{}

// Scheme returns the scheme of targets.
func (staticResolver) Scheme() string { return staticScheme }

// Build tells the addresses once; they never change.
func (staticResolver) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	list, err := addresses(target.Endpoint())
	if err != nil {
		return nil, err
	}
	state := resolver.State{}
	for _, address := range list {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
	}
	if err := cc.UpdateState(state); err != nil {
		return nil, fmt.Errorf("use static addresses: %w", err)
	}
	return staticResolver{}, nil
}

// OverrideAuthority names the first address in requests: a list is no name.
func (staticResolver) OverrideAuthority(target resolver.Target) string {
	first, _, _ := strings.Cut(target.Endpoint(), ",")
	return first
}

// ResolveNow has nothing to look up.
func (staticResolver) ResolveNow(resolver.ResolveNowOptions) {}

// Close has nothing to end.
func (staticResolver) Close() {}

// addresses reads "host:port,host:port".
func addresses(text string) ([]string, error) {
	list := strings.Split(strings.TrimPrefix(text, "/"), ",")
	for _, address := range list {
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			return nil, fmt.Errorf("static target: %q is not host:port", address)
		}
	}
	return list, nil
}
