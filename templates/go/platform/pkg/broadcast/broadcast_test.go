package broadcast_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/broadcast"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func subscribe[T any](t require.TestingT, hub *broadcast.Hub[T]) broadcast.Stream[T] {
	stream, err := hub.Subscribe()
	require.NoError(t, err)
	return stream
}

// drain reads what is there and returns it with the reason of the end.
func drain(stream broadcast.Stream[int]) (events []int, end error) {
	for {
		event, err := stream.Next(context.Background())
		if err != nil {
			return events, err
		}
		events = append(events, event)
	}
}

// Whatever is published, a listener sees without a gap what came after it
// joined, and is cut off if and only if it fell behind by more than the buffer.
func TestListenersSeeARunOfWhatIsPublished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		buffer := rapid.IntRange(1, 5).Draw(t, "buffer")
		hub := broadcast.New[int](buffer, 1)
		missed := rapid.IntRange(0, 3).Draw(t, "missed")
		for i := range missed {
			hub.Publish(i)
		}
		stream := subscribe(t, hub)
		published, read := missed, []int{}
		behind, cut := 0, false
		for _, publish := range rapid.SliceOf(rapid.Bool()).Draw(t, "steps") {
			switch {
			case publish:
				hub.Publish(published)
				published++
				if cut = cut || behind == buffer; !cut {
					behind++
				}
			case behind > 0:
				event, err := stream.Next(context.Background())
				require.NoError(t, err)
				read = append(read, event)
				behind--
			}
		}
		hub.Close()
		rest, end := drain(stream)
		read = append(read, rest...)
		for i, event := range read {
			require.Equal(t, missed+i, event)
		}
		if cut {
			require.ErrorIs(t, end, broadcast.ErrSlow)
			return
		}
		require.Equal(t, io.EOF, end)
		require.Len(t, read, published-missed)
	})
}

func TestASlowListenerHoldsUpNobody(t *testing.T) {
	hub := broadcast.New[int](2, 2)
	slow, fast := subscribe(t, hub), subscribe(t, hub)
	for i := range 10 {
		hub.Publish(i)
		event, err := fast.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, i, event)
	}
	events, end := drain(slow)
	require.Equal(t, []int{0, 1}, events)
	require.ErrorIs(t, end, broadcast.ErrSlow)

	_, err := hub.Subscribe()
	require.NoError(t, err, "who was cut off takes no place")
}

func TestListenersAreBounded(t *testing.T) {
	hub := broadcast.New[int](1, 1)
	stream := subscribe(t, hub)
	_, err := hub.Subscribe()
	require.ErrorIs(t, err, broadcast.ErrFull)
	stream.Close()
	stream.Close()
	subscribe(t, hub).Close()
}

func TestCloseEndsStreamsAndThoseToCome(t *testing.T) {
	hub := broadcast.New[int](1, 1)
	stream := subscribe(t, hub)
	hub.Publish(1)
	hub.Close()
	hub.Close()
	hub.Publish(2)
	events, end := drain(stream)
	require.Equal(t, []int{1}, events)
	require.Equal(t, io.EOF, end)
	_, end = drain(subscribe(t, hub))
	require.Equal(t, io.EOF, end)
}

func TestNextWaitsForAnEventOrTheEndOfItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := broadcast.New[int](1, 1)
		stream := subscribe(t, hub)
		go func() {
			synctest.Wait()
			hub.Publish(7)
		}()
		event, err := stream.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, 7, event)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = stream.Next(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestConcurrentUse(t *testing.T) {
	hub := broadcast.New[int](1, 100)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			stream := subscribe(t, hub)
			hub.Publish(1)
			_, _ = stream.Next(t.Context()) // an event, or the end
			stream.Close()
		})
	}
	wg.Wait()
	hub.Close()
}

func BenchmarkPublish(b *testing.B) {
	hub := broadcast.New[int](1, 100)
	streams := make([]broadcast.Stream[int], 100)
	for i := range streams {
		streams[i] = subscribe(b, hub)
	}
	b.ReportAllocs()
	for b.Loop() {
		hub.Publish(1)
		for _, stream := range streams {
			_, _ = stream.Next(b.Context())
		}
	}
}
