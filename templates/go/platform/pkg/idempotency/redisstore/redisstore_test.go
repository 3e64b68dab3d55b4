package redisstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/idempotency/idempotencytest"
	"goldpath.local/service/pkg/idempotency/redisstore"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.VerifyMain(m, redistest.Stop) }

func TestStore(t *testing.T) {
	t.Run("fake", func(t *testing.T) {
		idempotencytest.Run(t, func(t *testing.T) idempotencytest.Instance {
			r := redistest.Fake(t)
			return idempotencytest.Instance{Store: redisstore.New(r.Client, "orders"), Advance: r.Advance}
		})
	})
	t.Run("real", func(t *testing.T) {
		idempotencytest.Run(t, func(t *testing.T) idempotencytest.Instance {
			return idempotencytest.Instance{Store: redisstore.New(redistest.Client(t), "orders")}
		})
	})
}

func TestServicesDoNotShareKeysAndNothingIsKeptForEver(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		claim := idempotency.Claim{ID: "1", Fingerprint: "f", Owner: "a"}
		for _, service := range []string{"orders", "payments"} {
			found, err := redisstore.New(r.Client, service).Begin(t.Context(), claim, time.Minute)
			require.NoError(t, err)
			require.Equal(t, idempotency.New, found.Outcome)
			require.Positive(t, r.Client.PTTL(t.Context(), "idempotency:"+service+":1").Val())
		}
	})
}

func TestNonsenseIsReported(t *testing.T) {
	r := redistest.Fake(t)
	require.NoError(t, r.Client.HSet(t.Context(), "idempotency:orders:1", "fingerprint", "f", "response", "{").Err())
	_, err := redisstore.New(r.Client, "orders").Begin(t.Context(), idempotency.Claim{ID: "1", Fingerprint: "f"}, time.Minute)
	require.ErrorContains(t, err, "read key")
}

func TestAnOutageIsReported(t *testing.T) {
	r := redistest.Fake(t)
	store := redisstore.New(r.Client, "orders")
	r.Fake.SetError("LOADING Redis is loading the dataset in memory")
	_, err := store.Begin(t.Context(), idempotency.Claim{}, time.Minute)
	for _, err := range []error{
		err,
		store.Complete(t.Context(), idempotency.Claim{}, idempotency.Response{}, time.Minute),
		store.Abandon(t.Context(), idempotency.Claim{}),
	} {
		require.Equal(t, apierror.Unavailable, apierror.From(err).Kind)
	}
}

func BenchmarkBegin(b *testing.B) {
	store := redisstore.New(redistest.Client(b), "orders")
	idempotencytest.Benchmark(b, store)
}
