package redistest

import (
	"context"
	"net"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/rediscache"
)

// answers stands in for a server: it answers every command.
type answers func(ctx context.Context, cmd redis.Cmder) error

// DialHook sees that nothing reaches the network.
func (a answers) DialHook(redis.DialHook) redis.DialHook {
	return func(context.Context, string, string) (net.Conn, error) { panic("a command got through") }
}

// ProcessHook answers a command.
func (a answers) ProcessHook(redis.ProcessHook) redis.ProcessHook { return redis.ProcessHook(a) }

// ProcessPipelineHook answers the commands of a pipeline.
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

// Answering returns a client whose commands answer gets, without any network: within
// a synctest bubble time is thus the test's.
func Answering(t testing.TB, answer func(ctx context.Context, cmd redis.Cmder) error) *redis.Client {
	t.Helper()
	client, err := rediscache.Open(settings("redis://answers.invalid:6379"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	client.AddHook(answers(answer))
	return client
}

// Hang answers as a server that does not: when ctx ends.
func Hang(ctx context.Context, _ redis.Cmder) error {
	<-ctx.Done()
	return ctx.Err()
}
