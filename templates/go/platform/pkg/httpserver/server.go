// Package httpserver runs an HTTP server, with every timeout set, in a lifecycle.
package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"goldpath.local/service/pkg/lifecycle"
)

// Config bounds what one client can take from the server.
type Config struct {
	// Addr is where to listen, e.g. ":8080"; port 0 takes a free one.
	Addr string `mapstructure:"addr"`
	// ReadHeaderTimeout bounds reading the request line and headers.
	ReadHeaderTimeout time.Duration `mapstructure:"read_header_timeout"`
	// ReadTimeout bounds reading the whole request.
	ReadTimeout time.Duration `mapstructure:"read_timeout"`
	// WriteTimeout bounds the time from the end of the headers to the end of the answer.
	WriteTimeout time.Duration `mapstructure:"write_timeout"`
	// IdleTimeout bounds how long a connection may wait for its next request.
	IdleTimeout time.Duration `mapstructure:"idle_timeout"`
	// MaxHeaderBytes bounds the size of the request headers.
	MaxHeaderBytes int `mapstructure:"max_header_bytes"`
}

// Validate returns everything that is wrong at once; section is what the keys begin
// with. There is no way to have a limit less: a server without one of them can be
// held up by a single slow client.
func (c Config) Validate(section string) error {
	errs := []error{validateAddr(section, c.Addr)}
	for key, limit := range map[string]int64{
		"read_header_timeout": int64(c.ReadHeaderTimeout),
		"read_timeout":        int64(c.ReadTimeout),
		"write_timeout":       int64(c.WriteTimeout),
		"idle_timeout":        int64(c.IdleTimeout),
		"max_header_bytes":    int64(c.MaxHeaderBytes),
	} {
		if limit <= 0 {
			errs = append(errs, fmt.Errorf("%s.%s must be positive", section, key))
		}
	}
	return errors.Join(errs...)
}

func validateAddr(section, addr string) error {
	if addr == "" {
		return fmt.Errorf("%s.addr is required", section)
	}
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(context.Background(), "tcp", port)
	}
	if err != nil {
		return fmt.Errorf("%s.addr must be host:port or :port: %w", section, err)
	}
	return nil
}

// Server is one listener and its handler.
type Server struct {
	name     string
	log      *slog.Logger
	http     *http.Server
	listener net.Listener
	fail     func(error)
	done     chan struct{}
}

// New returns a server that does not listen yet; fail gets errors of its accept loop.
func New(name string, cfg Config, handler http.Handler, log *slog.Logger, fail func(error)) *Server {
	return &Server{
		name: name,
		log:  log,
		fail: fail,
		done: make(chan struct{}),
		http: &http.Server{
			Addr:              cfg.Addr,
			Handler:           handler,
			ReadHeaderTimeout: cfg.ReadHeaderTimeout,
			ReadTimeout:       cfg.ReadTimeout,
			WriteTimeout:      cfg.WriteTimeout,
			IdleTimeout:       cfg.IdleTimeout,
			MaxHeaderBytes:    cfg.MaxHeaderBytes,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
	}
}

// Component returns the server as part of a lifecycle group.
func (s *Server) Component() lifecycle.Component {
	return lifecycle.Component{Name: s.name, Start: s.Start, Stop: s.Stop}
}

// Start binds the address and serves in the background.
func (s *Server) Start(ctx context.Context) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", s.http.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.listener = listener
	s.log.InfoContext(ctx, "listening", "server", s.name, "addr", s.Addr())
	go func() {
		defer close(s.done)
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("serve %s: %w", s.name, err))
		}
	}()
	return nil
}

// Addr returns the address that Start bound, e.g. "127.0.0.1:41234".
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Stop closes the listener and waits for requests in flight. When ctx ends
// first, their connections are cut and the error says so.
func (s *Server) Stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("cut off requests in flight: %w", err), s.http.Close())
	}
	<-s.done
	return err
}

// CloseWhen has clients reconnect, elsewhere, once leaving is true.
func CloseWhen(leaving func() bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if leaving() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
