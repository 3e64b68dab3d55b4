package rediscache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/rediscache"
	"goldpath.local/service/pkg/rediscache/redistest"
)

func valid() rediscache.Config {
	return rediscache.Config{
		URL: "redis://app:hunter2@localhost:6379/3", PoolSize: 4, PoolTimeout: time.Second,
		DialTimeout: 2 * time.Second, ReadTimeout: 3 * time.Second, WriteTimeout: 4 * time.Second,
	}
}

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, valid().Validate())
	err := rediscache.Config{}.Validate()
	for _, part := range []string{"url", "pool_size", "timeouts"} {
		require.ErrorContains(t, err, part)
	}
}

func TestURLsThatAreRefusedAreNotQuoted(t *testing.T) {
	for url, want := range map[config.Secret]string{
		"http://app:hunter2@localhost":                      "redis://",
		"redis://app:hunter2@local host:x":                  "parsed",
		"redis://app:hunter2@localhost/one":                 "parsed",
		"rediss://app:hunter2@localhost?skip_verify=true":   "no parameters",
		"redis://app:hunter2@localhost/0?read_timeout=100s": "no parameters",
	} {
		cfg := valid()
		cfg.URL = url
		_, err := rediscache.Open(cfg)
		require.ErrorContains(t, err, want, url.Reveal())
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestOpenSetsEveryLimit(t *testing.T) {
	cfg := valid()
	cfg.URL = "rediss://app:hunter2@cache.internal/3"
	client, err := rediscache.Open(cfg, rediscache.WithClientName("orders"))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	got := client.Options()
	require.Equal(t, []any{"cache.internal:6379", 3, "app", "hunter2", "orders"},
		[]any{got.Addr, got.DB, got.Username, got.Password, got.ClientName})
	require.Equal(t, "cache.internal", got.TLSConfig.ServerName)
	require.False(t, got.TLSConfig.InsecureSkipVerify)
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second},
		[]time.Duration{got.PoolTimeout, got.DialTimeout, got.ReadTimeout, got.WriteTimeout})
	require.Equal(t, 4, got.PoolSize)
	require.True(t, got.ContextTimeoutEnabled)
	require.Zero(t, got.MaxRetries, "nothing is tried twice")
}

func TestTranslate(t *testing.T) {
	fake := redistest.Fake(t)
	reply := func(text string) error {
		fake.Fake.SetError(text)
		defer fake.Fake.SetError("")
		return fake.Client.Get(t.Context(), "x").Err()
	}
	tests := map[string]struct {
		err  error
		want apierror.Kind
	}{
		"network":  {&net.OpError{Op: "dial", Err: errors.New("refused")}, apierror.Unavailable},
		"pool":     {redis.ErrPoolTimeout, apierror.Unavailable},
		"loading":  {reply("LOADING Redis is loading the dataset in memory"), apierror.Unavailable},
		"replica":  {reply("READONLY You can't write against a read only replica."), apierror.Unavailable},
		"memory":   {reply("OOM command not allowed when used memory > 'maxmemory'."), apierror.Unavailable},
		"mistake":  {reply("WRONGTYPE Operation against a key"), apierror.Internal},
		"deadline": {context.DeadlineExceeded, apierror.Timeout},
		"typed":    {apierror.New(apierror.NotFound, "X", "x"), apierror.NotFound},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := rediscache.Translate(fmt.Errorf("get: %w", tc.err))
			require.Equal(t, tc.want, apierror.From(got).Kind)
			require.ErrorIs(t, got, tc.err, "the cause is kept for the log")
		})
	}
	require.NoError(t, rediscache.Translate(nil))
}

func TestTheLibraryLogsToTheServiceAndNotTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		logger := rediscache.NewClientLogger(slog.New(slog.NewTextHandler(&out, nil)), time.Second)
		for range 3 {
			logger.Printf(t.Context(), "failed to dial after %d attempts", 1)
		}
		time.Sleep(time.Second)
		logger.Printf(t.Context(), "again")
		require.Equal(t, 2, strings.Count(out.String(), "level=WARN"), out.String())
		require.Contains(t, out.String(), `message="failed to dial after 1 attempts"`)
	})
}
