package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/postgrestest"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func TestStatementsHaveASpanOnlyWithinOne(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	pool, err := postgres.Open(t.Context(), postgrestest.Config(t), "test", postgres.WithTracing(tel.TracerProvider()))
	require.NoError(t, err)
	defer pool.Close()

	require.NoError(t, postgres.ReachableCheck(pool)(t.Context()))
	require.Empty(t, recorder.Ended(), "probes make no spans")

	ctx, root := tel.TracerProvider().Tracer("test").Start(t.Context(), "work")
	_, err = pool.Exec(ctx, "SELECT $1::text", "personal")
	require.NoError(t, err)
	root.End()

	names := map[string]bool{}
	for _, span := range recorder.Ended() {
		names[span.Name()] = true
		require.Equal(t, root.SpanContext().TraceID(), span.SpanContext().TraceID())
		for _, attribute := range span.Attributes() {
			require.NotContains(t, attribute.Value.String(), "personal", "arguments are not recorded")
		}
	}
	require.Contains(t, names, "SELECT")
}
