package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// scriptedPurger returns the counts in turn, then fails.
type scriptedPurger struct {
	counts []int
	calls  atomic.Int64
}

func (p *scriptedPurger) Purge(context.Context, int) (int, error) {
	call := int(p.calls.Add(1))
	if call > len(p.counts) {
		return 0, errors.New("no connection")
	}
	return p.counts[call-1], nil
}

func TestPurgeRemovesAllThatIsOverAndGoesOnAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &scriptedPurger{counts: []int{purgeBatch, purgeBatch, 3, 0}}
		var out bytes.Buffer
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- purge(ctx, store, slog.New(slog.NewTextHandler(&out, nil))) }()

		for _, want := range []int64{3, 4, 5, 6} {
			time.Sleep(purgeInterval)
			synctest.Wait()
			require.Equal(t, want, store.calls.Load())
		}
		stop()
		require.NoError(t, <-ended)
		require.Equal(t, 2, bytes.Count(out.Bytes(), []byte("no connection")))
	})
}
