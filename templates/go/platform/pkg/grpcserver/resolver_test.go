package grpcserver_test

import "google.golang.org/grpc/resolver"

// pair resolves every target to two servers.
type pair struct{ addresses []resolver.Address }

func twoServers(a, b *fixture) resolver.Builder {
	return pair{[]resolver.Address{{Addr: a.server.Addr()}, {Addr: b.server.Addr()}}}
}

func (p pair) Scheme() string { return "two" }

func (p pair) Build(_ resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	return p, cc.UpdateState(resolver.State{Addresses: p.addresses})
}

func (pair) ResolveNow(resolver.ResolveNowOptions) {}

func (pair) Close() {}
