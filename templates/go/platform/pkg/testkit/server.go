package testkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// ErrNoEngine is what Server.Run returns, wrapped or not, when there is no
// container engine or it is not healthy.
var ErrNoEngine = errors.New("no healthy container engine")

// startTimeout includes the pull of an image.
const startTimeout = 3 * time.Minute

// Container is a running container, as far as tests are concerned.
type Container struct {
	// Address is how clients reach the server in it, for instance a DSN.
	Address string
	// Stop ends and removes it.
	Stop func(ctx context.Context) error
}

// Server is a server that all tests of a process share: the one that the
// environment names, else one in a container that starts when it is first asked
// for. Declare one per kind of server and pass its Stop to VerifyMain. It must
// not be copied.
type Server struct {
	// Name is what people call it, for instance PostgreSQL.
	Name string
	// Env names the variable with the address of a server that runs already.
	Env string
	// Run starts a container; it returns ErrNoEngine when none can be started
	// on this machine. Only a package that imports a container library has one.
	Run func(ctx context.Context) (Container, error)

	mu        sync.Mutex
	started   bool
	container Container
	err       error
}

// Address returns the address of the server. Where there is neither the variable
// nor a container engine, t ends as in Missing; when the container does not
// start although there is an engine, t fails.
func (s *Server) Address(t testing.TB) string {
	t.Helper()
	if address := os.Getenv(s.Env); address != "" {
		return address
	}
	container, err := s.start(t.Context())
	switch {
	case errors.Is(err, ErrNoEngine):
		Missing(t, s.Name, fmt.Sprintf("set %s or start a container engine (%v)", s.Env, err))
	case err != nil:
		t.Fatalf("start %s in a container: %v", s.Name, err)
	}
	return container.Address
}

// start runs the container once; later calls get the same answer.
func (s *Server) start(ctx context.Context) (Container, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		// The container outlives the test that happens to be the first.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
		defer cancel()
		s.container, s.err = s.Run(ctx)
		s.started = true
	}
	return s.container, s.err
}

// Stop ends the container, if one was started. A later Address starts another.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stop := s.container.Stop
	s.started, s.container, s.err = false, Container{}, nil
	if stop == nil {
		return nil
	}
	if err := stop(ctx); err != nil {
		return fmt.Errorf("stop %s: %w", s.Name, err)
	}
	return nil
}
