package httpserver

import (
	"net/http"
	"net/http/pprof"

	"goldpath.local/service/pkg/health"
)

// NewAdminHandler returns the handler of the admin port: probes, metrics and
// profiles. It has no authentication: the port must not leave the cluster.
func NewAdminHandler(probes *health.Registry, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", probes.Live)
	mux.HandleFunc("GET /readyz", probes.Ready)
	mux.HandleFunc("GET /startupz", probes.Started)
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
