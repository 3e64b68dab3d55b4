// Command load measures a service over HTTP.
//
//	load attack [flags] <file of URLs, one a line>
//	load peers [flags]
//
// attack prints its figures as JSON. peers plays the issuer of tokens and the
// collector of traces until its standard input ends; it first prints where they
// are, and a token.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"goldpath.local/load/attack"
	"goldpath.local/load/peers"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) == 0 {
		return errors.New("usage: load attack|peers [flags]")
	}
	switch name, args := args[0], args[1:]; name {
	case "attack":
		return runAttack(ctx, args, stdout)
	case "peers":
		return runPeers(ctx, args, stdin, stdout)
	default:
		return fmt.Errorf("there is no command %q", name)
	}
}

func runAttack(ctx context.Context, args []string, stdout io.Writer) error {
	opts := attack.Options{Header: http.Header{}}
	flags := newFlags("attack")
	flags.IntVar(&opts.Connections, "connections", 64, "connections that are kept alive")
	flags.IntVar(&opts.Rate, "rate", 0, "requests a second; 0 means as many as there can be")
	flags.DurationVar(&opts.Duration, "duration", 10*time.Second, "how long requests are sent")
	flags.DurationVar(&opts.Timeout, "timeout", 10*time.Second, "how long one request may take")
	flags.IntVar(&opts.Expected, "expect", http.StatusOK, "the status of an answer that is no failure")
	flags.StringVar(&opts.GRPC, "grpc", "", "the gRPC status of a call that is no failure, where requests are calls")
	flags.Func("body", "a `body` to post, in base64", func(text string) (err error) {
		opts.Body, err = base64.StdEncoding.DecodeString(text)
		return err
	})
	flags.Func("header", "a `header` of every request, as \"Name: value\"; may be repeated", func(text string) error {
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			return errors.New("a header is a name, a colon and a value")
		}
		opts.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read flags: %w", err)
	}
	urls, err := readLines(flags.Arg(0))
	if err != nil {
		return err
	}
	opts.URLs = urls
	figures, err := attack.Run(ctx, opts)
	if err != nil {
		return fmt.Errorf("attack: %w", err)
	}
	if err := json.NewEncoder(stdout).Encode(figures); err != nil {
		return fmt.Errorf("print figures: %w", err)
	}
	return nil
}

func runPeers(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	flags := newFlags("peers")
	audience := flags.String("audience", "ledger", "the service that the token is for")
	roles := flags.String("roles", "reader,editor", "roles of the caller, parted by commas")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read flags: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, stdin) // whoever started this has gone, or has closed it
		cancel()
	}()
	err := peers.Serve(ctx, peers.Options{Audience: *audience, Roles: strings.Split(*roles, ",")}, stdout)
	if err != nil {
		return fmt.Errorf("play peers: %w", err)
	}
	return nil
}

func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says what is wrong
	return flags
}

func readLines(path string) ([]string, error) {
	file, err := os.Open(path) //nolint:gosec // whoever calls chooses the file
	if err != nil {
		return nil, fmt.Errorf("open URLs: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	var lines []string
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		if line := strings.TrimSpace(scanner.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read URLs: %w", err)
	}
	return lines, nil
}
