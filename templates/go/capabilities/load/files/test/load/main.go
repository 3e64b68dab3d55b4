// Command load puts a constant load on a running service and fails when it answers
// too slowly or wrongly. The rate does not slow down with the service, so the
// percentiles include what a waiting client would see.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// settings say how much load there is, where it goes, and what is expected of the
// answers.
type settings struct {
	api      string
	token    string
	rate     int
	duration time.Duration
	p99      time.Duration

	//% if cookiecutter.http == "yes"
	base string
	//% endif
	//% if cookiecutter.grpc == "yes"
	grpc string
	//% endif
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// run puts load on the APIs that are asked for, one after the other.
func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args, out)
	if err != nil {
		return err
	}
	chosen, err := choose(apis(), s.api)
	if err != nil {
		return err
	}
	var failures []error
	for _, a := range chosen {
		if err := try(ctx, a, s, out); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", a.name, err))
		}
	}
	return errors.Join(failures...)
}

func parse(args []string, out io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&s.api, "api", "", "which API, by default all of them: "+names(apis()))
	//% if cookiecutter.http == "yes"
	flags.StringVar(&s.base, "url", "http://127.0.0.1:8080", "where the APIs over HTTP are")
	//% endif
	//% if cookiecutter.grpc == "yes"
	flags.StringVar(&s.grpc, "grpc-url", "http://127.0.0.1:8081", "where the gRPC API is; https for TLS")
	//% endif
	flags.StringVar(&s.token, "token", os.Getenv("TOKEN"), "bearer token of the caller; the default is TOKEN of the environment")
	flags.IntVar(&s.rate, "rate", 500, "requests per second")
	flags.DurationVar(&s.duration, "duration", 30*time.Second, "how long")
	flags.DurationVar(&s.p99, "p99", 40*time.Millisecond, "time within which 99 of 100 answers must come")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.rate < 1 || s.duration <= 0 || s.p99 <= 0 {
		return s, errors.New("rate, duration and p99 must be positive")
	}
	return s, nil
}

// try puts load on one API and returns what was not as it should be.
func try(ctx context.Context, a api, s settings, out io.Writer) error {
	round, err := a.prepare(ctx, s)
	if err != nil {
		return err
	}
	metrics := attack(ctx, a, s, round)
	if _, err := fmt.Fprintln(out, "API", a.name); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	if err := vegeta.NewTextReporter(&metrics)(out); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	return judge(&metrics, s)
}

// attack sends the requests of a round again and again.
func attack(ctx context.Context, a api, s settings, round []vegeta.Target) vegeta.Metrics {
	options := append(a.options(s), vegeta.MaxWorkers(1000), vegeta.Timeout(10*time.Second))
	attacker := vegeta.NewAttacker(options...)
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()
	var metrics vegeta.Metrics
	pace := vegeta.Rate{Freq: s.rate, Per: time.Second}
	for result := range attacker.Attack(vegeta.NewStaticTargeter(round...), pace, s.duration, a.name) {
		if failure := a.failure(result); failure != "" {
			result.Code, result.Error = 0, failure
		}
		metrics.Add(result)
	}
	metrics.Close()
	return metrics
}

// judge returns what was not as it should be.
func judge(metrics *vegeta.Metrics, s settings) error {
	switch {
	case metrics.Success < 1:
		return fmt.Errorf("%.2f %% of the requests failed: %v", 100*(1-metrics.Success), metrics.Errors)
	case metrics.Latencies.P99 > s.p99:
		return fmt.Errorf("p99 is %v, more than %v", metrics.Latencies.P99, s.p99)
	default:
		return nil
	}
}
