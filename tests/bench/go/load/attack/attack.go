// Package attack sends HTTP requests at a constant rate, or as fast as answers
// come back, and says how long they took.
package attack

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Options say what to send, and how.
type Options struct {
	// URLs are requested in turn, again from the first when all have been: by POST if
	// there is a body, else by GET.
	URLs []string
	// Body is what is posted. It needs a rate.
	Body []byte
	// GRPC is the status of a call that is no failure, such as "0", where the requests
	// are calls of gRPC; "" where they are not.
	GRPC string
	// Header is sent with every request.
	Header http.Header
	// Connections are kept alive, and no more are opened.
	Connections int
	// Expected is the status of an answer that is no failure.
	Expected int
	// Rate is the number of requests a second; 0 means as many as there can be
	// with one request at a time on each connection.
	Rate int
	// Duration is how long requests are sent. Those that are then under way are
	// waited for.
	Duration time.Duration
	// Timeout bounds one request, from when it was due.
	Timeout time.Duration
}

// validate reports what would make an attack pointless or endless.
func (o Options) validate() error {
	if len(o.URLs) == 0 {
		return errors.New("there are no URLs")
	}
	if o.Connections < 1 || o.Rate < 0 || o.Duration <= 0 || o.Timeout <= 0 {
		return errors.New("connections, duration and timeout must be positive, the rate not negative")
	}
	if o.Rate == 0 && (len(o.Body) > 0 || o.GRPC != "") {
		return errors.New("what is posted needs a rate")
	}
	return nil
}

// Run sends requests until the duration is over or ctx ends, and returns the
// figures of all that were sent.
//
// With a rate, a request is due when its turn comes, whatever became of those
// before it, and its latency counts from then: the wait for a connection, or for
// this program to be scheduled, is not left out ("coordinated omission").
// Without one, latencies are those of a closed loop, which waits for the server.
func Run(ctx context.Context, opts Options) (Figures, error) {
	if err := opts.validate(); err != nil {
		return Figures{}, fmt.Errorf("read options: %w", err)
	}
	if opts.Rate == 0 {
		return saturate(ctx, opts)
	}
	return pace(ctx, opts), nil
}

func pace(ctx context.Context, opts Options) Figures {
	pacer := &pacer{rate: vegeta.Rate{Freq: opts.Rate, Per: time.Second}}
	attacker := vegeta.NewAttacker(settings(opts)...)
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()

	recorded := newRecorder(opts)
	for result := range attacker.Attack(targeter(opts), pacer, opts.Duration, "") {
		recorded.add(result, pacer.due(result))
	}
	return recorded.figures()
}

func saturate(ctx context.Context, opts Options) (Figures, error) {
	loop, err := newClosedLoop(opts)
	if err != nil {
		return Figures{}, fmt.Errorf("prepare requests: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, opts.Duration)
	defer cancel()
	recorded := newRecorder(opts)
	for result := range loop.run(ctx) {
		recorded.add(result, result.Timestamp)
	}
	return recorded.figures(), nil
}

func settings(opts Options) []func(*vegeta.Attacker) {
	enough := uint64(opts.Connections) //nolint:gosec // validate found it positive
	list := []func(*vegeta.Attacker){
		vegeta.KeepAlive(true),
		vegeta.Connections(opts.Connections),
		vegeta.MaxConnections(opts.Connections),
		vegeta.Workers(enough),
		vegeta.MaxWorkers(math.MaxUint64), // as many as requests are under way or wait
		vegeta.MaxBody(0),                 // read and thrown away
		vegeta.HTTP2(false),
		vegeta.Redirects(vegeta.NoFollow),
		vegeta.Timeout(opts.Timeout),
	}
	if opts.GRPC != "" {
		client := &http.Client{Transport: newUnary(opts.GRPC, opts.Connections), Timeout: opts.Timeout}
		list = append(list, vegeta.Client(client))
	}
	return list
}

func targeter(opts Options) vegeta.Targeter {
	method := http.MethodGet
	if len(opts.Body) > 0 {
		method = http.MethodPost
	}
	targets := make([]vegeta.Target, 0, len(opts.URLs))
	for _, url := range opts.URLs {
		targets = append(targets, vegeta.Target{Method: method, URL: url, Header: opts.Header, Body: opts.Body})
	}
	return vegeta.NewStaticTargeter(targets...)
}
