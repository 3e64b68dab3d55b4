package replica_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/postgrestest"
	"goldpath.local/service/pkg/postgres/replica"
	"goldpath.local/service/pkg/testkit"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) { testkit.VerifyMain(m, postgrestest.Stop) }

func valid() postgres.Config {
	return postgres.Config{DSN: "postgres://app@localhost/app", MaxConns: 8, MaxConnLifetime: time.Hour, ConnectTimeout: time.Second}
}

// BenchmarkReader needs no server: choosing costs the same whoever answers.
func BenchmarkReader(b *testing.B) {
	router, err := replica.Open(b.Context(), valid(), "bench")
	require.NoError(b, err)
	defer router.Close()
	ctx := replica.TrackWrites(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		router.Reader(ctx)
	}
}
