package peers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	maxSpanBytes  = 16 << 20
	tokenLifetime = 6 * time.Hour
)

// Options say for whom the issuer's token is.
type Options struct {
	// Audience is the name of the service.
	Audience string
	// Roles are those of the caller.
	Roles []string
}

// Description tells a service how to reach its peers, and a caller what to show.
type Description struct {
	// Issuer is the "iss" of the token.
	Issuer string `json:"issuer"`
	// JWKSURL is where the keys of the issuer are.
	JWKSURL string `json:"jwks_url"`
	// OTLPEndpoint takes traces by OTLP over HTTP.
	OTLPEndpoint string `json:"otlp_endpoint"`
	// Token is a bearer token for the service.
	Token string `json:"token"`
}

// Serve plays all peers on a free port of the loopback interface until ctx ends.
// It writes a Description as one line of JSON to w once they can be asked.
func Serve(ctx context.Context, opts Options, w io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	url := "http://" + listener.Addr().String()
	issuer, err := NewIssuer(url)
	if err != nil {
		return err
	}
	token, err := issuer.Token(opts.Audience, opts.Roles, tokenLifetime)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler(issuer), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve says how it ended
	defer stop()
	description := Description{Issuer: url, JWKSURL: url + KeysPath, OTLPEndpoint: url, Token: token}
	if err := json.NewEncoder(w).Encode(description); err != nil {
		return errors.Join(fmt.Errorf("describe peers: %w", err), listener.Close())
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func handler(issuer *Issuer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+KeysPath, issuer)
	mux.HandleFunc("POST /v1/traces", discardSpans)
	return mux
}

// discardSpans takes an OTLP request and forgets it; an empty answer means that
// all of it was taken.
func discardSpans(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxSpanBytes)); err != nil {
		http.Error(w, "the spans cannot be read", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}
