// Command devissuer issues tokens on a developer's machine, to whoever asks. It
// is in no image of the service, and the service trusts it only in the
// environment "local", unless it is told to.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(ctx, os.Args[1:], log); err != nil {
		log.ErrorContext(ctx, "issuer failed", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, log *slog.Logger) error {
	flags := flag.NewFlagSet("devissuer", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8090", "where to listen; keep it on this machine")
	name := flags.String("issuer", "http://127.0.0.1:8090", "the claim iss")
	audience := flags.String("audience", "[[= cookiecutter.name ]]", "the claim aud")
	if err := flags.Parse(args); err != nil {
		return err
	}
	issuer, err := newIssuer(*name, *audience, time.Now)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	server := &http.Server{
		Addr:              *addr,
		Handler:           issuer.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    8 << 10,
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	log.InfoContext(ctx, "issuing tokens for development", "addr", *addr, "issuer", *name, "audience", *audience)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
