package resilience

import (
	"encoding/json"
	"net/http"
	"strconv"

	"goldpath.local/service/pkg/apierror"
)

// Handler turns requests away before next sees them when the server has too much
// to do: with 503, Retry-After and a problem document. priority says how
// important a request is; nil means that all are Normal. It belongs outside of
// everything that costs time. Routes that are slow by design, such as streams and
// long polls, are to be left outside of it.
func (s *Shedder) Handler(next http.Handler, priority func(*http.Request) Priority) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if priority != nil {
			ctx = WithPriority(ctx, priority(r))
		}
		done, err := s.Admit(ctx)
		if err != nil {
			writeProblem(w, r, apierror.From(err))
			return
		}
		// Deferred, so that a handler that panics gives its place back.
		defer func() { done(r.Context().Err()) }()
		next.ServeHTTP(w, r)
	})
}

func writeProblem(w http.ResponseWriter, r *http.Request, err *apierror.Error) {
	problem := err.ToProblem()
	problem.Instance = r.URL.Path
	w.Header().Set("Content-Type", apierror.ContentType)
	w.Header().Set("Retry-After", strconv.Itoa(err.RetryAfterSeconds()))
	w.WriteHeader(problem.Status)
	// A client that has gone away cannot be told anything.
	_ = json.NewEncoder(w).Encode(problem)
}
