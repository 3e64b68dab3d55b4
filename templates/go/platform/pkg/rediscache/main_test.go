package rediscache_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/rediscache"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

const waitLimit = 10 * time.Second

func TestMain(m *testing.M) { testkit.VerifyMain(m, redistest.Stop) }

// answers stands in for a server: it answers every command, and none gets as far as
// the network. Within a synctest bubble time is thus the test's.
type answers func(ctx context.Context, cmd redis.Cmder) error

func (a answers) DialHook(redis.DialHook) redis.DialHook {
	return func(context.Context, string, string) (net.Conn, error) { panic("a command got through") }
}

func (a answers) ProcessHook(redis.ProcessHook) redis.ProcessHook { return redis.ProcessHook(a) }

func (a answers) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			if err := a(ctx, cmd); err != nil {
				return err
			}
		}
		return nil
	}
}

func answering(t *testing.T, a answers) *redis.Client {
	t.Helper()
	client, err := rediscache.Open(valid())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	client.AddHook(a)
	return client
}

// hang is a server that does not answer.
func hang(ctx context.Context, _ redis.Cmder) error {
	<-ctx.Done()
	return ctx.Err()
}
