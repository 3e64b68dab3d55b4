// Package interceptor holds what every call of a gRPC server goes through: see
// Chain.
package interceptor

import (
	"log/slog"
	"strings"

	"google.golang.org/grpc"
)

// Options are what grpcserver.Options and its Config say about the chain, and a
// channel that is closed when the server begins to stop.
type Options struct {
	Log           *slog.Logger
	Metrics       *Metrics
	Domain        string
	Deadline      DeadlineConfig
	Hooks         Hooks
	PublicMethods []string
	Shedder       Shedder
	Stopping      <-chan struct{}
}

// Chain returns what every call goes through, from the outside in. This is the
// one place that says in which order.
//
//	requestID     first, so that all that follow log and answer with the id
//	measure       counts everything, also what is refused below
//	logCalls      one record, with the cause that the client does not see
//	mapErrors     from here on outwards, errors are statuses
//	recoverPanics from here on inwards, panics are errors
//	announceStop  lets long streams end when the server does
//	shed          refuses before anything costs time
//	deadline      bounds all that follows
//	authenticate  who is it
//	limit         too many calls? It may ask who it is; those who are not
//	              allowed to do what they ask for are counted too
//	authorize     may they do this
//
// Tracing is not among them: it works on the transport, before all of these, so
// that their work is part of the span. The interceptors of the service come after
// all of these.
func Chain(opts Options) (grpc.UnaryServerInterceptor, grpc.StreamServerInterceptor) {
	public := newMethods(opts.PublicMethods...)
	chain := compose(
		requestID,
		opts.Metrics.measure,
		logCalls(opts.Log),
		mapErrors(opts.Domain),
		recoverPanics(opts.Log),
		announceStop(opts.Stopping),
		shed(opts.Shedder),
		opts.Deadline.apply,
		authenticate(opts.Hooks.Authenticate, public),
		limit(opts.Hooks.Limit),
		authorize(opts.Hooks.Authorize, public),
	)
	return chain.forUnary(), chain.forStream()
}

const (
	healthMethods          = "/grpc.health.v1.Health/*"
	reflectionMethods      = "/grpc.reflection.v1.ServerReflection/*"
	reflectionAlphaMethods = "/grpc.reflection.v1alpha.ServerReflection/*"
)

// ProbeMethods returns the methods that tools and orchestrators ask, not clients:
// health and reflection.
func ProbeMethods() []string {
	return []string{healthMethods, reflectionMethods, reflectionAlphaMethods}
}

var probes = newMethods(ProbeMethods()...)

// IsProbe reports whether a method is one of ProbeMethods.
func IsProbe(method string) bool { return probes.has(method) }

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
