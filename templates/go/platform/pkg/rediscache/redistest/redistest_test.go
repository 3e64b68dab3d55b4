package redistest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.VerifyMain(m, redistest.Stop) }

func TestEveryTestHasADatabaseOfItsOwn(t *testing.T) {
	database := 0
	t.Run("one", func(t *testing.T) {
		one, other := redistest.Client(t), redistest.Client(t)
		require.NoError(t, one.Set(t.Context(), "key", "one", 0).Err())
		require.NotEqual(t, one.Options().DB, other.Options().DB)
		require.Zero(t, other.Exists(t.Context(), "key").Val())
		database = one.Options().DB
		require.NotZero(t, database, "where others may have their data")
	})
	if !t.Failed() && database > 0 {
		next := redistest.Client(t)
		require.Zero(t, next.Exists(t.Context(), "key").Val(), "what a test leaves is removed")
	}
}

func TestTimeOfAFakePassesWhenTold(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		require.NoError(t, r.Client.Set(t.Context(), "key", "value", time.Hour).Err())
		begin := r.Client.Time(t.Context()).Val()
		r.Advance(59 * time.Minute)
		require.EqualValues(t, 1, r.Client.Exists(t.Context(), "key").Val())
		r.Advance(time.Minute)
		passed := r.Client.Time(t.Context()).Val().Sub(begin)
		if r.Fake != nil {
			require.Equal(t, time.Hour, passed)
			require.Zero(t, r.Client.Exists(t.Context(), "key").Val())
			return
		}
		require.Less(t, passed, time.Minute)
	})
}
