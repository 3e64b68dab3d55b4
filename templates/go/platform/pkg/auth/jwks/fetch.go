package jwks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Results of a refresh, as the metric has them.
const (
	resultOK          = "ok"
	resultUnreachable = "unreachable"
	resultInvalid     = "invalid"
)

// errAnswer marks what the issuer answered, as opposed to no answer.
var errAnswer = errors.New("unusable answer")

// fetcher gets the document with the keys.
type fetcher struct {
	client *http.Client
	cfg    Config
}

func newFetcher(cfg Config) fetcher {
	return fetcher{cfg: cfg, client: &http.Client{
		Transport: cfg.Transport,
		// Where the keys come from is configured, not chosen by who answers.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// fetch returns the body of a 200, within the configured time and size.
func (f fetcher) fetch(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.FetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.cfg.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("create request: %w", err)
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := f.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: status %d", errAnswer, res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, f.cfg.MaxResponseBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if int64(len(body)) > f.cfg.MaxResponseBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", errAnswer, f.cfg.MaxResponseBytes)
	}
	return body, nil
}
