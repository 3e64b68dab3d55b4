// Package health answers probes from one registry of checks and the service's state.
package health

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"goldpath.local/service/pkg/lifecycle"
)

// Check reports whether a dependency is usable; it must respect its context.
type Check func(ctx context.Context) error

// Registry knows the state of the service and its dependencies.
type Registry struct {
	log     *slog.Logger
	state   func() lifecycle.State
	timeout time.Duration

	mu     sync.Mutex // guards what follows, never while a check runs
	checks map[string]registered
	failed map[string]bool // last result by check, to log changes only
}

// registered is a check and whether the service can do without what it checks.
type registered struct {
	Check
	optional bool
}

// New returns a registry that gives every check at most timeout.
func New(log *slog.Logger, state func() lifecycle.State, timeout time.Duration) *Registry {
	return &Registry{
		log: log, state: state, timeout: timeout,
		checks: map[string]registered{}, failed: map[string]bool{},
	}
}

// Register adds a check that readiness depends on. The name is public.
func (r *Registry) Register(name string, check Check) {
	r.add(name, registered{Check: check})
}

// RegisterOptional adds a check of something that the service can do without: when
// it fails, the service stays ready and says "degraded" by its name.
func (r *Registry) RegisterOptional(name string, check Check) {
	r.add(name, registered{Check: check, optional: true})
}

func (r *Registry) add(name string, check registered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks[name] = check
}

// Report is the body of every probe.
type Report struct {
	// State is the phase of the service.
	State string `json:"state"`
	// Checks holds "ok", "failed" or, if the service can do without it, "degraded"
	// by dependency. Causes go to the log only.
	Checks map[string]string `json:"checks,omitempty"`
}

// Live answers 200 while the process can answer at all. It looks at no
// dependency: a restart repairs none of them.
func (r *Registry) Live(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, Report{State: r.state().String()})
}

// Started answers 200 once every component has been started.
func (r *Registry) Started(w http.ResponseWriter, _ *http.Request) {
	state := r.state()
	status := http.StatusOK
	if state < lifecycle.Running {
		status = http.StatusServiceUnavailable
	}
	write(w, status, Report{State: state.String()})
}

// Ready answers 200 while the service runs, is not draining, and all checks pass.
func (r *Registry) Ready(w http.ResponseWriter, req *http.Request) {
	report, ready := r.Readiness(req.Context())
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	write(w, status, report)
}

// State returns the phase of the service.
func (r *Registry) State() lifecycle.State { return r.state() }

// Readiness is Ready for other transports than HTTP: it reports whether the
// service should get work. The checks run only while it is Running.
func (r *Registry) Readiness(ctx context.Context) (Report, bool) {
	state := r.state()
	report := Report{State: state.String()}
	if state != lifecycle.Running {
		return report, false
	}
	ready := true
	report.Checks = map[string]string{}
	r.mu.Lock()
	checks := maps.Clone(r.checks)
	r.mu.Unlock()
	for name, err := range r.run(ctx, checks) {
		switch {
		case err == nil:
			report.Checks[name] = "ok"
		case checks[name].optional:
			report.Checks[name] = "degraded"
		default:
			report.Checks[name] = "failed"
			ready = false
		}
	}
	return report, ready
}

// run runs all checks at once and returns their results by name.
func (r *Registry) run(ctx context.Context, checks map[string]registered) map[string]error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	var (
		wg      sync.WaitGroup
		results = make(map[string]error, len(checks))
		guard   sync.Mutex
	)
	for name, check := range checks {
		wg.Go(func() {
			err := check.Check(ctx)
			guard.Lock()
			defer guard.Unlock()
			results[name] = err
		})
	}
	wg.Wait()
	r.logChanges(ctx, results)
	return results
}

func (r *Registry) logChanges(ctx context.Context, results map[string]error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, err := range results {
		if failed := err != nil; failed != r.failed[name] {
			r.failed[name] = failed
			r.logChange(ctx, name, err)
		}
	}
}

func (r *Registry) logChange(ctx context.Context, name string, err error) {
	if err != nil {
		r.log.WarnContext(ctx, "dependency changed", "dependency", name, "usable", false, "error", err)
		return
	}
	r.log.InfoContext(ctx, "dependency changed", "dependency", name, "usable", true)
}

func write(w http.ResponseWriter, status int, report Report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A probe that has hung up cannot be told anything.
	_ = json.NewEncoder(w).Encode(report)
}
