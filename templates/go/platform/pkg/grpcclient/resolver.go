package grpcclient

import (
	"fmt"
	"net"
	"strings"

	"google.golang.org/grpc/resolver"
)

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
