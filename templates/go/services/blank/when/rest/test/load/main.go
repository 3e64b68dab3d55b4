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
	"net/http"
	"os"
	"os/signal"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// settings say how much load there is, and what is expected of the answers.
type settings struct {
	base     string
	token    string
	rate     int
	duration time.Duration
	p99      time.Duration
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

func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args, out)
	if err != nil {
		return err
	}
	task, err := createTask(ctx, s)
	if err != nil {
		return err
	}
	metrics := attack(ctx, s, task)
	if err := vegeta.NewTextReporter(&metrics)(out); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	return judge(&metrics, s)
}

func parse(args []string, out io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&s.base, "url", "http://127.0.0.1:8080", "where the service is")
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

// attack reads one task again and again, and creates one with every fifth request.
func attack(ctx context.Context, s settings, task string) vegeta.Metrics {
	attacker := vegeta.NewAttacker(vegeta.MaxWorkers(1000), vegeta.Timeout(10*time.Second))
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()
	var metrics vegeta.Metrics
	pace := vegeta.Rate{Freq: s.rate, Per: time.Second}
	for result := range attacker.Attack(targeter(s, task), pace, s.duration, "tasks") {
		metrics.Add(result)
	}
	metrics.Close()
	return metrics
}

func targeter(s settings, task string) vegeta.Targeter {
	read := vegeta.Target{Method: http.MethodGet, URL: task, Header: headers(s)}
	write := vegeta.Target{Method: http.MethodPost, URL: s.base + tasksPath, Body: newTask(), Header: headers(s)}
	return vegeta.NewStaticTargeter(read, read, read, read, write)
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
