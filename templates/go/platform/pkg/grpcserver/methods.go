package grpcserver

import "strings"

// The services that tools and orchestrators ask, not clients.
const (
	healthMethods          = "/grpc.health.v1.Health/*"
	reflectionMethods      = "/grpc.reflection.v1.ServerReflection/*"
	reflectionAlphaMethods = "/grpc.reflection.v1alpha.ServerReflection/*"
)

// methods is a set of methods, by full name or by service.
type methods map[string]bool

func newMethods(patterns ...string) methods {
	set := methods{}
	for _, pattern := range patterns {
		set[pattern] = true
	}
	return set
}

func (m methods) has(method string) bool {
	if m[method] {
		return true
	}
	end := strings.LastIndexByte(method, '/')
	return end >= 0 && m[method[:end+1]+"*"]
}
