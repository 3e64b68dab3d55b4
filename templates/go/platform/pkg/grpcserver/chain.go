package grpcserver

import "google.golang.org/grpc"

// chain returns what every call goes through, from the outside in. This is the
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
func (s *Server) chain() interceptor {
	public := newMethods(s.cfg.PublicMethods...)
	return compose(
		requestID,
		s.opts.Metrics.measure,
		logCalls(s.opts.Log),
		mapErrors(s.opts.Domain),
		recoverPanics(s.opts.Log),
		announceStop(s.stopping),
		shed(s.opts.Shedder),
		s.cfg.Deadline.apply,
		authenticate(s.opts.Hooks.Authenticate, public),
		limit(s.opts.Hooks.Limit),
		authorize(s.opts.Hooks.Authorize, public),
	)
}

func (s *Server) interceptors() []grpc.ServerOption {
	chain := s.chain()
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(append([]grpc.UnaryServerInterceptor{chain.forUnary()}, s.opts.Unary...)...),
		grpc.ChainStreamInterceptor(append([]grpc.StreamServerInterceptor{chain.forStream()}, s.opts.Stream...)...),
	}
}
