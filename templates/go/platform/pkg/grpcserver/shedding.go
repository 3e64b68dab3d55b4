package grpcserver

import "context"

// Shedder refuses calls while the server has too much to do;
// resilience.Shedder is one.
type Shedder interface {
	// Admit takes on a unary call. done is called once with its error.
	Admit(ctx context.Context) (done func(error), err error)
	// Check refuses a stream that Admit would refuse. How long a stream takes
	// says nothing about the load.
	Check(ctx context.Context) error
}

// shed asks the shedder, if there is one. Probes are always answered: an instance
// that is busy must not be restarted for it.
func shed(shedder Shedder) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) (err error) {
		if shedder == nil || c.probe {
			return next(ctx)
		}
		if c.isStream() {
			if err := shedder.Check(ctx); err != nil {
				return err
			}
			return next(ctx)
		}
		done, err := shedder.Admit(ctx)
		if err != nil {
			return err
		}
		defer func() { done(err) }()
		return next(ctx)
	}
}
