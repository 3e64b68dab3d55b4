package auth_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth"
)

// A middleware verifies the token of a request and hands the caller on.
func Example() {
	cfg := auth.DefaultConfig()
	cfg.Issuer, cfg.Audience = "https://auth.example", "orders"
	cfg.JWKSURL = "https://auth.example/.well-known/jwks.json"
	verifier, err := auth.New(cfg, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println(err)
		return
	}
	// group.Add(verifier.Component(group.Fail)); probes.Register("signing keys", verifier.Ready)

	identify := func(ctx context.Context, header string) (context.Context, error) {
		token, err := auth.BearerToken(header)
		if err != nil {
			return ctx, err
		}
		caller, err := verifier.Verify(ctx, token)
		if err != nil {
			return ctx, err
		}
		return auth.NewContext(ctx, caller), nil
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := identify(r.Context(), r.Header.Get("Authorization")); err != nil {
			w.Header().Set("WWW-Authenticate", auth.Challenge("orders", err))
			w.WriteHeader(apierror.From(err).Kind.HTTPStatus())
		}
	})

	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(answer.Code, answer.Header().Get("WWW-Authenticate"))
	// Output: 401 Bearer realm="orders"
}
